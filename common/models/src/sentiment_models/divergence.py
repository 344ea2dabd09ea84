"""How far counts are from the counts of a reference."""

import math
from collections.abc import Sequence


def psi(expected: Sequence[float], actual: Sequence[float]) -> float:
    """Returns the population stability index of two lists of counts, 0 or more.

    It is the symmetric Kullback-Leibler divergence of the two distributions in nats, which is
    Jeffreys' (1946), as credit scoring uses it (Siddiqi, "Credit Risk Scorecards", 2006: below 0.1
    little, above 0.25 a lot has changed). Without any drift its mean is about ``psi_bias``.

    Laplace's rule, one row more for each bin, keeps an empty bin from making it infinite. The rows
    are shared out as both sides together are: evenly, they would make a drift of bins that are rare
    on both sides, 1 of 500 rows to 1 of 12,000.

    Args:
        expected: Counts of the reference.
        actual: Counts of the same bins.

    Raises:
        ValueError: They are not of the same bins, or one side has no rows at all.
    """
    bins, expected_rows, actual_rows = _sizes(expected, actual)
    value = 0.0
    for one, other in zip(expected, actual, strict=True):
        extra = bins * (one + other) / (expected_rows + actual_rows)
        if extra:
            before = (one + extra) / (expected_rows + bins)
            after = (other + extra) / (actual_rows + bins)
            value += (after - before) * math.log(after / before)
    return max(value, 0.0)


def psi_bias(expected: Sequence[float], actual: Sequence[float]) -> float:
    """Returns about the mean of ``psi`` if both are drawn from one distribution.

    It is (bins - 1) (1/n + 1/m), bins that are empty on both sides not counted (Yurdakul and
    Naranjo, "Statistical properties of the population stability index", 2020); its variance is
    2 (bins - 1) (1/n + 1/m)^2. A smoothed index is a little lower.

    Raises:
        ValueError: They are not of the same bins, or one side has no rows at all.
    """
    bins, expected_rows, actual_rows = _sizes(expected, actual)
    return (bins - 1) * (1 / expected_rows + 1 / actual_rows)


def jensen_shannon(expected: Sequence[float], actual: Sequence[float]) -> float:
    """Returns the Jensen-Shannon divergence of two lists of counts in bits (Lin 1991), 0 to 1.

    Raises:
        ValueError: They are not of the same bins, or one side has no rows at all.
    """
    _, expected_rows, actual_rows = _sizes(expected, actual)
    value = 0.0
    for one, other in zip(expected, actual, strict=True):
        before, after = one / expected_rows, other / actual_rows
        middle = (before + after) / 2
        value += sum(part * math.log2(part / middle) / 2 for part in (before, after) if part)
    return min(max(value, 0.0), 1.0)


def _sizes(expected: Sequence[float], actual: Sequence[float]) -> tuple[int, float, float]:
    if len(expected) != len(actual):
        raise ValueError(f"{len(expected)} bins against {len(actual)}")
    expected_rows, actual_rows = sum(expected), sum(actual)
    if not (expected_rows > 0 and actual_rows > 0):
        raise ValueError("no rows to compare")
    bins = sum(one + other > 0 for one, other in zip(expected, actual, strict=True))
    return bins, expected_rows, actual_rows
