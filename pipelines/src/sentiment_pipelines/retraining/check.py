"""One check: what was left open is closed, a trial is judged, a decision is made and carried out.

Only one process at a time does so. Whoever comes meanwhile writes down that it waits, and goes.
"""

import contextlib
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from sentiment_common.errors import InputError
from sentiment_pipelines import champion, environments, runs
from sentiment_pipelines.commands import monitor
from sentiment_pipelines.order import EXIT_BUG
from sentiment_pipelines.retraining import (
    flight,
    history,
    journal,
    registry,
    rows,
    running,
    signals,
    telling,
    trial,
)
from sentiment_pipelines.retraining.alerts import Told
from sentiment_pipelines.retraining.decision import Decision, Rule, decide
from sentiment_pipelines.retraining.flight import InFlightError
from sentiment_pipelines.retraining.history import Attempt, History
from sentiment_pipelines.retraining.journal import Line
from sentiment_pipelines.retraining.policy import Policy
from sentiment_pipelines.retraining.running import Result
from sentiment_pipelines.retraining.signals import Rows, Signals

if TYPE_CHECKING:
    from sentiment_pipelines.backends.kubeflow import Cluster
    from sentiment_pipelines.backends.local import Backend
    from sentiment_pipelines.retraining.rows import Gathered

EXIT_DONE = 0


@dataclass(frozen=True)
class Asked:
    """What somebody wants to have checked.

    Attributes:
        policy: What the decision goes by.
        backend: Runs the pipeline.
        log: Folder of the request log.
        labels: File of the labels that people gave.
        params: The parameters file.
        told: Alerts that came with the check.
        dry_run: Whether to say what would be done, and do and write nothing.
    """

    policy: Policy
    backend: "Backend | Cluster"
    log: Path
    labels: Path
    params: Path
    told: Told = field(default_factory=Told)
    dry_run: bool = False


def folder() -> Path:
    """Returns where the state of retraining lies."""
    return environments.VAR / "retraining"


def decisions() -> Path:
    """Returns the decision log."""
    return folder() / "decisions.jsonl"


def keep(told: Told) -> None:
    """Writes alerts down that have come or gone, those that are not known yet.

    Raises:
        OSError: They cannot be written.
    """
    past = history.of(journal.read(decisions()).lines)
    known = past.acted_on | {it.id for it in past.waiting}
    fresh = [it for it in told.firing if it.id not in known]
    gone = [id_ for id_ in told.resolved if id_ in {it.id for it in past.waiting}]
    if fresh or gone:
        line = Line(
            journal.ALERT, _new_id(), journal.iso(time.time()), trigger=[it.id for it in fresh],
            reasons=[it.reason for it in fresh], resolved=gone,
        )  # fmt: skip
        journal.append(decisions(), line)


def check(asked: Asked, console: Console) -> int:
    """Decides, and carries the decision out.

    Returns:
        The exit code: 0 nothing to do, not now, or done; 3 refused by the data or by the gate; 1
        and 2 as the run ended.

    Raises:
        InputError: A signal cannot be read, or the registry is locked: nothing was begun.
    """
    # A policy that sets what the pipeline has not shall not wait for its first retraining.
    running.order(folder() / "data", asked.policy, asked.params)
    if asked.policy.trial is not None and not trial.can_be_judged():
        raise InputError(
            "a trial is judged by compare, which is not in the image of the control plane",
            where=f"policy {asked.policy.name}", mend='say promotion = "direct"',
        )  # fmt: skip
    if asked.dry_run:
        return _dry(asked, console)
    keep(asked.told)
    try:
        with flight.taken(folder() / "lock", journal.iso(time.time())):
            return _check(asked, console)
    except InFlightError as other:
        _wait(asked, f"A retraining is in flight since {other}.", console)
        return EXIT_DONE


def _wait(asked: Asked, reason: str, console: Console) -> None:
    rule = Rule("single flight", False, reason)
    decision = Decision(journal.WAIT, rules=(rule,))
    telling.show(console, decision, Rows(0))
    journal.append(decisions(), _decided(decision, asked.policy, _new_id(), Rows(0)))


