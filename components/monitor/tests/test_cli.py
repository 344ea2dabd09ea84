"""The command line of monitor, end to end on logs as the service writes them."""

import json
import re
from datetime import UTC, datetime

import numpy as np
import pytest

from sentiment_common.artifacts import EVALUATION, EXAMPLES, STATISTICS

START, DAY = datetime(2026, 11, 2, tzinfo=UTC).timestamp(), 86_400.0


def findings(decision):
    """The findings by name and detector."""
    return {f"{it['name']}/{it['detector']}": it for it in decision["findings"]}


def test_a_day_like_training_is_well(log, draw, run, decided, examples, tmp_path):
    folder = log.day(draw(600, 3), judged=0.5).write(tmp_path / "log", parts=3)
    done = run(folder, "--examples", examples)
    assert (done.returncode, (tmp_path / "drift.txt").read_text()) == (0, "ok"), done.stderr
    said = decided()
    assert said["schema_version"] == 1
    assert said["follow"] == ["nothing"]
    assert (said["window"]["since"], said["window"]["rows"]) == ("2026-11-02T00:00:00Z", 600)
    told = {name for name, it in findings(said).items() if it["verdict"] == "ok"}
    assert {"label/psi", "language/psi", "domain/domain", "terms/terms"} <= told
    assert said["quality"]["feedback"]["judged"] == 300


def test_another_domain_is_acted_on(log, draw, run, decided, examples, tmp_path):
    folder = log.day(draw(600, 3, movies=0.8)).write(tmp_path / "log")
    assert run(folder, "--examples", examples).returncode == 0
    said = decided()
    assert (said["decision"], said["follow"][0]) == ("act", "retrain")
    assert findings(said)["vocabulary/vocabulary"]["verdict"] == "act"
    assert "film" in " ".join(said["reasons"])
    assert (tmp_path / "drift.html").read_text().startswith("<!doctype html>")


def test_the_same_log_gives_the_same_bytes(log, draw, run, tmp_path, examples):
    folder = log.day(draw(400, 3, movies=0.2), judged=0.5).write(tmp_path / "log")
    for out in ("one", "two"):
        assert run(folder, "--examples", examples, out=out).returncode == 0
    digests = {json.loads((tmp_path / it / "artifact.json").read_text())["digest"]
               for it in ("one", "two")}  # fmt: skip
    assert len(digests) == 1


def test_a_drift_that_lasts_is_acted_on_the_second_day(log, draw, run, decided, tmp_path):
    shares = (0.45, 0.2, 0.35)
    log.day(draw(700, 3, shares)).day(draw(700, 4, shares), START + DAY)
    folder, history = log.write(tmp_path / "log"), tmp_path / "history"
    policy = ("--policy", "at_once = 99.0\nlabel = {watch = 0.03, act = 0.05}")
    assert run(folder, *policy, out="history/1").returncode == 0
    assert decided("history/1")["decision"] == "watch"
    assert run(folder, *policy, "--history", history, until=START + 2 * DAY).returncode == 0
    said = decided()
    assert (said["decision"], said["earlier_windows"]) == ("act", 1)
    assert findings(said)["label/psi"]["windows"] == 2


def test_tfdv_compares_with_training_and_the_window_before(
    log, draw, run, decided, statistics, tmp_path
):
    shares = (0.7, 0.1, 0.2)
    log.day(draw(500, 3)).day(draw(500, 4, shares), START + DAY)
    folder, history = log.write(tmp_path / "log"), tmp_path / "history"
    given = ("--statistics", statistics)
    assert run(folder, *given, out="history/1", here=True).returncode == 0
    calm = findings(decided("history/1"))
    assert calm["tfdv_label/tfdv-skew"]["verdict"] == "ok"
    done = run(folder, *given, "--history", history, until=START + 2 * DAY)
    assert done.returncode == 0, done.stderr
    moved = findings(decided())
    for rule in ("skew", "drift"):
        assert moved[f"tfdv_label/tfdv-{rule}"]["verdict"] in ("watch", "act")
        assert moved[f"tfdv_n_words/tfdv-{rule}"]["verdict"] == "ok"
    assert "L-infinity" in moved["tfdv_label/tfdv-skew"]["words"]
    assert "tensorflow" not in done.stderr.lower().replace("tensorflow data validation", "")


@pytest.mark.parametrize("kept", ["none", "redacted"])
def test_texts_that_are_not_kept_are_no_obstacle(log, draw, run, decided, examples, kept, tmp_path):
    fields = {"text_kept": kept, **({"text": None} if kept == "none" else {})}
    folder = log.day(draw(300, 3), **fields).write(tmp_path / "log")
    assert run(folder, "--examples", examples).returncode == 0
    told = findings(decided())
    assert told["label/psi"]["verdict"] == "ok"
    assert told["domain/domain"]["verdict"] == ("unknown" if kept == "none" else "ok")


def test_an_empty_window_and_another_model_are_unknown(log, draw, run, decided, tmp_path):
    log.day(draw(9, 3), START - 20 * DAY)
    folder = log.day(draw(300, 3), START + DAY, digest="sha256:" + "f" * 64).write(tmp_path / "log")
    assert run(folder).returncode == 0
    assert decided()["reasons"] == ["Nobody asked anything in the window."]
    assert run(folder, until=START + 2 * DAY).returncode == 0
    assert (tmp_path / "drift.txt").read_text() == "unknown"
    assert "others did: tiny sha256:ffffffffffff" in decided()["reasons"][0]


