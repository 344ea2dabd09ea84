"""Intervals of shares and of macro-F1 where answers come in clusters and bear weights.

A caller's answers resemble each other, so callers are the unit, as in an experiment; an answer
without a caller is a unit of its own.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

SAMPLES, MOST_UNITS, SEED = 1_000, 1_024, 13
"""More units than this are put together at random and resampled as one (the method of random
groups; Wolter, Introduction to Variance Estimation, 2007, chapter 2)."""


@dataclass(frozen=True)
class Interval:
    """A figure and between what the truth lies; NaN where nothing is known."""

    value: float
    low: float
    high: float


UNKNOWN = Interval(float("nan"), float("nan"), float("nan"))


def share(hits: Floats, weights: Floats, units: Integers, confidence: float) -> Interval:
    """Returns a weighted share with its interval.

    The score interval of Wilson (1927) with the effective number of answers in the place of their
    number: what as many independent ones would have to be for the variance that was found, with
    Student's quantile for few units (Korn and Graubard, "Confidence intervals for proportions with
    small expected number of positive counts estimated from survey data", Survey Methodology 24,
    1998; compared by Dean and Pagano, Journal of Survey Statistics and Methodology 3, 2015).

    Args:
        hits: 1 where it holds and 0 elsewhere, [n].
        weights: Weight of each answer, [n]; those of weight 0 do not count.
        units: Number of the unit of each answer from 0, [n].
        confidence: E.g. 0.95.
    """
    total = weights.sum()
    if not total:
        return UNKNOWN
    value = float((weights * hits).sum() / total)
    masses = np.bincount(units, weights / total)
    parts = np.bincount(units, weights * (hits - value) / total)
    count = int((masses > 0).sum())
    if count < 2:
        return Interval(value, 0.0, 1.0)
    variance = float(np.square(parts).sum()) * count / (count - 1)
    # A share of 0 or 1 shows no variance; then nothing but the weights tells how much is known.
    effective = (
        min(value * (1 - value) / variance, float(total**2 / np.square(weights).sum()))
        if variance > 0 and 0 < value < 1
        else float(1 / np.square(masses).sum())
    )
    return _wilson(value, effective, quantile(confidence, count - 1))


def quantile(confidence: float, freedom: int) -> float:
    """Returns the two-sided quantile of Student's distribution."""
    return float(stats.t.ppf(0.5 + confidence / 2, freedom))


def _wilson(value: float, count: float, z: float) -> Interval:
    centre = (value + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * (value * (1 - value) / count + z**2 / (4 * count**2)) ** 0.5
    return Interval(value, max(0.0, centre - half), min(1.0, centre + half))


def macro_f1(
    truth: Integers,
    told: Integers,
    weights: Floats,
    units: Integers,
    labels: int,
    confidence: float,
) -> Interval:
    """Returns macro-F1 with the percentile interval of the cluster bootstrap.

    See Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 3.8. A label
    that neither feedback nor model named does not count.

    Args:
        truth: Number of the label that feedback named, [n].
        told: Number of the label that the model named, [n].
        weights: Weight of each answer, [n].
        units: Number of the unit of each answer from 0, [n].
        labels: How many labels there are.
        confidence: E.g. 0.95.
    """
    if not len(truth):
        return UNKNOWN
    generator = np.random.default_rng(SEED)
    _, units = np.unique(units, return_inverse=True)
    count = int(units.max()) + 1
    if count > MOST_UNITS:
        units, count = (generator.permutation(count) % MOST_UNITS)[units], MOST_UNITS
    place = (units * labels + truth) * labels + told
    tallies = np.bincount(place, weights, count * labels**2).reshape(count, labels**2)
    value = float(macro_f1_of(tallies.sum(axis=0).reshape(1, labels, labels))[0])
    if count < 2:
        return Interval(value, 0.0, 1.0)
    drawn = generator.multinomial(count, np.full(count, 1 / count), SAMPLES).astype(np.float64)
    # An einsum without BLAS: its sums do not depend on the number of cores.
    resampled = np.einsum("su,ut->st", drawn, tallies, optimize=False)
    figures = macro_f1_of(resampled.reshape(SAMPLES, labels, labels))
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(figures, [tail, 1 - tail])
    return Interval(value, float(low), float(high))


def macro_f1_of(confusions: Floats) -> Floats:
    """Returns macro-F1 of confusions [m, truth, told], over labels that occur in each."""
    right = np.einsum("mii->mi", confusions)
    named = confusions.sum(axis=1) + confusions.sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        figures = 2 * right / named
    return np.asarray(np.nanmean(np.where(named > 0, figures, np.nan), axis=1))
