"""A challenger is promoted or stopped, in a real registry and by what compare really finds."""

import os
import signal
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import mlflow
import pytest

from sentiment_common import promotions
from sentiment_common.artifacts import (
    COMPARISON,
    Manifest,
    payload_digest,
    write_json,
    write_manifest,
)
from sentiment_common.experiment_state import GUARDRAIL, read_state, state_path, stop_variant
from sentiment_common.request_log import Entry, Feedback
from sentiment_common.request_log.entry import entry_line, to_line
from sentiment_pipelines import champion, experiments, runs
from sentiment_pipelines.experiments import Demand, Evidence

FILE = """
name = "encoder-1"

[[variants]]
name = "control"
model = "sentiment"
weight = 0.5

[[variants]]
name = "encoder"
model = "challenger"
weight = 0.5
"""
REASON = "encoder differs from control by +4.1 points of accuracy: all of the interval is above 0."


class Trial:
    """An experiment between the champion and a challenger of the registry."""

    def __init__(self, registry, folder, run_command):
        self.registry, self.folder, self.run = registry, folder, run_command
        self.file = folder / "encoder-1.toml"
        self.file.write_text(FILE)
        self.champion = registry.push("first", macro_f1=0.7)
        self.challenger = registry.push("encoder", alias="challenger")

    def found(self, verdict="better", **changes):
        """Writes what compare would have found."""
        folder = self.folder / "comparison"
        judged = {"challenger": "encoder", "basis": "live", "verdict": verdict, "reason": REASON}
        digests = {"control": [self.champion], "encoder": [self.challenger]}
        facts = {
            "experiment": "encoder-1", "verdict": verdict, "reason": REASON, "doubts": [],
            "variants": [
                {"name": name, "digests": dict.fromkeys(it, 400)} for name, it in digests.items()
            ],
            "comparisons": [{**judged, **changes.pop("comparison", {})}], **changes,
        }  # fmt: skip
        write_json(folder / "comparison.json", facts)
        digest = payload_digest(folder)
        manifest = Manifest(COMPARISON.name, COMPARISON.schema_version, "compare", "1", digest)
        write_manifest(folder, manifest)
        return folder

    def promote(self, *words, comparison=None):
        """Runs the command on what was found."""
        given = ("--comparison", str(comparison or self.folder / "comparison"))
        return self.run("promote", "--experiment", str(self.file), "--by", "Ada", *given, *words)

    def stop(self, *words):
        """Stops the challenger by the command."""
        return self.run("stop", "--experiment", str(self.file), "--by", "Ada", *words)


@pytest.fixture
def trial(registry, made_runs, run_command, tmp_path):
    return Trial(registry, tmp_path, run_command)


def test_a_better_challenger_becomes_champion_and_a_rollback_undoes_it(trial):
    trial.found()
    code, output, _ = trial.promote()
    assert (code, trial.registry.reigning) == (0, "encoder")
    assert "the champion is version 2 (encoder," in output
    assert "✗" not in output
    last = champion.log(trial.registry.client)[-1]
    assert (last.action, last.previous, last.by) == (promotions.EXPERIMENT, "1", "Ada")
    assert last.reason == f"encoder-1, better: {REASON[:-1]}"
    listed = trial.run("promotions")[1].splitlines()
    assert listed[1].split()[:4] == ["★", "2", "encoder", "champion"]
    assert "+4.1 points of accuracy" in listed[1]

    code, output, _ = trial.run("rollback", "--reason", "calls refunds positive")
    assert (code, trial.registry.reigning) == (0, "first")
    assert "it is the challenger still" in output
    assert trial.promote()[0] == 3
    assert trial.registry.reigning == "first"


def test_promoting_twice_is_promoting_once(trial):
    trial.found()
    assert trial.promote()[0] == 0
    code, output, _ = trial.promote()
    assert (code, "is version 2 (encoder," in output, "already" in output) == (0, True, True)
    assert [it.version for it in champion.log(trial.registry.client)] == ["1", "2"]


@pytest.mark.parametrize("verdict", ["not-worse", "worse", "undecided", "invalid"])
def test_another_verdict_is_refused_with_its_reason(trial, verdict):
    trial.found(verdict)
    code, output, _ = trial.promote()
    assert (code, trial.registry.reigning) == (3, "first")
    assert f"{verdict}: {REASON}" in " ".join(output.split())
    assert output.endswith("refused: the champion stays\n")


def test_not_being_worse_is_enough_for_whoever_says_so(trial):
    trial.found("not-worse")
    assert trial.promote("--accept-not-worse")[0] == 0
    assert trial.registry.reigning == "encoder"


def test_a_force_overrules_the_verdict_and_stays_in_the_log(trial):
    trial.found("undecided")
    code, _, _ = trial.promote("--force", "Bob: the vendor ends the old one tomorrow")
    last = champion.log(trial.registry.client)[-1]
    assert (code, last.action, last.version, last.by) == (0, promotions.FORCE, "2", "Ada")
    assert last.reason.startswith("the vendor ends the old one tomorrow (encoder-1, undecided:")


