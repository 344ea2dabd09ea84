"""Quality from labels that arrive late: how often answers were right, as far as anybody said.

Two questions are asked of the same feedback. Is the model less often right than in its evaluation?
That may be because texts have become harder, and then the model knows: its confidence fell as well.
And is it less often right than its own confidence promised? Then words mean something else than in
training, or those who write are those who complain; see ``quality_feedback``.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from sentiment_monitor import quality_intervals
from sentiment_monitor.estimate import Reliability
from sentiment_monitor.quality_feedback import Maturity, Selection, maturities, select
from sentiment_monitor.quality_intervals import UNKNOWN, Floats, Integers, Interval
from sentiment_monitor.window import NO_LABEL, Answers

COMPLAINTS = 0.05
"""Where fewer of the judged answers were confirmed, people write only when something is wrong."""


@dataclass(frozen=True)
class Promise:
    """Judged answers against the chances to be right that the reference gives their confidence.

    Attributes:
        promised: Mean chance of the judged answers to be right.
        kept: Share of them that feedback confirmed.
        shortfall: ``promised`` less ``kept``, with its interval.
        p_value: How likely so large a shortfall is where promises are kept, one-sided.
    """

    promised: float
    kept: float
    shortfall: Interval
    p_value: float


@dataclass(frozen=True)
class Cell:
    """Answers of one label and third of the confidence, and how many of them are judged."""

    label: int
    part: int
    answers: int
    judged: int
    confirmed: int


@dataclass(frozen=True)
class Quality:
    """What feedback says of a model's answers.

    Attributes:
        answers: Answers that could have been judged.
        judged: Of them with feedback.
        callers: Callers whose answers were judged; an answer without a caller is one of its own.
        accuracy: Share of judged answers that were confirmed, as it is.
        at_most: Share of all answers that nobody corrected: accuracy, were everybody silent right
            (the upper one of Manski's bounds, American Economic Review 80, 1990).
        adjusted: The same, weighed to speak for all answers; unknown where feedback is too little.
        macro_f1: Weighed likewise.
        recall: By label, weighed likewise.
        confusion: Judged answers by label that feedback named and by answered label.
        maturities: How feedback arrives over time.
        cells: Which answers are judged.
        uncovered: Share of answers that no feedback speaks for.
        edges: Of the confidence, between the thirds.
        promise: None without a reference or feedback.
        complaints: Whether feedback is hardly anything but complaints.
    """

    answers: int
    judged: int
    callers: int
    accuracy: Interval
    at_most: Interval
    adjusted: Interval
    macro_f1: Interval
    recall: tuple[Interval, ...]
    confusion: tuple[tuple[int, ...], ...]
    maturities: tuple[Maturity, ...]
    cells: tuple[Cell, ...]
    uncovered: float
    edges: tuple[float, ...]
    promise: Promise | None
    complaints: bool


@dataclass(frozen=True)
class _Judged:
    """Answers with feedback; arrays of one length."""

    told: Integers
    truth: Integers
    units: Integers
    right: Floats
    highest: Floats


def measure(
    answers: Answers, known: float, reliability: Reliability | None, confidence: float = 0.95
) -> Quality | None:
    """Measures quality; None without answers.

    Args:
        answers: Answers that could have been judged by now.
        known: Last moment that the log knows of, in seconds since 1970.
        reliability: Of the reference, if the model has one.
        confidence: Of the intervals.
    """
    if not len(answers):
        return None
    labels, judged = answers.probabilities.shape[1], answers.truth != NO_LABEL
    highest = answers.confidence.astype(np.float64)
    _, units = np.unique(answers.unit[judged], return_inverse=True)
    told, truth = answers.label[judged].astype(np.int64), answers.truth[judged].astype(np.int64)
    found = _Judged(told, truth, units, (told == truth).astype(np.float64), highest[judged])
    selection = select(answers.label.astype(np.int64), highest, answers.time, judged, labels)
    enough = bool(selection.weights.any())
    weights = selection.weights if enough else np.ones(len(told))
    right = (answers.label == answers.truth).astype(np.float64)
    # Clocks of two machines may differ: nobody judges an answer before it is given.
    delay = np.maximum(answers.judged - answers.time, 0.0)
    delay[~judged] = np.nan
    alike = np.ones(len(told))
    accuracy = quality_intervals.share(found.right, alike, units, confidence)
    return Quality(
        answers=len(answers),
        judged=len(told),
        callers=int(units.max(initial=-1)) + 1,
        accuracy=accuracy,
        at_most=_at_most(answers, judged, confidence),
        adjusted=quality_intervals.share(found.right, weights, units, confidence)
        if enough else UNKNOWN,
        macro_f1=quality_intervals.macro_f1(truth, told, weights, units, labels, confidence),
        recall=tuple(
            quality_intervals.share(found.right, weights * (truth == it), units, confidence)
            for it in range(labels)
        ),
        confusion=_confusion(found, labels),
        maturities=tuple(maturities(delay, np.maximum(known - answers.time, 0.0), right)),
        cells=_cells(selection, right, judged),
        uncovered=selection.uncovered,
        edges=selection.edges,
        promise=_promise(found, reliability, confidence) if reliability and len(told) else None,
        complaints=len(told) > 0 and accuracy.high < COMPLAINTS,
    )  # fmt: skip


def _at_most(answers: Answers, judged: np.ndarray, confidence: float) -> Interval:
    _, units = np.unique(answers.unit, return_inverse=True)
    silent = (~judged | (answers.truth == answers.label)).astype(np.float64)
    return quality_intervals.share(silent, np.ones(len(silent)), units, confidence)


def _confusion(found: _Judged, labels: int) -> tuple[tuple[int, ...], ...]:
    counts = np.bincount(found.truth * labels + found.told, minlength=labels**2)
    return tuple(tuple(row) for row in counts.reshape(labels, labels).tolist())


def _cells(selection: Selection, right: Floats, judged: np.ndarray) -> tuple[Cell, ...]:
    confirmed = np.bincount(selection.cell[judged], right[judged], len(selection.answers)).astype(
        np.int64
    )
    parts = len(selection.edges) + 1
    counts = zip(selection.answers, selection.judged, confirmed, strict=True)
    return tuple(
        Cell(number // parts, number % parts, *map(int, it)) for number, it in enumerate(counts)
    )


def _promise(found: _Judged, reliability: Reliability, confidence: float) -> Promise:
    """Compares within confidences, so that it does not matter which of them are judged."""
    bins = reliability.bins(found.highest)
    chances = reliability.chances()
    promised = chances[bins]
    missing, rows = promised - found.right, len(bins)
    value = float(missing.mean())
    units = int(found.units.max()) + 1
    sums = np.bincount(found.units, missing - value) / rows
    between = float(np.square(sums).sum()) * units / max(1, units - 1)
    # A few answers that all came out alike would otherwise seem to say it without any doubt.
    within = float((promised * (1 - promised)).sum()) / rows**2
    shares = np.bincount(bins, minlength=len(chances)) / rows
    error = (max(between, within) + reliability.variance(shares)) ** 0.5
    half = quality_intervals.quantile(confidence, max(1, units - 1)) * error
    return Promise(
        float(promised.mean()), float(found.right.mean()),
        Interval(value, value - half, value + half), float(stats.norm.sf(value / error)),
    )  # fmt: skip
