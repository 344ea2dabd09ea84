"""How strongly counts speak against a bound, at whatever time and however often one looks.

A guardrail is looked at every few seconds. A test made for one look would then fire on noise sooner
or later; an e-value does not. It is the gain of a bet against the bound, which for a variant within
its bound is expected to be 1 at most: by Ville's inequality it ever reaches ``1 / ALARM`` with a
probability of ``ALARM`` at most, over all looks together.

Bets are those of Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting"
(J. R. Stat. Soc. B, 2024), in their oldest form: the likelihood ratio of a coin, mixed over the
sides it may have (Robbins, "Statistical methods related to the law of the iterated logarithm",
1970). It holds for every value from 0 to 1, since the ratio is convex in it. Nothing is assumed of
the distribution; what is measured must be independent from one to the next, and texts of one caller
are less so than those of many.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

ALARM = 0.001
"""Probability of a false alarm, of one guardrail on one variant."""
ENOUGH = -math.log(ALARM)
"""Logarithm of the e-value at which a bound counts as broken."""
STAKES = np.geomspace(1e-4, 1 - 1e-9, 64)
"""How far beyond the bound a mean may lie, as shares of what is possible: the bets are mixed."""
STEPS, ROUNDS = 16, 5
"""Of the search: the last steps are a fifty thousandth of the range."""
EDGE = 1e-12

Evidence = float


@dataclass(frozen=True)
class Sample:
    """Values from 0 to 1, by their number and sum.

    Attributes:
        count: How many.
        total: Their sum.
    """

    count: float
    total: float

    @property
    def mean(self) -> float:
        """Their mean; 0 of none."""
        return self.total / self.count if self.count else 0.0

    @property
    def opposite(self) -> "Sample":
        """One minus each of them."""
        return Sample(self.count, self.count - self.total)


def above(sample: Sample, bound: float) -> Evidence:
    """Returns the logarithm of the e-value against: the mean is at most the bound."""
    if bound >= 1:
        return 0.0
    bound = max(bound, EDGE)
    # Of a coin that shows 1 more often than the bound, by a share of the way from there to 1.
    gains = sample.total * np.log1p(STAKES * (1 - bound) / bound)
    losses = (sample.count - sample.total) * np.log1p(-STAKES)
    return _log_mean(gains + losses)


def below(sample: Sample, bound: float) -> Evidence:
    """Returns the logarithm of the e-value against: the mean is at least the bound."""
    return above(sample.opposite, 1 - bound)


def above_difference(variant: Sample, control: Sample, bound: float) -> Evidence:
    """Returns the same against: the variant's mean exceeds the control's by at most the bound.

    Whatever the control's mean is, betting against it from below and against the variant's from
    above is one bet, the product of both; the least of them is what is certain.
    """

    def against(mean: float) -> Evidence:
        return above(variant, mean + bound) + below(control, mean)

    return least(against, 0.0, 1.0)


def least(against: Callable[[float], Evidence], lowest: float, highest: float) -> Evidence:
    """Returns the least evidence over all values that the control may have.

    It falls and then rises, so that the neighbours of the least on a grid enclose it.
    """
    found = np.inf
    for _ in range(ROUNDS):
        values = np.linspace(lowest, highest, STEPS)
        evidence = [against(float(value)) for value in values]
        place = int(np.argmin(evidence))
        lowest, highest = values[max(place - 1, 0)], values[min(place + 1, STEPS - 1)]
        found = min(found, evidence[place])
    return float(found)


def _log_mean(logarithms: np.ndarray) -> float:
    largest = float(np.max(logarithms))
    return largest + math.log(float(np.mean(np.exp(logarithms - largest))))
