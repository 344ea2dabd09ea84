"""A challenger's trial on live traffic: begun by a retraining, judged by every later check.

The experiment is a file that the service follows, ``var/experiments/retraining.toml``; `compare`
judges it from the request log. Better is promoted; worse, invalid or undecided for too long is
stopped, and its model returns by force alone.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sentiment_common.artifacts import MODEL, read_intact
from sentiment_common.errors import InputError
from sentiment_common.experiment import Experiment, parse_experiment, read_experiment
from sentiment_common.experiment_state import Stop
from sentiment_common.promotions import WITHDRAW
from sentiment_pipelines import champion, environments, experiments, runs
from sentiment_pipelines.experiments import BETTER, INVALID, NOT_WORSE, Demand, Evidence
from sentiment_pipelines.retraining import journal
from sentiment_pipelines.retraining.history import DAY, Trial
from sentiment_pipelines.retraining.journal import PROMOTED, STOPPED

BY = "retrain-check"
CONTROL, CHALLENGER = "control", "challenger"
RUNNING = "running"
WORSE = "worse"


@dataclass(frozen=True)
class Judgement:
    """What a look at a trial came to.

    Attributes:
        outcome: ``running``, ``promoted`` or ``stopped``.
        reasons: Why, in sentences.
    """

    outcome: str
    reasons: Sequence[str]


def file() -> Path:
    """Returns the experiment's file, which the service follows."""
    return environments.VAR / "experiments" / "retraining.toml"


def can_be_judged() -> bool:
    """Tells whether compare is here: the image of the control plane holds no stage."""
    room = environments.rooms().get("compare")
    return room is not None and room.lock.is_file()


def written(id_: str, settings: Mapping[str, Any], now: float) -> str:
    """Returns the experiment of a trial, as its file says it.

    Args:
        id_: Of the retraining; a new one reshuffles the callers.
        settings: The policy's ``[trial]``.
        now: When it begins, in seconds since 1970.

    Raises:
        InputError: The policy says something impossible.
    """
    weight, end = settings["weight"], now + settings["days"] * DAY
    lines = [
        f"# Written by `retrain-check` for the challenger of retraining {id_}.",
        f'name = "retraining-{id_}"', f"start = {_moment(now)}", f"stop = {_moment(end)}",
    ]  # fmt: skip
    model = {"name": CONTROL, "model": champion.REGISTERED_MODEL, "weight": round(1 - weight, 9)}
    lines += _table("[[variants]]", model)
    lines += _table("[[variants]]", {"name": CHALLENGER, "model": CHALLENGER, "weight": weight})
    for it in settings["guardrails"]:
        lines += _table("[[guardrails]]", it)
    for it in settings["steps"]:
        given = dict(it)
        share = given.pop("weight", None)
        weights = given if share is None else {**given, "weights": {CHALLENGER: share}}
        lines += _table("[[steps]]", weights)
    lines += _table("[analysis]", settings["analysis"])
    text = "\n".join(lines) + "\n"
    parse_experiment(text, "policy, [trial]")
    return text


