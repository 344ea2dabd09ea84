"""A challenger's trial: begun by a retraining, judged by the real compare, ended by a check."""

import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest

from sentiment_common.experiment import read_experiment
from sentiment_common.experiment_state import GUARDRAIL, read_state, state_path, stop_variant
from sentiment_common.request_log import Entry, Feedback
from sentiment_common.request_log.entry import entry_line, to_line
from sentiment_pipelines import champion
from sentiment_pipelines.retraining import trial

from .conftest import AT_ONCE

POLICY = f"""{AT_ONCE}
promotion = "trial"
[trial]
weight = 0.5
steps = []
"""


@pytest.fixture
def tried(ready):
    """A retraining whose challenger was blessed."""
    code, output, _ = ready.check(policy=POLICY)
    assert code == 0, output
    ready.first = champion.log(ready.registry.client)[-1].digest
    ready.challenger = ready.lines[-1].model
    return ready


def back(state, days):
    """Lets the trial have begun earlier, and moves its end with it."""
    path = trial.file()
    moved = re.sub(
        r"(?m)^(start|stop) = (\S+)$",
        lambda it: f"{it[1]} = {datetime.fromisoformat(it[2]) - timedelta(days=days):%FT%TZ}",
        path.read_text(),
    )
    path.write_text(moved)
    return read_experiment(path)


def visits(state, better, count=1_000):
    """Has callers of both variants say what they think."""
    experiment = back(state, days=2)
    lines, said = [], []
    for number in range(count):
        variant = ("control", "challenger")[number % 2]
        often = 2 if variant == better else 10
        time = (experiment.start + timedelta(minutes=number)).isoformat(timespec="milliseconds")
        digest = {"control": state.first, "challenger": state.challenger}[variant]
        entry = Entry(
            number, time, f"visit-{number}", 0, variant, digest, variant, None, "none", "positive",
            {"negative": 0.1, "positive": 0.9}, 4.0, f"caller-{number}", experiment.name,
        )  # fmt: skip
        lines.append(entry_line(entry))
        label = "negative" if number % 20 < often else "positive"
        said.append(to_line(asdict(Feedback(time, entry.request_id, 0, label))))
    (state.log / "requests-20261123T110000.000000Z-8-000000.jsonl").write_bytes(b"".join(lines))
    (state.log / "feedback-20261123T110000.000000Z-8-000000.jsonl").write_bytes(b"".join(said))


def last(state):
    line = [it for it in state.lines if it.decision == "trial"][-1]
    return line.kind, line.outcome, line


def test_a_blessed_challenger_meets_live_traffic_and_the_champion_stays(tried):
    assert tried.registry.reigning == "first"
    assert tried.registry.behind("challenger") == tried.lines[-1].run
    assert tried.told[-2:] == [("start", "trial", ""), ("end", "retrain", "challenger")]
    assert tried.lines[-1].watermark is None
    experiment = read_experiment(trial.file())
    assert [it.weight for it in experiment.variants] == [0.5, 0.5]
    assert [it.model for it in experiment.variants] == ["sentiment", "challenger"]
    assert (experiment.stop - experiment.start).days == 14
    assert experiment.guardrails[0].metric == "error_rate"
    code, output, _ = tried.check(policy=POLICY)
    assert (code, last(tried)[1]) == (0, "running")
    assert "nothing to compare yet" in output
    assert tried.pipeline.orders[1:] == []


def test_a_better_challenger_is_promoted_and_its_labels_are_used_up(tried):
    visits(tried, "challenger")
    code, output, _ = tried.check(policy=POLICY)
    kind, outcome, line = last(tried)
    assert (code, kind, outcome) == (0, "end", "promoted"), output
    assert line.watermark == next(it.watermark for it in tried.lines if it.kind == "start")
    assert tried.registry.reigning == tried.registry.behind("challenger")
    assert champion.log(tried.registry.client)[-1].by == "retrain-check"
    story = tried.command("promotions", "--story")[1]
    assert "trial promoted" in story and "trial begins" in story


def test_a_worse_challenger_is_stopped_and_returns_by_force_alone(tried):
    visits(tried, "control")
    tried.check(policy=POLICY)
    kind, outcome, line = last(tried)
    assert (kind, outcome, line.watermark) == ("end", "stopped", None)
    assert line.reasons[0].startswith("worse: ")
    assert tried.registry.reigning == "first"
    assert champion.version_behind(tried.registry.client, "challenger") is None
    assert tried.challenger in champion.withdrawn(tried.registry.client)
    experiment = read_experiment(trial.file())
    assert read_state(state_path(trial.file()), experiment.name).stopped["challenger"]


def test_what_is_not_decided_in_time_is_stopped(tried):
    back(tried, days=15)
    tried.check(policy=POLICY)
    assert last(tried)[:2] == ("end", "stopped")
    assert last(tried)[2].reasons[0].startswith("Not decided within")


def test_what_a_guardrail_has_stopped_is_withdrawn(tried):
    visits(tried, "challenger", count=40)
    name = read_experiment(trial.file()).name
    stop_variant(state_path(trial.file()), name, "challenger", GUARDRAIL, "error_rate 0.31")
    tried.check(policy=POLICY)
    assert last(tried)[:2] == ("end", "stopped")
    assert "error_rate 0.31" in last(tried)[2].reasons[0]


def test_what_a_person_has_ended_is_written_down(tried):
    words = ("--experiment", str(trial.file()), "--reason", "it is slow", "--by", "Ada")
    assert tried.command("stop", *words, "--withdraw")[0] == 0
    tried.check(policy=POLICY)
    assert last(tried)[:2] == ("end", "stopped")
    assert last(tried)[2].reasons == ["Withdrawn by Ada: it is slow"]


def test_the_steps_of_a_canary_are_the_policys():
    from sentiment_pipelines.retraining import policy

    settings = policy.choose("auto").settings["trial"]
    now = datetime(2026, 11, 23, tzinfo=UTC)
    text = trial.written("abc", settings, now.timestamp())
    path = trial.parse_experiment(text, "here")
    assert path.weights(now) == {"control": 0.9, "challenger": 0.1}
    assert path.weights(now + timedelta(hours=49)) == {"control": 0.5, "challenger": 0.5}
