"""What the journal says of the past, as far as a decision needs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sentiment_pipelines.retraining import journal
from sentiment_pipelines.retraining.journal import Line
from sentiment_pipelines.retraining.signals import Alert

DAY, WEEK = 86_400.0, 7 * 86_400.0
BROKEN = (journal.FAILED, journal.KILLED)
"""Outcomes that say nothing of the data: the same is tried again."""


@dataclass(frozen=True)
class Attempt:
    """A retraining that was begun.

    Attributes:
        id: Of its decision.
        began: When, in seconds since 1970.
        trigger: Ids of what asked for it.
        rows: What it was trained on: total, by_label.
        watermark: Labels up to here were in it.
        ended: When; None if nobody has written it down.
        outcome: What it came to; empty if nobody has written it down.
    """

    id: str
    began: float
    trigger: Sequence[str]
    rows: Mapping[str, Any]
    watermark: Any = None
    ended: float | None = None
    outcome: str = ""

    @property
    def broken(self) -> bool:
        """Whether it ended without a verdict."""
        return self.outcome in BROKEN


@dataclass(frozen=True)
class Trial:
    """A challenger's trial that was begun and is not over.

    Attributes:
        id: Of the decision that made the challenger.
        began: When, in seconds since 1970.
        model: Digest of the challenger.
        watermark: Labels up to here are trained on once it is promoted.
        run: The pipeline's run that made it.
    """

    id: str
    began: float
    model: str
    watermark: Any
    run: str


@dataclass(frozen=True)
class History:
    """The past.

    Attributes:
        attempts: Every retraining, the earliest first.
        trial: The trial that is under way.
        waiting: Alerts that no retraining was begun for, as of when they came.
        watermark: Labels up to here were trained on, or passed over by a person.
        failures: Broken attempts in a row, since a person last said to go on.
        checked: When somebody last decided something; None if nobody ever has.
        latest: The latest time that is written down; None if nothing is.
        tried: Rows that came to a verdict and to no champion, since the watermark moved.
    """

    attempts: Sequence[Attempt] = ()
    trial: Trial | None = None
    waiting: Sequence[Alert] = ()
    watermark: Any = None
    failures: int = 0
    checked: float | None = None
    latest: float | None = None
    tried: Mapping[str, Any] = field(default_factory=dict)

    @property
    def open(self) -> Attempt | None:
        """The attempt whose end nobody has written down: it is in flight, or was killed."""
        last = self.attempts[-1] if self.attempts else None
        return last if last and not last.outcome else None

    @property
    def acted_on(self) -> frozenset[str]:
        """Ids of triggers that a retraining has answered, whatever its verdict."""
        return frozenset(
            id_ for it in self.attempts if it.outcome and not it.broken for id_ in it.trigger
        )

    @property
    def judged(self) -> Attempt | None:
        """The last attempt that ended with a verdict."""
        return next((it for it in reversed(self.attempts) if it.outcome and not it.broken), None)


def of(lines: Sequence[Line]) -> History:
    """Returns what the lines of a journal say, the earliest first.

    A person's note says that the past is settled: no time before it counts as later than it.
    """
    times = _settled(lines)
    attempts: dict[str, Attempt] = {}
    trials: dict[str, Trial] = {}
    waiting: dict[str, Alert] = {}
    watermark, failures, checked = None, 0, None
    tried: Mapping[str, Any] = {}
    for it, time in zip(lines, times, strict=True):
        if it.kind == journal.START and it.decision == journal.RETRAIN:
            attempts[it.id] = Attempt(it.id, time, it.trigger, it.rows or {}, it.watermark)
        elif it.kind == journal.START and it.decision == journal.TRIAL:
            trials[it.id] = Trial(it.id, time, it.model, it.watermark, it.run)
        elif it.kind == journal.END and it.decision == journal.RETRAIN and it.id in attempts:
            attempts[it.id] = _ended(attempts[it.id], time, it.outcome)
            failures = failures + 1 if it.outcome in BROKEN else 0
            tried = tried if it.outcome in BROKEN else attempts[it.id].rows
        elif it.kind == journal.END and it.decision == journal.TRIAL:
            trials.pop(it.id, None)
        if it.kind == journal.NOTE:
            failures = 0
        if it.kind in (journal.END, journal.NOTE) and it.watermark is not None:
            watermark, tried = it.watermark, {}
        if it.kind == journal.DECISION:
            checked = time
        _wait(waiting, it, time)
    last = list(trials.values())[-1] if trials else None
    return History(
        list(attempts.values()), last, list(waiting.values()), watermark, failures, checked,
        max(times, default=None), tried,
    )  # fmt: skip


def _settled(lines: Sequence[Line]) -> list[float]:
    """Returns the times of lines; none is later than the next note, which a person wrote."""
    times, most = [], float("inf")
    for it in reversed(lines):
        times.append(min(it.seconds, most))
        if it.kind == journal.NOTE:
            most = min(it.seconds, most)
    return times[::-1]


def _ended(attempt: Attempt, time: float, outcome: str) -> Attempt:
    return Attempt(
        attempt.id, attempt.began, attempt.trigger, attempt.rows, attempt.watermark,
        max(time, attempt.began), outcome,
    )  # fmt: skip


def _wait(waiting: dict[str, Alert], line: Line, time: float) -> None:
    """Keeps alerts until a retraining begins for them or they end."""
    if line.kind == journal.ALERT:
        for id_, reason in zip(line.trigger, line.reasons, strict=False):
            waiting[id_] = Alert(id_, reason, time)
    for id_ in line.resolved:
        waiting.pop(id_, None)
    if line.kind == journal.START and line.decision == journal.RETRAIN:
        for id_ in line.trigger:
            waiting.pop(id_, None)
