"""A check from the command line to its last line, in a real registry, on a real log."""

import fcntl
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sentiment_pipelines import champion, execution, runs
from sentiment_pipelines.order import Order
from sentiment_pipelines.retraining import check, flight, journal, running
from sentiment_pipelines.retraining.journal import Line

from .conftest import AT_ONCE, alertmanager

DONE = [("decision", "retrain", ""), ("start", "retrain", ""), ("end", "retrain", "pushed")]


def now():
    return datetime.now(UTC).isoformat()


def test_drift_with_enough_labels_is_trained_on_and_the_watermark_moves(ready):
    code, output, said = ready.check()
    assert (code, said) == (0, ""), output
    assert ready.told == DONE
    decided, begun, ended = ready.lines
    assert begun.trigger and begun.id == decided.id == ended.id
    assert ended.watermark == begun.watermark and ended.watermark
    assert ended.reasons == ["deep: figures"]
    given = ready.pipeline.orders[0].parameters()
    assert Path(given["source"]) == check.folder() / "data" / f"{begun.rows['digest']}.csv"
    assert Path(given["source"]).is_file()
    wanted = {"previous_examples": "auto", "previous_statistics": "champion", "replay": "1.0"}
    assert {**given, **wanted, "alias": "champion", "label_column": "label"} == given
    assert ready.registry.reigning == ended.run


def test_the_same_signals_are_answered_once(ready):
    assert ready.check()[0] == 0
    code, output, _ = ready.check()
    assert (code, ready.told[3:]) == (0, [("decision", "nothing", "")])
    assert "nothing" in output
    ready.traffic(20)
    ready.check()
    assert ready.lines[-1].rows["total"] == 20


def test_a_refusal_is_exit_code_3_and_keeps_the_labels_for_the_next_time(ready):
    ready.pipeline.outcome = "refused"
    assert ready.check()[0] == 3
    assert ready.told[-1] == ("end", "retrain", "refused")
    assert ready.lines[-1].watermark is None
    assert ready.registry.reigning == "first"
    ready.drift(ready.registry.client.get_model_version("sentiment", "1").tags["digest"])
    code, output, _ = ready.check()
    assert (code, ready.lines[-1].decision) == (0, "wait")
    assert "0 new labels, 200 are wanted" in output
    ready.traffic(240)
    ready.pipeline.outcome = "pushed"
    assert ready.check()[0] == 0
    assert ready.lines[-1].rows["total"] == 540


def test_a_dry_run_says_the_same_and_writes_nothing(ready):
    before = ready.files()
    code, output, _ = ready.check("--dry-run")
    assert (code, ready.files() == before) == (0, True)
    assert "retrain: The monitor asks for it (drift): Words are new." in output
    assert "nothing was written" in output
    assert ready.pipeline.orders == []


def test_whoever_only_looks_is_not_taken_for_one_who_trains(ready):
    lock = check.folder() / "lock"
    with flight.taken(lock, "noon"):
        assert "noon" in flight.holder(lock)
    with lock.open() as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        assert flight.holder(lock) == ""


def test_without_a_champion_or_a_registry_there_is_nothing_to_do(state, monkeypatch):
    assert state.check()[0] == 0
    assert "There is no champion yet" in state.lines[-1].reasons[0]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{state.var}/none.db")
    before = state.files()
    assert state.check("--dry-run")[0] == 0
    assert state.files() == before


def test_a_failure_is_tried_again_once_and_then_a_person_is_asked(ready):
    policy = f"{AT_ONCE}\nlimits.retry_after_hours = 0\nlimits.per_week = 9"
    ready.pipeline.error = RuntimeError("a bug\nout of memory")
    for _ in range(2):
        with pytest.raises(RuntimeError):
            ready.check(policy=policy)
    assert ready.lines[-1].reasons == ["out of memory"]
    assert [it.outcome for it in ready.lines if it.kind == "end"] == ["failed", "failed"]
    ready.pipeline.error = None
    code, output, _ = ready.check(policy=policy)
    assert (code, ready.lines[-1].decision) == (0, "look")
    assert "2 retrainings in a row have failed" in output
    assert ready.registry.reigning == "first"
    assert ready.check("--again", "Ada: more memory")[0] == 0
    assert ready.check(policy=policy)[0] == 0
    assert ready.told[-1] == ("end", "retrain", "pushed")


