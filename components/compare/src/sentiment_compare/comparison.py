"""One challenger against the control: outcomes, the path of their difference, a verdict."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sentiment_compare import confidence_sequence
from sentiment_compare.collecting import NO_LABEL, Answers, Array
from sentiment_compare.difference import Design, Look, Outcomes, looks
from sentiment_compare.joining import NOBODY, Judgements, find
from sentiment_compare.periods import Periods
from sentiment_compare.settings import Settings

LEAST_CALLERS = 30
"""Effective callers of each side; with fewer the interval is all there is, from -1 to 1."""
POWER = 0.8
Basis = Literal["live", "shadow"]
Score = Callable[[Array, Array], Array]
Verdict = Literal["better", "not-worse", "worse", "undecided", "invalid"]


@dataclass(frozen=True)
class Step:
    """The comparison at one look.

    Attributes:
        time: In seconds since 1970.
        look: The difference.
        low: Lower end of the always-valid interval.
        high: Upper end.
        p: Always-valid p-value of no difference, the least so far.
    """

    time: float
    look: Look
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Comparison:
    """A challenger against the control.

    Attributes:
        challenger: Name of the variant.
        basis: ``live``: callers were told its answers; ``shadow``: both scored the same texts.
        path: The looks, the last one being now.
        alpha: One minus the confidence of its interval.
        needed: Information at which a test with one look finds the least effect that matters.
    """

    challenger: str
    basis: Basis
    path: Sequence[Step]
    alpha: float
    needed: float

    @property
    def now(self) -> Step:
        """The last look."""
        return self.path[-1]

    @property
    def progress(self) -> float:
        """Information so far, as a share of what a test with one look needs."""
        return 1 / self.now.look.variance / self.needed

    @property
    def settled(self) -> float | None:
        """When the interval first lay on one side of 0; None if it never has."""
        return next((it.time for it in self.path if it.low > 0 or it.high < 0), None)

    def verdict(self, margin: float) -> Verdict:
        """Returns what the interval says now."""
        return decide(self.now.low, self.now.high, margin)


def decide(low: float, high: float, margin: float) -> Verdict:
    """Returns what an interval of the difference says.

    Args:
        low: Its lower end.
        high: Its upper end.
        margin: A challenger that is worse by less than this is not worse.
    """
    if low > 0:
        return "better"
    if high < -margin:
        return "worse"
    return "not-worse" if low > -margin else "undecided"


def compare(
    challenger: str, basis: Basis, outcomes: Outcomes, design: Design, times: Array,
    settings: Settings, comparisons: int = 1,
) -> Comparison:  # fmt: skip
    """Follows a challenger's difference from the control.

    Args:
        challenger: Its name.
        basis: Where the outcomes come from.
        outcomes: What is known of both.
        design: How outcomes become one figure.
        times: The looks, in seconds since 1970, in order.
        settings: Confidence and least effect.
        comparisons: How many challengers share the level (Bonferroni).
    """
    alpha = (1 - settings.confidence) / comparisons
    needed = confidence_sequence.fixed_information(settings.least_effect, alpha, POWER)
    looked = list(looks(outcomes, design, times))
    return Comparison(challenger, basis, follow(times, looked, alpha, needed), alpha, needed)


def follow(times: Array, looked: Sequence[Look], alpha: float, needed: float) -> list[Step]:
    """Puts interval and p-value to each look; a side of too few callers has said nothing yet."""
    mixed = confidence_sequence.mixture(alpha, needed)
    enough = np.array([min(it.effective) >= LEAST_CALLERS for it in looked])
    variance = np.where(enough, [it.variance for it in looked], np.inf)
    value = np.array([it.difference for it in looked])
    reach = confidence_sequence.half_width(variance, alpha, mixed)
    p = confidence_sequence.p_values(confidence_sequence.log_evidence(value, variance, mixed))
    known = np.isfinite(reach)
    low = np.where(known, np.maximum(value - reach, -1.0), -1.0)
    high = np.where(known, np.minimum(value + reach, 1.0), 1.0)
    rows = zip(times, looked, low, high, p, strict=True)
    return [
        Step(float(time), look, float(least), float(most), float(chance))
        for time, look, least, most, chance in rows
    ]


def design(settings: Settings, labels: int, periods: int) -> Design:
    """Returns the strata: periods, and within each the metric's parts."""
    return Design(np.tile(np.arange(_parts(settings, labels)), periods))


