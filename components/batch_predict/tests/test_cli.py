"""The command line of batch_predict, end to end."""

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sentiment_common.artifacts import SCORED, read_intact
from sentiment_common.cli import CHECKPOINTS
from sentiment_models import LABELS


def rows_of(texts):
    return [(f"t{number}", text, number % 5) for number, text in enumerate(texts)]


HEADER = ("ticket", "text", "stars")


def test_rows_come_out_in_order_with_their_ids_and_the_bundles_own_scores(
    predict, scored, write_csv, predictor, texts, tmp_path
):
    source = write_csv("feedback.csv", HEADER, rows_of(texts))
    done = predict(source, "--id-column", "ticket", "--keep-columns", "stars,text")
    assert done.returncode == 0, done.stderr
    found = scored()
    assert [row["id"] for row in found] == [f"t{number}" for number in range(len(texts))]
    assert [row["text"] for row in found] == texts
    probabilities = predictor.predict_proba(texts)
    assert np.array_equal([[row[label] for label in LABELS] for row in found], probabilities)
    best = [LABELS[at] for at in probabilities.argmax(axis=1)]
    assert [row["label"] for row in found] == best
    summary = json.loads((tmp_path / "scored" / "summary.json").read_text())
    assert summary["rows"] == {"read": 1000, "scored": 1000, "refused": 0}
    assert {label: best.count(label) for label in LABELS} == {
        label: told["rows"] for label, told in summary["labels"].items()
    }


@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl"])
def test_bytes_depend_neither_on_the_processes_nor_on_where_the_source_lies(
    predict, write_csv, texts, tmp_path, form
):
    source = write_csv("feedback.csv", HEADER, rows_of(texts))
    (tmp_path / "elsewhere").mkdir()
    copy = shutil.copy(source, tmp_path / "elsewhere")
    digests = set()
    for place, workers in ((source, 1), (copy, 2)):
        done = predict(place, "--workers", workers, "--output-format", form, "--keep-columns=stars")
        assert done.returncode == 0, done.stderr
        digests.add(read_intact(tmp_path / "scored", SCORED).digest)
    assert len(digests) == 1


def test_all_formats_say_the_same(predict, write_csv, texts, tmp_path, scored):
    source = write_csv("feedback.csv", HEADER, rows_of(texts[:50]))
    for form in ("parquet", "csv", "jsonl"):
        predict(source, "--output-format", form)
        shutil.copy(tmp_path / "scored" / f"scored.{form}", tmp_path)
    expected = pq.read_table(tmp_path / "scored.parquet").to_pylist()
    with (tmp_path / "scored.jsonl").open() as stream:
        assert [json.loads(line) for line in stream] == expected
    with (tmp_path / "scored.csv").open(newline="") as stream:
        for row, wanted in zip(csv.DictReader(stream), expected, strict=True):
            numbers = {label: float(row[label]) for label in LABELS}
            assert {**row, **numbers} == wanted


def test_bad_rows_go_to_a_side_file_with_reasons_and_places(predict, tmp_path, scored):
    source = tmp_path / "feedback.jsonl"
    lines = ['{"text": "fine"}', "no json", '{"text": null}', '{"text": "a\\u0000b"}',
             '{"text": "\\ud83d"}', '{"text": "%s"}' % ("x" * 51), '{"text": 5}']  # fmt: skip
    source.write_text("\n".join(lines))
    done = predict(source, "--longest-text", 50)
    assert done.returncode == 0, done.stderr
    assert [row["id"] for row in scored()] == ["feedback.jsonl:1"]
    with (tmp_path / "scored" / "refused.jsonl").open() as stream:
        refused = [json.loads(line) for line in stream]
    assert [(row["row"], row["reason"]) for row in refused] == [
        (2, "not a JSON object"), (3, "no text"), (4, "NUL character"),
        (5, "half a surrogate pair"), (6, "text too long"), (7, "text is not a string"),
    ]  # fmt: skip
    assert {row["file"] for row in refused} == {"feedback.jsonl"}


