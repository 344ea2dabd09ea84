"""The command line of compare, end to end on logs as the service writes them."""

import json
import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from sentiment_common.artifacts import COMPARISON, read_manifest
from sentiment_common.experiment_state import state_path
from sentiment_common.request_log.entry import to_line

COMMAND = shutil.which("sentiment-compare")


@pytest.fixture
def compare(tmp_path):
    """Runs the command and returns how it ended; what it wrote lies in ``tmp_path``."""

    def run(log, file, *options):
        command = [
            COMMAND, "--log", log, "--experiment", file, "--out-comparison", tmp_path / "found",
            "--out-report", tmp_path / "report.html", "--out-verdict", tmp_path / "verdict",
            *options,
        ]  # fmt: skip
        return subprocess.run(
            list(map(str, command)), check=False, capture_output=True, text=True, timeout=60
        )

    return run


def comparison(folder):
    return json.loads((folder / "found" / "comparison.json").read_text())


def test_a_better_challenger_is_found_and_the_page_says_so(
    compare, simulated, experiment_file, tmp_path
):
    log = simulated(accuracy=(0.65, 0.85)).write(tmp_path / "log", parts=3)
    assert compare(log, experiment_file()).returncode == 0
    assert (tmp_path / "verdict").read_text() == "better"
    found = comparison(tmp_path)
    assert found["verdict"] == "better" and found["challenger"] == "challenger"
    now = found["comparisons"][0]["path"][-1]
    assert now["low"] < 0.2 < now["high"] and now["low"] > 0 and now["p"] < 0.05
    page = (tmp_path / "report.html").read_text()
    assert "challenger is better" in page and "Promote challenger." in page
    assert read_manifest(tmp_path / "found", COMPARISON).producer == "sentiment-compare"


def test_until_shows_what_was_known_then(compare, simulated, experiment_file, tmp_path):
    log = simulated(accuracy=(0.65, 0.85)).write(tmp_path / "log")
    compare(log, experiment_file())
    whole = comparison(tmp_path)["comparisons"][0]["path"]
    assert compare(log, experiment_file(), "--until", "2026-11-06T00:00:00Z").returncode == 0
    then = comparison(tmp_path)
    assert then["end"] <= "2026-11-06T00:00:00Z"
    day = {step["time"]: step["difference"] for step in whole}
    known = [it for it in then["comparisons"][0]["path"] if it["time"] in day]
    assert len(known) > 5
    assert all(it["difference"] == day[it["time"]] for it in known)


def test_the_same_log_gives_the_same_bytes(compare, simulated, experiment_file, tmp_path):
    log = simulated(callers=200).write(tmp_path / "log")
    compare(log, experiment_file())
    first = read_manifest(tmp_path / "found", COMPARISON).digest
    compare(log, experiment_file())
    assert read_manifest(tmp_path / "found", COMPARISON).digest == first


def test_the_options_go_before_the_file(compare, simulated, experiment_file, tmp_path):
    log = simulated(accuracy=(0.75, 0.74)).write(tmp_path / "log")
    options = ("--margin", "0.2", "--confidence", "0.9", "--metric", "macro_recall")
    assert compare(log, experiment_file(), *options).returncode == 0
    found = comparison(tmp_path)
    assert (found["margin"], found["confidence"], found["metric"]) == (0.2, 0.9, "macro_recall")
    assert (tmp_path / "verdict").read_text() == "not-worse"


def test_nothing_in_the_page_can_be_markup(compare, simulated, experiment_file, tmp_path):
    traffic = simulated(callers=100)
    traffic.entries[0] = replace(traffic.entries[0], variant="<script>alert(1)</script>")
    log = traffic.write(tmp_path / "log")
    assert compare(log, experiment_file()).returncode == 0
    page = (tmp_path / "report.html").read_text()
    assert "<script" not in page and "&lt;script&gt;" in page
    assert not re.search(r"(?:src|href)=", page)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--confidence", "2"), "confidence: 2 does not lie between 0.5 and 1"),
        (("--margin", "a lot"), "margin: 'a lot' is no number"),
        (("--until", "yesterday"), "until: 'yesterday' is no time"),
        (("--metric", "beauty"), "choose from accuracy, macro_recall"),
        (("--log", ""), "--log: is missing"),
        (
            ("--until", "2020-01-01"),
            "until: all 10 entries of the experiment",
        ),
    ],
)
def test_what_makes_no_sense_ends_in_one_line(
    compare, simulated, experiment_file, tmp_path, options, said
):
    log = simulated(callers=5).write(tmp_path / "log")
    ended = compare(log, experiment_file(), *options)
    assert ended.returncode == 2 and said in ended.stderr and ended.stderr.count("\n") == 1
    assert not (tmp_path / "found").exists() and not (tmp_path / "report.html").exists()