def live(
    answers: Answers, judgements: Judgements, periods: Periods, number: int, settings: Settings,
    labels: int,
) -> Outcomes:  # fmt: skip
    """Returns the outcomes of the control's and a challenger's callers.

    Args:
        answers: What callers were told.
        judgements: What they said of it.
        periods: In which the weights stayed as they were.
        number: The challenger's number.
        settings: The metric.
        labels: How many labels there are.
    """
    variant = answers.variant[judgements.answer]
    asked = np.flatnonzero((variant == 0) | (variant == number))

    def score(answer: Array, label: Array) -> Array:
        return np.asarray(answers.label[answer] == label, dtype=np.float64)

    judged = _Judged(judgements, asked, score, settings, labels)
    period = periods.of(answers.time[judged.answer])
    side = (answers.variant[judged.answer] != 0).astype(np.int64)
    return judged.outcomes(answers.unit, side, period)


def pairs(
    answers: Answers, judgements: Judgements, partner: Array, settings: Settings, labels: int
) -> Outcomes:
    """Returns a shadow's outcomes less the control's, on the texts that both have scored.

    Args:
        answers: What callers were told.
        judgements: What they said of it.
        partner: The shadow's label of each answer; ``NO_LABEL`` where it has none.
        settings: The metric.
        labels: How many labels there are.
    """
    asked = np.flatnonzero(partner[judgements.answer] != NO_LABEL)

    def score(answer: Array, label: Array) -> Array:
        return (partner[answer] == label).astype(np.float64) - (answers.label[answer] == label)

    judged = _Judged(judgements, asked, score, settings, labels)
    nothing = np.zeros(len(judged.answer), dtype=np.int64)
    return judged.outcomes(answers.unit, nothing, nothing)


def feedback_rates(answers: Answers, judged: Array, periods: Periods, number: int) -> Outcomes:
    """Returns whether each answer of the control and a challenger has feedback.

    Args:
        answers: What callers were told.
        judged: Whether there is feedback on each.
        periods: In which the weights stayed as they were.
        number: The challenger's number.
    """
    chosen = (answers.variant == 0) | (answers.variant == number)
    asked = answers.only(chosen)
    return Outcomes(
        asked.time, asked.unit, (asked.variant != 0).astype(np.int64), periods.of(asked.time),
        np.ones(len(asked)), judged[chosen].astype(np.float64),
    )  # fmt: skip


def partners(answers: Answers, shadow: Answers, number: int) -> Array:
    """Returns a shadow's label of each of the control's answers; ``NO_LABEL`` where it has none."""
    theirs = shadow.only(shadow.variant == number)
    row = find(theirs.key, answers.key)
    label = np.full(len(answers), NO_LABEL, dtype=np.int64)
    paired = (row != NOBODY) & (answers.variant == 0)
    label[paired] = theirs.label[row[paired]]
    return label


def _parts(settings: Settings, labels: int) -> int:
    return labels if settings.metric == "macro_recall" else 1


class _Judged:
    """Feedback as additions to sums, a later word on an answer taking the earlier one back."""

    def __init__(
        self, judgements: Judgements, asked: Array, score: Score, settings: Settings, labels: int
    ) -> None:
        again = asked[judgements.before[asked] != NO_LABEL]
        rows = np.concatenate([again, asked])
        label = np.concatenate([judgements.before[again], judgements.label[asked]])
        sign = np.concatenate([np.full(len(again), -1.0), np.ones(len(asked))])
        order = np.argsort(judgements.time[rows], kind="stable")
        rows, label, self._sign = rows[order], label[order], sign[order]
        self._time, self.answer = judgements.time[rows], judgements.answer[rows]
        self._score = score(self.answer, label) * self._sign
        self._parts = _parts(settings, labels)
        self._part = label.astype(np.int64) if self._parts > 1 else np.zeros_like(rows)

    def outcomes(self, unit: Array, side: Array, period: Array) -> Outcomes:
        """Returns the additions in order of time."""
        stratum = period * self._parts + self._part
        return Outcomes(self._time, unit[self.answer], side, stratum, self._sign, self._score)