def _dry(asked: Asked, console: Console) -> int:
    read = journal.read(decisions())
    past = history.of(read.lines)
    client = registry.connected(reading=True) if registry.is_there() else None
    busy = flight.holder(folder() / "lock") or flight.holder(runs.folder() / "lock")
    with tempfile.TemporaryDirectory() as place:
        found, _ = _found(asked, past, client, Path(place), busy)
    with registry.usable():
        decision = _decision(asked, found, past, client)
    telling.show(console, decision, found.rows, read.doubts)
    console.print("DRY_RUN: nothing was written, and nothing begun")
    return EXIT_DONE


def _check(asked: Asked, console: Console) -> int:
    client = registry.connected() if registry.is_there() else None
    past = history.of(journal.read(decisions()).lines)
    busy = flight.holder(runs.folder() / "lock")
    with registry.usable():
        if past.open is not None:
            _close(past.open, asked, client, console)
        if past.trial is not None and client is not None and not busy:
            _judge(past.trial, asked, client, console)
    read = journal.read(decisions())
    past = history.of(read.lines)
    with _place() as place:
        found, gathered = _found(asked, past, client, place, busy)
        with registry.usable():
            decision = _decision(asked, found, past, client)
        telling.show(console, decision, found.rows, read.doubts)
        id_ = _new_id()
        journal.append(decisions(), _decided(decision, asked.policy, id_, found.rows))
        if decision.decision != journal.RETRAIN or gathered is None:
            return EXIT_DONE
        source = _kept(gathered)
    return _retrain(asked, id_, decision, gathered, source, console)


@contextlib.contextmanager
def _place() -> Iterator[Path]:
    """Returns a folder for gathered rows until they are used."""
    (folder() / "data").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder() / "data", prefix=".partial-") as place:
        yield Path(place)


def _kept(gathered: "Gathered") -> Path:
    target = folder() / "data" / gathered.path.name
    gathered.path.replace(target)
    return target


def _found(
    asked: Asked, past: History, client: Any, place: Path, busy: str
) -> "tuple[Signals, Gathered | None]":
    if client is None:
        return Signals(), None
    with registry.usable():
        reigning = signals.champion_of(client)
    if reigning is None:
        return Signals(), None
    watched = signals.read_watched(monitor.folder() / "decisions", reigning.digest)
    there = asked.log.is_dir()
    gathered = rows.gather(asked.log, asked.labels, past.watermark, place) if there else None
    told, counted = asked.told, _counted(gathered)
    return Signals(reigning, watched, told.firing, counted, told.resolved, busy), gathered


def _counted(gathered: "Gathered | None") -> Rows:
    if gathered is None:
        return Rows(0)
    return Rows(
        gathered.rows, dict(gathered.by_label), dict(gathered.by_labeller),
        gathered.path.stem, dict(gathered.passed_over), gathered.early, gathered.sure,
        gathered.agreed,
    )  # fmt: skip


def _decision(asked: Asked, found: Signals, past: History, client: Any) -> Decision:
    decision = decide(found, past, asked.policy, time.time())
    return _possible(decision, asked, client) if decision.decision == journal.RETRAIN else decision


def _possible(decision: Decision, asked: Asked, client: Any) -> Decision:
    """Adds the rule that asks for the champion's examples; on a cluster the run looks for them."""
    from sentiment_pipelines.backends.kubeflow import Cluster

    if isinstance(asked.backend, Cluster) or running.splits_are_known(client):
        return decision
    said = (
        "The champion's examples are not on this machine: its splits could not be kept, nor its "
        "rows replayed. `make pipeline-run` begins anew."
    )
    rule = Rule("replay", False, said, journal.LOOK)
    return replace(decision, decision=journal.LOOK, rules=(*decision.rules, rule))


def _retrain(
    asked: Asked, id_: str, decision: Decision, gathered: "Gathered", source: Path, console: Console
) -> int:
    wanted = running.order(source, asked.policy, asked.params)
    begun = Line(
        journal.START, id_, journal.iso(time.time()), journal.RETRAIN,
        [it.id for it in decision.triggers], decision.reasons, asked.policy.name,
        gathered.watermark, telling.as_json(_counted(gathered)),
    )  # fmt: skip
    journal.append(decisions(), begun)
    try:
        result = running.run(wanted, console, asked.backend)
    except (Exception, KeyboardInterrupt, SystemExit) as error:
        # What goes on in a cluster has not ended; the next check waits for it.
        if not running.goes_on(running.begun(begun.rows or {}, begun.seconds)):
            _end(begun, _broken(error), asked.policy)
        raise
    _end(begun, result, asked.policy)
    return result.code


