"""The story of a model in time order: promotions, rollbacks, retrainings, trials, and why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sentiment_common.promotions import Promotion
from sentiment_pipelines.retraining import journal
from sentiment_pipelines.retraining.journal import LOOK, TRIAL, WAIT, Line


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Attributes:
        time: When, ISO 8601 in UTC.
        what: What it was, e.g. ``push`` or ``retraining refused``.
        about: The version or run that it is about.
        why: In one line.
        times: How often in a row, until the next other one.
    """

    time: str
    what: str
    about: str
    why: str
    times: int = 1


def tell(promotions: Sequence[Promotion], lines: Sequence[Line]) -> list[Event]:
    """Returns what happened, the earliest first.

    Decisions that nothing followed from are told once for as often as they were made in a row:
    whoever checks every hour does not want to read so every hour. ``nothing`` is not told.
    """
    events = [*_promoted(promotions), *_decided(lines)]
    return sorted(events, key=lambda it: journal.seconds(it.time))


def _promoted(promotions: Sequence[Promotion]) -> Iterator[Event]:
    for it in promotions:
        about = f"version {it.version} as {it.alias}" if it.version else it.alias
        why = ": ".join(part for part in (it.by, it.reason) if part)
        yield Event(it.time, it.action, about, why or (f"run {it.run}" if it.run else ""))


def _decided(lines: Sequence[Line]) -> Iterator[Event]:
    waiting: Event | None = None
    for line in lines:
        if (event := _event(line)) is None:
            continue
        repeated = waiting is not None and waiting.what == event.what
        if waiting is not None and not repeated:
            yield waiting
            waiting = None
        if line.decision in (WAIT, LOOK) and line.kind == journal.DECISION:
            first, times = (waiting.time, waiting.times + 1) if waiting else (event.time, 1)
            waiting = Event(first, event.what, event.about, event.why, times)
        elif not repeated:
            yield event
    if waiting is not None:
        yield waiting


def _event(line: Line) -> Event | None:
    """Returns what a line tells; None if it is no news."""
    why = next(iter(line.reasons), "")
    if line.kind == journal.NOTE:
        return Event(line.time, "note", "labels passed over" if line.rows else "", _by(line, why))
    if line.kind == journal.ALERT:
        return Event(line.time, "alert", "", why) if line.trigger else None
    if line.decision == TRIAL:
        return _of_trial(line)
    if line.kind == journal.START:
        rows = f"{line.rows.get('total', 0):,} labels" if line.rows else ""
        asked = line.reasons[: max(len(line.trigger), 1)]
        return Event(line.time, "retraining begins", rows, " ".join(asked))
    if line.kind == journal.END:
        return Event(line.time, f"retraining {line.outcome}", _run(line), why)
    return Event(line.time, line.decision, "", why) if line.decision in (WAIT, LOOK) else None


def _of_trial(line: Line) -> Event | None:
    if line.kind == journal.DECISION:
        return None  # it runs on
    what = "trial begins" if line.kind == journal.START else f"trial {line.outcome}"
    return Event(line.time, what, _run(line), " ".join(line.reasons))


def _by(line: Line, why: str) -> str:
    return ": ".join(part for part in (line.by, why) if part)


def _run(line: Line) -> str:
    return f"run {line.run}" if line.run else ""