def test_a_bundle_without_a_reference_still_has_its_domain(
    log, draw, run, decided, examples, plain_bundle, tmp_path
):
    log.digest = json.loads((plain_bundle / "artifact.json").read_text())["digest"]
    folder = log.day(draw(300, 3, movies=0.9)).write(tmp_path / "log")
    assert run(folder, model=plain_bundle).returncode == 0
    assert "no reference" in decided()["reasons"][0]
    assert run(folder, "--examples", examples, model=plain_bundle).returncode == 0
    assert decided()["decision"] == "act"


def test_an_empty_artifact_is_as_good_as_none(log, draw, run, decided, empty, tmp_path):
    folder = log.day(draw(300, 3)).write(tmp_path / "log")
    given = [(f"--{kind.name}", empty(kind)) for kind in (EXAMPLES, STATISTICS, EVALUATION)]
    done = run(folder, *(it for pair in given for it in pair))
    assert done.returncode == 0, done.stderr
    told = findings(decided())
    assert not [name for name in told if name.startswith(("domain", "tfdv"))]
    assert decided()["quality"]["baseline"]["source"] == "when it was trained (cross-fitted)"


def test_an_artifact_that_lost_its_files_is_not_empty(log, draw, run, empty, tmp_path):
    folder = log.day(draw(300, 3)).write(tmp_path / "log")
    examples = empty(EXAMPLES)
    (examples / "summary.json").write_text('{"rows": {"kept": 300}}')
    done = run(folder, "--examples", examples)
    assert done.returncode == 2
    assert len(done.stderr.strip().split("\n")) == 1


def test_figures_bear_the_name_that_the_service_gives_the_model(log, draw, run, decided, tmp_path):
    name = 'a "model"\\ of\nours'
    folder = log.day(draw(300, 3), model=name).write(tmp_path / "log")
    assert run(folder).returncode == 0
    assert decided()["window"]["model"] == name
    lines = (tmp_path / "drift.prom").read_text().split("\n")
    escaped = 'a \\"model\\"\\\\ of\\nours'
    assert f'sentiment_monitor_decision{{model="{escaped}",decision="ok"}} 1' in lines


def test_prometheus_can_read_the_figures(log, draw, run, tmp_path):
    folder = log.day(draw(300, 3), judged=0.5).write(tmp_path / "log")
    assert run(folder).returncode == 0
    lines = (tmp_path / "drift.prom").read_text().split("\n")
    sample = re.compile(r'sentiment_monitor_[a-z_]+\{(?:[a-z]+="[^"]*",?)+\} -?[0-9.e+-]+')
    assert lines.pop() == ""
    assert all(line.startswith("# ") or sample.fullmatch(line) for line in lines)
    assert 'sentiment_monitor_decision{model="tiny",decision="ok"} 1' in lines
    assert any(it.startswith("sentiment_monitor_finished_timestamp_seconds{") for it in lines)
    assert any('finding="label"' in it for it in lines)


@pytest.mark.parametrize(
    ("flag", "value", "said"),
    [
        ("--policy", "min_row = 3", "there is no 'min_row'"),
        ("--window", "a day", "no length"),
        ("--history", "nowhere", "no history here"),
        ("--statistics", "MODEL", "wanted statistics"),
        ("--log", "nowhere", "no request log here"),
    ],
)
def test_a_mistake_ends_in_one_line(log, draw, run, bundle, flag, value, said, tmp_path):
    folder = log.day(draw(9, 3)).write(tmp_path / "log")
    done = run(folder, flag, bundle if value == "MODEL" else value)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().split("\n")) == 1
    assert not (tmp_path / "drift").exists()


def test_a_damaged_log_is_read_as_far_as_it_goes(log, draw, run, decided, tmp_path):
    folder = log.day(draw(400, 3)).write(tmp_path / "log")
    (path,) = folder.glob("requests-*.jsonl")
    lines = path.read_bytes().split(b"\n")
    for place in np.random.default_rng(3).integers(1, 400, 20).tolist():
        lines[place] = lines[place][:-1] + b"\xff"
    path.write_bytes(b"\n".join(lines))
    done = run(folder)
    assert done.returncode == 0
    assert "damaged" in done.stderr
    assert decided()["log"]["damaged"] >= 15
    assert decided()["decision"] == "ok"


@pytest.mark.parametrize("value", ["NaN", "7.5"])
def test_what_is_no_probability_is_damaged_and_said(log, draw, run, decided, value, tmp_path):
    folder = log.day(draw(400, 3)).write(tmp_path / "log")
    (path,) = folder.glob("requests-*.jsonl")
    lines = path.read_text().split("\n")
    for place in range(1, 101):
        lines[place] = re.sub(r'("neutral":)[^,}]+', rf"\g<1>{value}", lines[place])
    path.write_text("\n".join(lines))
    done = run(folder)
    assert done.returncode == 0, done.stderr
    said = decided()
    assert (said["window"]["rows"], said["log"]["damaged"]) == (300, 100)
    assert "log lines are damaged, dropped or lost" in said["reasons"][-1]