def _broken(error: BaseException) -> Result:
    if isinstance(error, KeyboardInterrupt | SystemExit):
        return Result(EXIT_BUG, journal.KILLED, "", ("It was stopped.",))
    said = str(error).strip().split("\n")[-1]
    return Result(EXIT_BUG, journal.FAILED, "", (said,))


def _end(begun: Line, result: Result, policy: Policy) -> None:
    """Writes down how a retraining ended; the watermark moves only with the champion."""
    pushed = result.outcome == journal.PUSHED
    on_trial = pushed and result.alias != champion.ALIAS
    if on_trial:
        _begin_trial(begun, result, policy)
    line = replace(
        begun, kind=journal.END, time=journal.iso(time.time()), reasons=result.reasons,
        run=result.run, outcome=journal.CHALLENGER if on_trial else result.outcome,
        model=result.model, watermark=begun.watermark if pushed and not on_trial else None,
    )  # fmt: skip
    journal.append(decisions(), line)


def _begin_trial(begun: Line, result: Result, policy: Policy) -> None:
    now = time.time()
    path = trial.begin(begun.id, policy.settings["trial"], now)
    said = f"The challenger meets live traffic: make serve EXPERIMENT={path}"
    line = replace(
        begun, kind=journal.START, decision=journal.TRIAL, time=journal.iso(now), reasons=[said],
        run=result.run, model=result.model, trigger=[],
    )  # fmt: skip
    journal.append(decisions(), line)


def _close(attempt: Attempt, asked: Asked, client: Any, console: Console) -> None:
    """Closes a retraining that was killed, by what its run has left."""
    made = running.begun(attempt.rows, attempt.began)
    if made is not None and running.goes_on(made):
        running.follow(made, console)
    result = running.found(client, made)
    console.print(f"the retraining of {journal.iso(attempt.began)} is closed: {result.outcome}")
    begun = Line(
        journal.START, attempt.id, journal.iso(attempt.began), journal.RETRAIN, attempt.trigger,
        policy=asked.policy.name, watermark=attempt.watermark, rows=attempt.rows,
    )  # fmt: skip
    _end(begun, result, asked.policy)


def _judge(under_way: history.Trial, asked: Asked, client: Any, console: Console) -> None:
    settings = asked.policy.settings["trial"]
    judgement = trial.judge(client, under_way, asked.log, settings)
    console.print(f"trial: {judgement.outcome}: {' '.join(judgement.reasons)}", soft_wrap=True)
    moment = journal.iso(time.time())
    journal.append(decisions(), trial.line(under_way, judgement, moment, asked.policy.name))


def _decided(decision: Decision, policy: Policy, id_: str, found: Rows) -> Line:
    return Line(
        journal.DECISION, id_, journal.iso(time.time()), decision.decision,
        [it.id for it in decision.triggers], decision.reasons, policy.name,
        rows=telling.as_json(found),
    )  # fmt: skip


def note(by: str, reason: str, *, discard: bool, asked: Asked) -> None:
    """Writes down what a person has settled: the past failures, and the clock.

    Args:
        by: Who.
        reason: Why.
        discard: Whether the labels that are there now are passed over for good.
        asked: Where labels are.

    Raises:
        InputError: A retraining is in flight.
    """
    line = Line(journal.NOTE, _new_id(), journal.iso(time.time()), reasons=[reason], by=by)
    try:
        with flight.taken(folder() / "lock", line.time):
            past = history.of(journal.read(decisions()).lines)
            if discard:
                with _place() as place:
                    found = rows.gather(asked.log, asked.labels, past.watermark, place)
                    given = telling.as_json(_counted(found))
                    line = replace(line, watermark=found.watermark, rows=given)
            journal.append(decisions(), line)
    except InFlightError as other:
        raise InputError(
            f"a retraining is in flight since {other}", mend="wait until it has ended"
        ) from other


def _new_id() -> str:
    return uuid.uuid4().hex[:12]