def test_no_log_no_entries_a_broken_file_and_a_later_schema_end_in_one_line(
    compare, simulated, experiment_file, tmp_path
):
    log = simulated(callers=5).write(tmp_path / "log")
    later = tmp_path / "later"
    later.mkdir()
    line = to_line({"mark": "open", "schema": 99, "written": 0})
    (later / "requests-20261102T000000.000000Z-7-000000.jsonl").write_bytes(line)
    good = experiment_file()
    other, broken = tmp_path / "other.toml", tmp_path / "broken.toml"
    other.write_text(good.read_text().replace("encoder-1", "encoder-2"))
    broken.write_text("name = ")
    for folder, file, said in (
        (tmp_path / "nowhere", good, "no request log here"),
        (log, other, "none of 10 entries is of the experiment 'encoder-2'"),
        (log, broken, "not TOML"),
        (later, good, "wanted schema 2, got 99"),
    ):
        ended = compare(folder, file)
        assert ended.returncode == 2 and said in ended.stderr and ended.stderr.count("\n") == 1
    assert not (tmp_path / "found").exists()


@pytest.mark.parametrize(
    "field",
    [
        {"time": "garbage"}, {"time": 5}, {"label": ["x"]}, {"probabilities": [1, 2]},
        {"probabilities": {"neutral": "a"}}, {"latency_ms": None}, {"variant": []},
        {"shadow": None},
    ],
)  # fmt: skip
def test_a_field_that_makes_no_sense_ends_in_one_line(
    compare, simulated, experiment_file, tmp_path, field
):
    traffic = simulated(callers=5)
    traffic.entries[3] = replace(traffic.entries[3], **field)
    ended = compare(traffic.write(tmp_path / "log"), experiment_file())
    assert ended.returncode == 2 and ended.stderr.count("\n") == 1
    assert f"request {traffic.entries[3].request_id!r}" in ended.stderr


@pytest.mark.parametrize("field", [{"time": "x"}, {"label": []}])
def test_feedback_that_makes_no_sense_ends_in_one_line(
    compare, simulated, experiment_file, tmp_path, field
):
    traffic = simulated(callers=5)
    traffic.feedback[0] = replace(traffic.feedback[0], **field)
    ended = compare(traffic.write(tmp_path / "log"), experiment_file())
    assert ended.returncode == 2 and ended.stderr.count("\n") == 1
    assert "feedback with a field that makes no sense" in ended.stderr


def test_a_stop_without_a_time_ends_in_one_line(compare, simulated, experiment_file, tmp_path):
    log, file = simulated(callers=5).write(tmp_path / "log"), experiment_file()
    stop = {"time": "some day", "by": "me", "reason": "so"}
    state = {"experiment": "encoder-1", "stopped": {"challenger": stop}}
    state_path(file).write_text(json.dumps(state))
    ended = compare(log, file)
    assert ended.returncode == 2 and "a stop bears no time" in ended.stderr


def test_times_without_a_zone_are_utc_wherever_it_runs(
    compare, simulated, experiment_file, tmp_path, monkeypatch
):
    traffic = simulated(callers=40)
    entries = [replace(it, time=it.time.removesuffix("Z")) for it in traffic.entries]
    log = replace(traffic, entries=entries).write(tmp_path / "log")
    found = []
    for zone in ("Asia/Tokyo", "America/Los_Angeles"):
        monkeypatch.setenv("TZ", zone)
        assert compare(log, experiment_file(), "--until", "2026-11-09").returncode == 0
        found.append(read_manifest(tmp_path / "found", COMPARISON).digest)
    assert len(set(found)) == 1
