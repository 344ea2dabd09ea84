import argparse
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

import sentiment_models
from sentiment_common.errors import InputError
from sentiment_common.request_log import Answered
from sentiment_models.linear import LinearWeights, save_linear
from sentiment_serving import replay
from sentiment_serving.request_log import LogSettings, RequestLog

TEXTS = ["good", "bad", "a parcel", "not good", "mail me: a@b.example", "good parcel"]


@pytest.fixture
def kinder_bundle(tiny_bundle, tmp_path):
    """The tiny bundle, but it takes a parcel for good news."""
    folder = shutil.copytree(tiny_bundle, tmp_path / "other")
    coefficients = np.array([[-2.0, 2.0, -1.0, 4.0], [0, 0, 0, 0], [2.0, -2.0, 3.0, -4.0]])
    idf = np.ones(4, dtype=np.float32)
    vocabulary = ("good", "bad", "parcel", "not good")
    save_linear(folder, LinearWeights(vocabulary, 2, idf, coefficients, np.zeros(3)))
    return folder


@pytest.fixture
def log(tiny_bundle, tmp_path):
    """Writes a log of the tiny bundle's answers and returns its folder."""

    def write(kept="redacted", texts=TEXTS):
        predictor = sentiment_models.load(tiny_bundle)
        written = RequestLog(tmp_path / "log", LogSettings(text=kept))
        for number, text in enumerate(texts):
            rows = predictor.predict_proba([text]).tolist()
            written.record(
                Answered(
                    f"r-{number}", "tiny", "sha256:0", [text], predictor.labels, rows, 0.1, 0.0
                )
            )
        written.close()
        return tmp_path / "log"

    return write


def run(*arguments):
    parser = argparse.ArgumentParser()
    replay.add_parser(parser.add_subparsers())
    return replay.run(parser.parse_args(["replay", *map(str, arguments)]))


def test_the_model_that_answered_agrees_with_itself(log, tiny_bundle):
    told = run("--log", log("raw"), "--model", tiny_bundle)
    assert "log: 6 entries, 0 lost, 0 pending, 0 dropped" in told
    assert "agreement 100.00%, 0 texts change their label" in told
    assert "mean shift of probability 0.0000" in told
    assert "warning" not in told


def test_another_model_is_shown_where_it_differs(log, kinder_bundle, tmp_path):
    out = tmp_path / "out.jsonl"
    told = run("--log", log("raw"), "--model", kinder_bundle, "--out", out, "--most", 1)
    assert "agreement 83.33%, 1 texts change their label" in told
    table = told.split("\n\n")[1].split("\n")
    assert table[0].split() == ["before", "\\", "now", "negative", "neutral", "positive"]
    assert table[2].split() == ["neutral", "0", "0", "1"]
    (largest,) = told.split("\n\n")[2].split("\n")[1:]
    assert largest.endswith("a parcel")
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["text"] for row in rows] == TEXTS
    (changed,) = (row for row in rows if row["old_label"] != row["new_label"])
    assert (changed["request_id"], changed["new_label"]) == ("r-2", "positive")
    expected = sentiment_models.load(kinder_bundle).predict_proba(["a parcel"])[0]
    assert list(changed["new"].values()) == pytest.approx(expected)
    moved = np.abs(np.array(list(changed["old"].values())) - expected).sum() / 2
    assert changed["shift"] == pytest.approx(moved)
    assert out.stat().st_mode & 0o777 == 0o600


def test_a_text_that_is_written_again_and_again_is_shown_once(log, kinder_bundle):
    told = run("--log", log("raw", ["a parcel"] * 30 + ["not good"]), "--model", kinder_bundle)
    assert "log: 31 entries" in told
    assert [line.split("  ")[-1] for line in told.split("\n\n")[2].split("\n")[1:]] == [
        "a parcel", "not good",
    ]  # fmt: skip


def test_two_models_are_compared_on_the_logged_texts(log, tiny_bundle, kinder_bundle):
    told = run("--log", log(), "--model", kinder_bundle, "--against", tiny_bundle)
    assert "agreement 83.33%" in told
    assert "warning" not in told, "both have read the redacted text"


