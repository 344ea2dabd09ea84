"""The tests behind the gate: could the difference between two models be chance?

Both models answer the same rows, so every test is a paired one. Each returns the probability, to
one side, that a difference as large would show if there were none.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from sentiment_evaluate.resampling import Interval, resampling_units


def mcnemar(
    ours: NDArray[np.bool_], theirs: NDArray[np.bool_], groups: NDArray[np.int64]
) -> tuple[float, float]:
    """Tests whether one model is right more often than another.

    Rows of one group are not independent. Where groups have several rows their differences are
    summed first (Durkalski et al., Analysis of clustered matched-pair data, Statistics in Medicine,
    2003); with one row a group it is McNemar's own test (Psychometrika, 1947), exact with the mid-p
    value (Fagerland et al., BMC Medical Research Methodology, 2013).

    Args:
        ours: Whether the model is right on each row, [n].
        theirs: Whether the other is.
        groups: Group number of each row, [n].

    Returns:
        The difference between the shares of right answers, and the probability by chance.
    """
    differences = ours.astype(np.int64) - theirs.astype(np.int64)
    units = resampling_units(groups)
    sums = np.bincount(units, weights=differences)
    if len(sums) == len(differences):
        won, lost = int((differences > 0).sum()), int((differences < 0).sum())
        chance = sign_test(won, lost)
    else:
        spread = math.sqrt(float((sums**2).sum()))
        chance = 1 - NormalDist().cdf(float(sums.sum()) / spread) if spread else 1.0
    return float(differences.mean()), chance


def sign_test(won: int, lost: int) -> float:
    """Returns the mid-p value of winning so many of the pairs that differ, half by chance.

    Args:
        won: Pairs in which the first one is right and the second is not.
        lost: The other way round.
    """
    pairs = won + lost
    if pairs == 0:
        return 1.0
    most = math.lgamma(pairs + 1) - pairs * math.log(2)

    def share(wins: int) -> float:
        return math.exp(most - math.lgamma(wins + 1) - math.lgamma(pairs - wins + 1))

    return min(1.0, math.fsum(share(wins) for wins in range(won + 1, pairs + 1)) + share(won) / 2)


def below_zero(gain: Interval, confidence: float) -> float:
    """Returns how probable a difference as low would be if the truth were zero.

    It takes the bootstrap's spread for a normal one's (Efron and Tibshirani, An Introduction to the
    Bootstrap, 1993, section 13.3): counting resamples cannot tell chances below one in their
    number, which a correction for many comparisons asks for.

    Args:
        gain: The difference and its interval.
        confidence: Level of that interval.
    """
    deviations = 2 * NormalDist().inv_cdf((1 + confidence) / 2)
    error = (gain.high - gain.low) / deviations
    if not error > 0:
        return 0.0 if gain.value < 0 else 1.0
    return NormalDist().cdf(gain.value / error)


def corrected(chances: Sequence[float], correction: str) -> list[float]:
    """Corrects the chances of several tests, so that they can be held against one level.

    The chance that any of them rejects what is true then stays below that level, however they
    depend on each other.

    Args:
        chances: One a test.
        correction: ``bonferroni``, or ``holm`` (A simple sequentially rejective multiple test
            procedure, Scandinavian Journal of Statistics, 1979), which finds no less.
    """
    count = len(chances)
    if correction == "bonferroni":
        return [min(1.0, count * chance) for chance in chances]
    found, largest = [0.0] * count, 0.0
    for rank, position in enumerate(sorted(range(count), key=lambda at: chances[at])):
        largest = max(largest, min(1.0, (count - rank) * chances[position]))
        found[position] = largest
    return found
