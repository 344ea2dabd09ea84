"""The bootstrap: how far a figure could move had other rows been drawn.

Rows of one group (sentences of one review) are not independent, so whole groups are resampled (the
cluster bootstrap; Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 3.8).
The same seed and rows give the same resamples for every model: differences are paired.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sentiment_evaluate.metrics import Floats, figures

FEWEST_GROUPS = 30
"""With fewer groups than this, resampling groups says little, and rows are resampled."""

# Resamples at a time: enough to sort the scores seldom, few enough to stay in the cache.
CHUNK_CELLS, CHUNK_LEAST = 500_000, 8


@dataclass(frozen=True)
class Interval:
    """A figure and its bootstrap percentile interval."""

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
        return Interval(self.values[name], *percentile_interval(self.draws[name], confidence))

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
        self, truth: NDArray[np.int64], probabilities: Floats, groups: NDArray[np.int64]
    ) -> Figures:
        """Measures a model on rows and on every resample of them.

        Args:
            truth: Index of the true label, [n].
            probabilities: [n, 3].
            groups: Group number of each row, [n].
        """
        ones = np.ones((1, len(truth)))
        values = {name: float(row[0]) for name, row in figures(truth, probabilities, ones).items()}
        chunks = [figures(truth, probabilities, weights) for weights in self.weights(groups)]
        draws = {name: np.concatenate([chunk[name] for chunk in chunks]) for name in values}
        return Figures(values, draws)

    def weights(self, groups: NDArray[np.int64]) -> Iterator[Floats]:
        """Yields how often each row is drawn, [resamples, n] at a time, to bound memory."""
        units = resampling_units(groups)
        count = int(units.max()) + 1
        generator = np.random.default_rng(self.seed)
        step = max(CHUNK_LEAST, CHUNK_CELLS // len(units))
        for start in range(0, self.samples, step):
            rows = min(step, self.samples - start)
            drawn = generator.integers(0, count, size=(rows, count))
            drawn += np.arange(rows)[:, None] * count
            counts = np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count)
            yield counts[:, units].astype(np.float64)


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
