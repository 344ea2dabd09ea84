"""The bootstrap: how far a figure could move had other rows been drawn.

Rows of one group (sentences of one review) are not independent, so whole groups are resampled (the
cluster bootstrap; Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 3.8).
The same seed and rows give the same resamples for every model: differences are paired.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sentiment_evaluate.metrics import Floats, figures, rank_figures, rank_tallies, tallies

FEWEST_GROUPS = 30
"""With fewer groups than this, resampling groups says little, and rows are resampled."""

MOST_UNITS = 4096
"""More groups than this are put together at random and resampled as one (the method of random
groups; Wolter, Introduction to Variance Estimation, 2007, chapter 2). The variance is estimated
without bias all the same, its own relative error from so many units is 2%, and a million rows take
as long as a few thousand."""

BIASED = {"expected_calibration_error"}
"""Noise alone raises these, and raises them once more in every resample; their intervals are the
basic ones (Davison and Hinkley, section 5.2.1), which turn the resamples round the figure. Such an
interval may lie below its figure: then most of the figure is noise."""

MOST_RANKS = 128
"""Ranks that a resample is ordered by; the figure itself is always of the exact order."""


@dataclass(frozen=True)
class Interval:
    """A figure and its bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Figures:
    """The figures of one model on one set of rows.

    Attributes:
        values: Each figure on the rows themselves.
        draws: Each figure on every resample, [samples].
    """

    values: dict[str, float]
    draws: dict[str, Floats]

    def interval(self, name: str, confidence: float) -> Interval:
        """Returns a figure with its interval."""
        value = self.values[name]
        low, high = percentile_interval(self.draws[name], confidence)
        if name in BIASED:
            low, high = max(2 * value - high, 0.0), max(2 * value - low, 0.0)
        return Interval(value, low, high)

    def intervals(self, confidence: float) -> dict[str, Interval]:
        """Returns every figure with its interval."""
        return {name: self.interval(name, confidence) for name in self.values}

    def difference(self, other: "Figures", name: str, confidence: float) -> Interval:
        """Returns this model's figure minus the other's, resampled on the same rows."""
        low, high = percentile_interval(self.draws[name] - other.draws[name], confidence)
        return Interval(self.values[name] - other.values[name], low, high)


@dataclass(frozen=True)
class Bootstrap:
    """How to resample: number of resamples and seed."""

    samples: int
    seed: int

    def measure(
        self,
        truth: NDArray[np.int64],
        probabilities: Floats,
        groups: NDArray[np.int64],
        *,
        ranked: bool = True,
    ) -> Figures:
        """Measures a model on rows and on every resample of them.

        Args:
            truth: Index of the true label, [n].
            probabilities: [n, 3].
            groups: Group number of each row, [n].
            ranked: Whether to measure the areas under the curves as well, which takes most of the
                time.
        """
        units, drawn = self.draw(groups)
        count, whole = drawn.shape[1], np.zeros_like(units)
        values = _first(figures(tallies(truth, probabilities, whole, 1)))
        draws = figures(drawn @ tallies(truth, probabilities, units, count))
        if ranked:
            exact = _first(rank_figures(rank_tallies(truth, probabilities, whole, 1)))
            binned = rank_tallies(truth, probabilities, units, count, MOST_RANKS)
            shape = (-1, *binned.shape[1:])
            around = _first(rank_figures(binned.sum(axis=0, keepdims=True)))
            resampled = rank_figures((drawn @ binned.reshape(count, -1)).reshape(shape))
            values.update(exact)
            draws.update({it: resampled[it] + (exact[it] - around[it]) for it in exact})
        return Figures(values, draws)

    def draw(self, groups: NDArray[np.int64]) -> tuple[NDArray[np.int64], Floats]:
        """Draws the resamples.

        Args:
            groups: Group number of each row, [n].

        Returns:
            The number of each row's unit, [n], and how often each unit is drawn,
            [samples, units].
        """
        generator = np.random.default_rng(self.seed)
        units = resampling_units(groups)
        count = int(units.max()) + 1
        if count > MOST_UNITS:
            units = (generator.permutation(count) % MOST_UNITS)[units]
            count = MOST_UNITS
        drawn = generator.integers(0, count, size=(self.samples, count))
        drawn += np.arange(self.samples)[:, None] * count
        times = np.bincount(drawn.ravel(), minlength=self.samples * count)
        return units, times.reshape(self.samples, count).astype(np.float64)


def resampling_units(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers what is drawn as one: groups, or rows where there are too few groups, [n]."""
    distinct, units = np.unique(groups, return_inverse=True)
    return np.arange(len(groups)) if len(distinct) < FEWEST_GROUPS else units


def percentile_interval(draws: Floats, confidence: float) -> tuple[float, float]:
    """Returns the central interval of the draws; NaN where none is defined."""
    defined = draws[~np.isnan(draws)]
    if not len(defined):
        return float("nan"), float("nan")
    tail = (1 - confidence) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return float(low), float(high)


def _first(found: dict[str, Floats]) -> dict[str, float]:
    return {name: float(values[0]) for name, values in found.items()}