def test_a_shadow_is_not_promoted_on_what_nobody_was_told(trial):
    trial.found(comparison={"basis": "shadow"})
    code, output, _ = trial.promote()
    assert (code, trial.registry.reigning) == (3, "first")
    assert "give it a share of the callers" in output


def test_what_a_guardrail_has_stopped_is_not_promoted(trial):
    trial.found()
    stop_variant(state_path(trial.file), "encoder-1", "encoder", GUARDRAIL, "error_rate 0.31")
    code, output, _ = trial.promote()
    assert (code, trial.registry.reigning) == (3, "first")
    assert "stopped by guardrail: error_rate 0.31" in output


@pytest.mark.parametrize("place", ["", "state"])
def test_a_stop_is_found_wherever_the_service_keeps_it(trial, place):
    trial.found()
    (trial.folder / "state").mkdir()
    path = state_path(trial.file, trial.folder / place)
    stop_variant(path, "encoder-1", "encoder", GUARDRAIL, "error_rate 0.31")
    assert trial.promote("--state", str(trial.folder / place))[0] == 3
    if place:
        assert trial.promote()[0] == 0


def test_what_the_file_lists_as_stopped_is_not_promoted(trial):
    trial.found()
    trial.file.write_text('stopped = ["encoder"]\n' + FILE)
    code, output, _ = trial.promote()
    assert (code, "stopped by the experiment's file" in output) == (3, True)


FORCED = ("--force", "Ada: now")


def test_another_model_than_the_one_that_was_measured_is_not_promoted_even_by_force(trial):
    trial.found()
    trial.registry.push("newer", alias="challenger")
    code, output, _ = trial.promote(*FORCED)
    assert (code, trial.registry.reigning) == (3, "first")
    assert "is registered now" in output


def test_a_challenger_that_changed_while_it_ran_is_not_promoted(trial):
    mixed = {"encoder": {trial.challenger: 300, "sha256:other": 9}, "control": {trial.champion: 9}}
    trial.found(variants=[{"name": name, "digests": it} for name, it in mixed.items()])
    assert trial.promote(*FORCED)[0] == 3


def test_a_champion_that_has_changed_since_is_another_comparison(trial):
    trial.found()
    trial.registry.push("second")
    code, output, _ = trial.promote()
    assert (code, trial.registry.reigning) == (3, "second")
    assert "✗  champion" in output


def test_a_version_without_its_own_blessing_is_not_promoted_even_by_force(trial):
    trial.found()
    client = trial.registry.client
    for run, reason in (
        (trial.registry.bless("other", "sha256:other"), "the blessing of another model"),
        (trial.registry.bless("no", trial.challenger, "refused"), "the blessing of another model"),
        ("", "carries no blessing: push it again"),
    ):
        source = (trial.registry.folder / "encoder").as_uri()
        version = client.create_model_version("sentiment", source, run or None)
        client.set_registered_model_alias("sentiment", "challenger", version.version)
        code, output, _ = trial.promote(*FORCED)
        assert (code, reason in output, trial.registry.reigning) == (3, True, "first")


def test_a_withdrawn_challenger_returns_by_force_alone(trial):
    trial.found()
    code, output, _ = trial.stop("--reason", "it is slow", "--withdraw")
    assert (code, "is challenger no more and returns only by force" in output) == (0, True)
    assert champion.version_behind(trial.registry.client, "challenger") is None
    code, _, said = trial.promote()
    assert (code, said.count("\n")) == (2, 1)
    assert "alias challenger: no version of sentiment has it" in said
    listed = trial.run("promotions")[1].splitlines()
    assert listed[1].split()[:2] == ["–", "challenger"]
    assert "✗" in listed[2]

    trial.registry.client.set_registered_model_alias("sentiment", "challenger", 2)
    state_path(trial.file).unlink()
    code, output, _ = trial.promote()
    assert (code, "withdrawn as challenger on" in output) == (3, True)
    assert trial.promote("--force", "Ada: it is fast enough now")[0] == 0
    assert trial.registry.reigning == "encoder"


def test_an_experiment_that_was_won_ends_without_withdrawing_the_champion(trial):
    trial.found()
    trial.promote()
    code, output, _ = trial.stop("--reason", "it has won", "--withdraw")
    assert (code, "is challenger no more, and goes on as champion" in output) == (0, True)
    assert champion.withdrawn(trial.registry.client) == {}
    assert trial.registry.client.get_registered_model("sentiment").aliases == {"champion": 2}
    assert "no version has the alias challenger" in trial.stop("--reason", "a", "--withdraw")[1]