def test_several_files_keep_their_order_and_types(predict, scored, tmp_path):
    for number in (2, 1):
        stars = pa.array([number, None])
        table = pa.table({"text": [f"love {number}", "bad"], "stars": stars})
        pq.write_table(table, tmp_path / f"{number}.parquet")
    assert predict(tmp_path / "?.parquet", "--keep-columns", "stars").returncode == 0
    assert [(row["id"], row["stars"]) for row in scored()] == [
        ("1.parquet:1", 1), ("1.parquet:2", None), ("2.parquet:1", 2), ("2.parquet:2", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--text-column", "review"], "no column 'review'"),
        (["--keep-columns", "stars,stars"], "--keep-columns: a column is named twice"),
        (["--batch-size", 0], "--batch-size: less than 1"),
        (["--workers=-1"], "--workers: less than 0"),
        (["--beam", "runner=DirectRunner"], "--beam: it needs apache_beam, which is not installed"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(predict, write_csv, tmp_path, options, told):
    source = write_csv("feedback.csv", HEADER, [("t1", "fine", 5)])
    done = predict(source, *options)
    assert done.returncode == 2
    assert told in done.stderr.split("\n")[-2]
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["feedback.csv"]


@pytest.mark.parametrize("source", ["", "nowhere.csv"])
def test_a_source_that_is_not_there_is_one_line_and_exit_code_2(predict, source):
    done = predict(source)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def kill_at_random(command, checkpoints, seed):
    """Kills the command once some more parts are done, at a random moment after."""
    before = len(list(checkpoints.glob("*.parquet")))
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, env={**os.environ, CHECKPOINTS: str(checkpoints)}
    )
    while process.poll() is None and len(list(checkpoints.glob("*.parquet"))) < before + 1:
        time.sleep(0.002)
    time.sleep(random.Random(seed).random() * 0.1)  # noqa: S311
    process.kill()
    process.communicate()
    return process.returncode


@pytest.fixture(scope="module")
def long_source(texts, tmp_path_factory):
    path = tmp_path_factory.mktemp("long") / "feedback.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        for number in range(40_000):
            bad = number % 1009 == 0
            text = "" if bad else f"{texts[number % 1000]} {number}"
            writer.writerow((number, text, number % 5))
    return path


def test_a_run_that_is_killed_again_and_again_ends_with_the_same_bytes(
    command, predict, long_source, tmp_path
):
    assert predict(long_source, "--id-column", "ticket").returncode == 0
    whole = read_intact(tmp_path / "scored", SCORED).digest
    shutil.rmtree(tmp_path / "scored")
    checkpoints = tmp_path / "checkpoints"
    words = command(long_source, "--id-column", "ticket")
    codes = [kill_at_random(words, checkpoints, seed) for seed in range(2)]
    assert codes == [-signal.SIGKILL] * 2
    assert not (tmp_path / "scored").exists()
    done = predict(long_source, "--id-column", "ticket", checkpoints=checkpoints)
    assert done.returncode == 0, done.stderr
    assert "rows had been scored before" in done.stderr
    assert read_intact(tmp_path / "scored", SCORED).digest == whole
    ids = pq.read_table(tmp_path / "scored" / "scored.parquet")["id"].to_pylist()
    expected = [str(number) for number in range(40_000) if number % 1009]
    assert ids == expected


def test_a_killed_run_leaves_no_process_behind(command, long_source, tmp_path):
    checkpoints = tmp_path / "checkpoints"
    kill_at_random(command(long_source), checkpoints, 1)
    end = time.monotonic() + 20
    while running(checkpoints) and time.monotonic() < end:
        time.sleep(0.05)
    assert not running(checkpoints)


def running(checkpoints):
    """Returns the processes whose environment names these checkpoints."""
    found = []
    for process in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208
        try:
            with open(f"/proc/{process}/environ") as stream:  # noqa: PTH123
                if f"{CHECKPOINTS}={checkpoints}" in stream.read():
                    found.append(process)
        except OSError:
            continue
    return found


@pytest.mark.parametrize("changed", ["source", "model"])
def test_a_changed_source_or_model_is_noticed_and_its_rows_are_scored_again(
    predict, write_csv, texts, tmp_path, other_model, changed
):
    rows = [(number, f"{texts[number % 1000]} {number}", 1) for number in range(25_000)]
    source, checkpoints = write_csv("feedback.csv", HEADER, rows), tmp_path / "checkpoints"
    assert predict(source, checkpoints=checkpoints).returncode == 0
    options = []
    if changed == "source":
        rows[15_000] = (15_000, "another text", 1)
        write_csv("feedback.csv", HEADER, rows)
    else:
        options = ["--model", other_model]
    done = predict(source, *options, checkpoints=checkpoints)
    row = "10,001" if changed == "source" else "1"
    assert f"has changed since it was begun: scoring again from row {row} on" in done.stderr
    with_checkpoints = read_intact(tmp_path / "scored", SCORED).digest
    assert predict(source, *options).returncode == 0
    assert read_intact(tmp_path / "scored", SCORED).digest == with_checkpoints


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_leaves_neither_output_nor_parts(command, long_source, tmp_path, number):
    # Where these tests are a background job, they and what they start ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        command(long_source), stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while process.poll() is None and not list(tmp_path.rglob(".parts-*/*.parquet")):
        time.sleep(0.01)
    os.killpg(process.pid, number)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert "Traceback" not in told
    assert list(tmp_path.iterdir()) == []