def test_redacted_and_omitted_texts_are_warned_of(log, tiny_bundle):
    assert "warning: 1 texts were redacted" in run("--log", log(), "--model", tiny_bundle)
    told = run("--log", log("none"), "--model", tiny_bundle)
    assert "6 entries were logged without text: not compared" in told
    assert "6 texts: the log" in told


def test_without_any_text_no_agreement_is_claimed(log, tiny_bundle):
    told = run("--log", log("none"), "--model", tiny_bundle)
    assert "no text to compare: the log -> tiny" in told
    assert "agreement" not in told


def test_the_report_shows_texts_as_texts(log, kinder_bundle, tmp_path):
    out = tmp_path / "out.html"
    folder = log("raw", ["<script>alert(1)</script> parcel"])
    run("--log", folder, "--model", kinder_bundle, "--out", out)
    page = out.read_text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; parcel" in page
    assert "<script" not in page


def test_a_text_cannot_drive_the_terminal(log, kinder_bundle):
    told = run(
        "--log", log("raw", ["\x1b[31mparcel\r\nnext " + "x" * 100]), "--model", kinder_bundle
    )
    assert "\x1b" not in told
    assert "[31mparcel next xxx" in told
    assert "…" in told


@pytest.mark.parametrize(
    ("out", "reason"),
    [("out.csv", "neither .jsonl nor .html"), ("no/out.html", "cannot be written")],
)
def test_a_file_that_cannot_be_written_is_bad_input(log, tiny_bundle, tmp_path, out, reason):
    with pytest.raises(InputError, match=reason):
        run("--log", log(), "--model", tiny_bundle, "--out", tmp_path / out)


def test_a_folder_that_is_no_log_or_no_bundle_is_bad_input(log, tiny_bundle, tmp_path):
    with pytest.raises(InputError, match="no request log here"):
        run("--log", tmp_path, "--model", tiny_bundle)
    with pytest.raises(InputError, match="no bundle"):
        run("--log", log(), "--model", tmp_path)


def test_the_command_ends_with_its_table_or_with_one_line(log, tiny_bundle, environment, tmp_path):
    def command(folder):
        words = [sys.executable, "-m", "sentiment_serving", "replay", "--log", folder]
        return subprocess.run(
            [*words, "--model", tiny_bundle], env=environment, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip

    done = command(log())
    assert (done.returncode, done.stderr) == (0, "")
    assert "agreement 100.00%" in done.stdout
    done = command(tmp_path / "nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("sentiment-serve: ")
    assert done.stderr.count("\n") == 1


def test_what_a_shadow_made_of_a_text_is_not_compared(tiny_bundle, log, answered_by_shadow):
    answered_by_shadow(log("raw"))
    told = run("--log", log("raw"), "--model", tiny_bundle)
    assert "12 texts: the log" in told
    assert "agreement 100.00%" in told


@pytest.fixture
def answered_by_shadow(kinder_bundle):
    """Adds what a shadow made of the same texts."""

    def write(folder):
        predictor = sentiment_models.load(kinder_bundle)
        written = RequestLog(folder, LogSettings(text="raw"))
        rows = predictor.predict_proba(TEXTS).tolist()
        written.record(
            Answered("r", "kinder", "sha256:1", TEXTS, predictor.labels, rows, 0.1, 0.0,
                     variant="ghost", shadow=True)
        )  # fmt: skip
        written.close()

    return write


def test_a_model_of_the_registry_is_tried(log, tiny_bundle, store, tmp_path, monkeypatch):
    store(tiny_bundle)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    monkeypatch.setenv("SENTIMENT_MODEL_CACHE", str(tmp_path / "copies"))
    told = run("--log", log("raw"), "--model", "models:/sentiment@champion")
    assert "agreement 100.00%" in told
    with pytest.raises(InputError, match="neither a version nor an alias"):
        run("--log", log("raw"), "--model", "models:/sentiment")


def test_who_reads_no_further_sees_no_traceback(log, tiny_bundle):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "sentiment_serving", "replay", "--log", str(log("raw"))]
    done = subprocess.run(
        [*command, "--model", str(tiny_bundle)], stdout=writer, stderr=subprocess.PIPE, text=True,
        check=False,
    )  # fmt: skip
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")