def test_stopping_gives_the_callers_back_to_the_control_and_keeps_who_and_why(trial):
    code, output, _ = trial.stop("--reason", "calls refunds\npositive")
    assert code == 0
    assert "by Ada: calls refunds positive" in output
    kept = read_state(state_path(trial.file), "encoder-1").stopped["encoder"]
    assert (kept.by, kept.reason) == ("Ada", "calls refunds positive")
    assert trial.registry.behind("challenger") == "encoder"
    assert "by Ada: calls refunds positive" in trial.stop("--reason", "another")[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("stop", "--variant", "control", "--reason", "why"), "'control' is no challenger"),
        (("stop", "--reason", " "), "--reason: it is empty"),
        (("stop", "--reason", "why", "--withdraw", "--alias", "champion"), "is rolled back"),
        (("promote", "--force", "because"), "does not say who and why"),
        (("promote", "--log", "nowhere"), "no request log here"),
        (("promote", "--comparison", "nowhere"), "nowhere"),
    ],
)
def test_what_makes_no_sense_is_one_line(trial, words, message, monkeypatch):
    monkeypatch.chdir(trial.folder)
    command, *rest = words
    code, _, said = trial.run(command, "--experiment", str(trial.file), *rest)
    assert (code, said.count("\n")) == (2, 1)
    assert message in said
    assert trial.registry.reigning == "first"


def test_a_comparison_of_another_experiment_is_one_line(trial):
    code, _, said = trial.promote(comparison=trial.found(experiment="other"))
    assert (code, "it is about 'other'" in said) == (2, True)


def test_of_several_challengers_one_has_to_be_named(trial):
    trial.file.write_text(FILE + '[[variants]]\nname = "third"\nmodel = "third"\nweight = 0.1\n')
    trial.found()
    code, _, said = trial.promote()
    assert (code, "several challengers: encoder, third; name one" in said) == (2, True)
    assert trial.promote("--variant", "encoder")[0] == 0


STEPS = (
    "set_registered_model_tag", "set_registered_model_alias", "set_registered_model_tag again",
)  # fmt: skip


class DiesBefore(mlflow.MlflowClient):
    """A client whose process is killed at the moment it wants to take a step."""

    def __init__(self, uri, step):
        super().__init__(uri)
        self._step, _, again = step.partition(" ")
        self._before = 1 if again else 0

    def __getattribute__(self, name):
        if name.startswith("set_") and name == object.__getattribute__(self, "_step"):
            if object.__getattribute__(self, "_before") == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self._before -= 1
        return super().__getattribute__(name)


@pytest.mark.parametrize("step", STEPS)
def test_a_promotion_that_is_killed_is_completed_by_the_next(trial, step):
    client, shown = trial.registry.client, {"control": [trial.champion]}
    evidence = Evidence(
        "encoder-1", "encoder", "better", REASON, False,
        {**shown, "encoder": [trial.challenger]}, "control", (),
    )  # fmt: skip
    process = os.fork()
    if process == 0:
        try:
            dying = DiesBefore(client.tracking_uri, step)
            experiments.promote(dying, evidence, None, Demand("Ada"))
        finally:
            os._exit(1)  # an error must not let this copy of the tests go on
    _, status = os.waitpid(process, 0)
    assert os.WIFSIGNALED(status), f"it never came to {step}"
    told = champion.log(client)[-1]
    assert told.version == str(champion.version_behind(client).version)
    outcome = experiments.promote(client, evidence, None, Demand("Ada"))
    assert (outcome.promotion.version, trial.registry.reigning) == ("2", "encoder")
    log = promotions.parse(client.get_registered_model("sentiment").tags).values()
    assert [(it.action, it.done) for it in log] == [
        ("push", True), ("push", True), ("experiment", True),
    ]  # fmt: skip


def test_the_log_is_judged_by_compare_and_its_winner_promoted(trial):
    log = trial.folder / "requests"
    log.mkdir()
    begin = datetime(2026, 11, 2, tzinfo=UTC)
    lines, said = [], []
    for number in range(1_000):
        variant = ("control", "encoder")[number % 2]
        right = number % 20 > 1 if variant == "encoder" else number % 4 > 1
        digest = {"control": trial.champion, "encoder": trial.challenger}[variant]
        time = (begin + timedelta(minutes=number)).isoformat(timespec="milliseconds")
        label = {"label": "positive", "probabilities": {"negative": 0.1, "positive": 0.9}}
        entry = Entry(
            number, time, f"request-{number}", 0, variant, digest, variant, None, "none",
            latency_ms=4.0, caller=f"caller-{number}", experiment="encoder-1", **label,
        )  # fmt: skip
        lines.append(entry_line(entry))
        opinion = "positive" if right else "negative"
        said.append(to_line(asdict(Feedback(time, entry.request_id, 0, opinion))))
    (log / "requests-20261102T000000.000000Z-7-000000.jsonl").write_bytes(b"".join(lines))
    (log / "feedback-20261102.jsonl").write_bytes(b"".join(said))
    code, output, said = trial.run(
        "promote", "--experiment", str(trial.file), "--log", str(log), "--by", "Ada"
    )
    assert (code, said) == (0, ""), output
    assert trial.registry.reigning == "encoder"
    assert "better" in champion.log(trial.registry.client)[-1].reason
    found = runs.folder().parent / "experiments" / "encoder-1"
    assert (found / "ab-report.html").is_file()