def _moment(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _table(header: str, content: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", header)
    for name, value in content.items():
        yield f"{name} = {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name} = {_value(it)}" for name, it in value.items()) + "}"
    # Texts, numbers and switches are the same in JSON and in TOML.
    return json.dumps(value)


def begin(id_: str, settings: Mapping[str, Any], now: float) -> Path:
    """Writes the experiment; a service that follows the file begins it within seconds."""
    path = file()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(written(id_, settings, now), encoding="utf-8")
    partial.replace(path)
    return path


def judge(client: Any, trial: Trial, log: Path, settings: Mapping[str, Any]) -> Judgement:
    """Looks at a trial, and ends it if it is decided.

    Args:
        client: An ``mlflow.MlflowClient``.
        trial: The trial.
        log: Folder of the request log.
        settings: The policy's ``[trial]``.

    Raises:
        InputError: A run is under way, or a file of the trial is damaged.
    """
    if (gone := _ended_by_others(client, trial)) is not None:
        return gone
    path = file()
    experiment = read_experiment(path)
    if experiment.name != f"retraining-{trial.id}":
        return _stop(client, None, f"{path.name} holds another experiment.")
    comparison, reason = _compared(log, path, experiment)
    if comparison is None:
        return _undecided(client, trial, experiment, reason)
    challenger = experiments.challenger_of(experiment, CHALLENGER, str(path))
    evidence = experiments.read_evidence(comparison, experiment, challenger)
    stopped = experiments.stop_of(path, experiment, challenger, (None, log))
    return _decided(client, trial, experiment, evidence, stopped, settings)


def _decided(
    client: Any, trial: Trial, experiment: Experiment, evidence: Evidence, stopped: Stop | None,
    settings: Mapping[str, Any],
) -> Judgement:  # fmt: skip
    said = f"{evidence.verdict}: {evidence.reason}"
    if evidence.verdict in (WORSE, INVALID) or stopped is not None:
        by = f" Stopped by {stopped.by}: {stopped.reason}." if stopped else ""
        return _stop(client, experiment, f"{said}{by}")
    enough = (BETTER, NOT_WORSE) if settings["accept_not_worse"] else (BETTER,)
    if evidence.verdict not in enough:
        return _undecided(client, trial, experiment, said)
    demand = Demand(BY, champion.CHALLENGER, bool(settings["accept_not_worse"]))
    with runs.exclusive():
        outcome = experiments.promote(client, evidence, stopped, demand)
    if outcome.promotion is None:
        failed = [it.reason for it in outcome.checks if not it.passed]
        return _stop(client, experiment, " ".join((said, *failed)))
    # Its callers get the control from here on, which is the same model now.
    _end_experiment(experiment, "it has won")
    return Judgement(PROMOTED, (said, f"Version {outcome.promotion.version} is the champion."))


def _compared(log: Path, path: Path, experiment: Experiment) -> tuple[Path | None, str]:
    """Returns what compare finds; None and why, as long as it has nothing to compare."""
    try:
        return experiments.compare(log, path, experiment, None), ""
    except InputError as error:
        return None, f"There is nothing to compare yet ({error})."


def _ended_by_others(client: Any, trial: Trial) -> Judgement | None:
    """Tells whether a person has ended the trial: by promoting the challenger, or another way."""
    reigning = champion.log(client)
    if reigning and reigning[-1].digest == trial.model:
        by = reigning[-1].by or "somebody"
        return Judgement(PROMOTED, (f"Promoted by {by}: {reigning[-1].reason}",))
    behind = champion.version_behind(client, champion.CHALLENGER)
    if behind is None:
        gone = [it for it in champion.every_log(client) if it.action == WITHDRAW]
        said = f"Withdrawn by {gone[-1].by}: {gone[-1].reason}" if gone else "It was taken away."
        return Judgement(STOPPED, (said,))
    if read_intact(champion.download(behind), MODEL).digest != trial.model:
        return Judgement(STOPPED, ("Another model has become the challenger.",))
    return None


def _undecided(client: Any, trial: Trial, experiment: Experiment, said: str) -> Judgement:
    if experiment.stop is not None and time.time() >= experiment.stop.timestamp():
        days = (experiment.stop.timestamp() - trial.began) / DAY
        return _stop(client, experiment, f"Not decided within {days:.0f} days. {said}")
    return Judgement(RUNNING, (said,))


def _stop(client: Any, experiment: Experiment | None, reason: str) -> Judgement:
    with runs.exclusive():
        if experiment is not None:
            _end_experiment(experiment, reason)
        experiments.withdraw(client, champion.CHALLENGER, BY, reason)
    return Judgement(STOPPED, (reason,))


def _end_experiment(experiment: Experiment, reason: str) -> None:
    challenger = experiments.challenger_of(experiment, CHALLENGER, str(file()))
    experiments.stop(file(), experiment, challenger, BY, reason, None)


def line(trial: Trial, judgement: Judgement, moment: str, policy: str) -> journal.Line:
    """Returns what the journal keeps of a look at a trial."""
    ended = judgement.outcome != RUNNING
    promoted = judgement.outcome == PROMOTED
    return journal.Line(
        journal.END if ended else journal.DECISION, trial.id, moment, journal.TRIAL,
        reasons=tuple(judgement.reasons), policy=policy, run=trial.run, model=trial.model,
        outcome=judgement.outcome, watermark=trial.watermark if promoted else None,
    )  # fmt: skip