def test_a_person_passes_over_labels_that_are_no_good(ready):
    assert ready.check("--discard", "Ada: flipped by a caller")[0] == 0
    assert (ready.lines[-1].kind, ready.lines[-1].by) == ("note", "Ada")
    ready.check()
    assert (ready.lines[-1].decision, ready.lines[-1].rows["total"]) == ("wait", 0)
    code, _, said = ready.check("--discard", "because")
    assert (code, said.count("\n")) == (2, 1)
    assert "does not say who and why" in said


def test_labels_of_one_caller_are_not_trained_on_before_somebody_looks(state):
    state.drift(state.champion())
    state.traffic(150, labellers=1)
    state.check()
    assert any("150 new labels, 200 are wanted" in it for it in state.lines[-1].reasons)
    assert state.lines[-1].decision == "look"
    assert "100% of the labels are of caller" in state.lines[-1].reasons[0]


def test_labels_of_many_that_deny_sure_answers_are_not_trained_on_before_somebody_looks(state):
    state.drift(state.champion())
    state.traffic(300, probabilities={"negative": 0.9, "neutral": 0.05, "positive": 0.05})
    state.check()
    assert state.lines[-1].decision == "look"
    assert "100 of 300 labels agree with answers that were sure" in state.lines[-1].reasons[0]


def test_a_run_of_a_person_is_waited_for(ready):
    with runs.exclusive():
        assert ready.check()[0] == 0
    assert ready.lines[-1].decision == "wait"
    assert "Somebody else is training" in ready.lines[-1].reasons[0]


def test_whoever_comes_second_waits_and_his_alert_is_not_forgotten(state, tmp_path):
    state.champion()
    state.traffic()
    file = tmp_path / "alert.json"
    file.write_text(alertmanager(("Falls", "true", "firing", now())))
    with flight.taken(check.folder() / "lock", "noon"):
        code, output, _ = state.check("--alerts", str(file))
    assert (code, state.told) == (0, [("alert", "", ""), ("decision", "wait", "")])
    assert "in flight since noon (process" in output
    assert state.check()[0] == 0
    assert state.told[-1] == ("end", "retrain", "pushed")
    assert state.lines[-1].trigger[0].startswith("alert:Falls:f-Falls:")
    state.check("--alerts", str(file))
    assert state.lines[-1].decision == "nothing"


def test_what_was_killed_is_closed_by_the_next_check(ready):
    begun = Line("start", "dead", journal.iso(time.time()), "retrain", ["drift:x"], rows={})
    journal.append(check.decisions(), begun)
    policy = f"{AT_ONCE}\nlimits.retry_after_hours = 0"
    code, output, _ = ready.check(policy=policy)
    assert code == 0
    assert ready.told[1] == ("end", "retrain", "killed")
    assert "is closed: killed" in output
    assert " was killed: drift:x." in output
    assert ready.told[-1] == ("end", "retrain", "pushed")


def test_a_kill_after_the_promotion_is_found_out(ready):
    ready.check()
    content = check.decisions().read_bytes().splitlines(keepends=True)
    check.decisions().write_bytes(b"".join(content[:2]))
    last = runs.all_runs()[0]
    last.note(outcome="killed", status="running")
    ready.check()
    assert ready.told[2:] == [("end", "retrain", "pushed"), ("decision", "nothing", "")]
    assert ready.lines[2].run == last.id
    assert ready.lines[2].watermark


def test_what_goes_on_in_a_cluster_is_waited_for_by_the_next_check(ready, monkeypatch):
    def submitted(order, console, backend):
        made = runs.Run.begin({"parameters": order.parameters(), "pipeline": "training"})
        made.note(status=runs.SUBMITTED, kubeflow={}, environment="kind")
        raise KeyboardInterrupt

    def followed(made, console):
        made.note(status=runs.FINISHED, outcome="refused")

    monkeypatch.setattr(execution, "run", submitted)
    assert ready.check()[0] == 130
    assert ready.told[-1] == ("start", "retrain", "")
    monkeypatch.setattr(running, "follow", followed)
    ready.check()
    assert ready.told[2:4] == [("end", "retrain", "refused"), ("decision", "nothing", "")]


def test_without_the_champions_examples_nothing_is_begun(state):
    state.drift(state.registry.push("first"))
    state.traffic()
    before = state.files()
    assert "look: The champion's examples are not on this machine" in state.check("--dry-run")[1]
    assert state.files() == before
    assert state.check()[0] == 0
    assert state.lines[-1].decision == "look"
    assert state.pipeline.orders == []


def test_a_locked_registry_is_one_line_and_nothing_is_begun(ready, monkeypatch):
    from sentiment_pipelines.retraining import registry

    monkeypatch.setattr(registry, "SECONDS", 0.2)
    database = os.environ["MLFLOW_TRACKING_URI"].removeprefix("sqlite:///")
    other = sqlite3.connect(database)
    other.execute("BEGIN EXCLUSIVE")
    code, _, said = ready.check()
    other.close()
    assert (code, said.count("\n")) == (2, 1)
    assert "the registry cannot be read (database is locked)" in said
    assert ready.lines == ()
    assert ready.check()[0] == 0


def test_a_clock_that_went_back_is_looked_at(ready):
    later = Line("decision", "a", journal.iso(time.time() + 86_400), "nothing")
    journal.append(check.decisions(), later)
    ready.check()
    assert ready.lines[-1].decision == "look"
    assert "a clock was moved" in ready.lines[-1].reasons[0]
    assert ready.pipeline.orders == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--alerts", "none.json"), "none.json: cannot be read"),
        (("--alerts", "http://127.0.0.1:9"), "Alertmanager does not answer"),
        (("--policy", "none.toml"), "no such policy"),
        (("--policy", "run.sources = 'x'"), "the pipeline has no parameter 'sources'"),
        (("--again", "because"), "does not say who and why"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_begins_nothing(ready, words, message, monkeypatch):
    monkeypatch.chdir(ready.var)
    code, _, said = ready.check(*words)
    assert (code, said.count("\n")) == (2, 1)
    assert message in said
    assert not [it for it in ready.lines if it.kind == "start"]


PLAYING = """
import os, sys, time
from pathlib import Path
from sentiment_pipelines import cli, execution, runs
from sentiment_pipelines.retraining import running

def run(order, console, backend):
    made = runs.Run.begin({"parameters": order.parameters(), "pipeline": "training"})
    Path(os.environ["BEGUN"]).touch()
    time.sleep(60)

execution.run = run
running.splits_are_known = lambda client: True
cli.main(sys.argv[1:])
"""


def test_of_two_processes_one_trains_and_what_is_killed_leaves_the_champion(ready):
    begun = ready.var / "begun"
    environment = {**os.environ, "SENTIMENT_VAR": str(ready.var), "BEGUN": str(begun)}
    places = ("--log", str(ready.log), "--labels", str(ready.labels), "--policy", AT_ONCE)
    command = [sys.executable, "-c", PLAYING, "retrain-check", *places]
    first = subprocess.Popen(command, env=environment)
    try:
        end = time.monotonic() + 60
        while not begun.exists() and time.monotonic() < end:
            assert first.poll() is None
            time.sleep(0.05)
        second = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert (second.returncode, second.stderr) == (0, "")
        assert "A retraining is in flight since" in second.stdout
    finally:
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    assert [it.decision for it in ready.lines] == ["retrain", "retrain", "wait"]
    policy = f"{AT_ONCE}\nlimits.retry_after_hours = 1"
    assert ready.check(policy=policy)[0] == 0
    assert ready.told[3:] == [("end", "retrain", "killed"), ("decision", "wait", "")]
    assert ready.lines[3].watermark is None
    assert ready.registry.reigning == "first"


def test_history_tells_the_story(ready):
    ready.pipeline.outcome = "refused"
    ready.check()
    ready.check()
    ready.check()
    ready.command("rollback", "--reason", "nothing to go back to")
    code, output, _ = ready.command("promotions", "--story")
    assert code == 0
    told = json.loads(ready.command("promotions", "--story", "--json")[1])
    assert [it["what"] for it in told] == ["push", "retraining begins", "retraining refused"]
    assert "retraining refused" in output and "deep: figures" in output
    plain = ready.command("promotions", "--json")[1]
    assert [it["model"] for it in json.loads(plain)] == ["first"]


def test_the_order_of_a_retraining_is_one_that_the_pipeline_takes(ready):
    ready.check(policy=f"{AT_ONCE}\nrun.epochs = 3\nreplay = 0.5")
    given = ready.pipeline.orders[0].parameters()
    assert (given["epochs"], given["replay"], given["since"]) == (3, "0.5", "")
    assert isinstance(ready.pipeline.orders[0], Order)


def test_a_champion_that_is_not_of_today_is_not_what_the_monitor_spoke_of(ready):
    ready.registry.push("second")
    ready.check()
    assert ready.lines[-1].decision == "nothing"
    assert champion.log(ready.registry.client)[-1].version == "2"
