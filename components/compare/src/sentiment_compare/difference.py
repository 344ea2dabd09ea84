"""The difference of two variants at each look, with a variance that knows callers.

An outcome is a ratio over callers (confirmed answers by judged answers), and a caller's outcomes
resemble each other. Its variance is that of the linearized ratio, summed by caller: the delta
method of Deng, Knoblich and Lu, "Applying the delta method in metric analytics", KDD 2018.

Weights that change while quality drifts would turn the plain difference into a comparison of times
(Simpson's paradox: Crook et al., "Seven pitfalls to avoid when running controlled experiments on
the web", KDD 2009). Differences are taken within periods of equal weights, and the periods are
weighed by what they know: n0 n1 / (n0 + n1), as Mantel and Haenszel do.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

ADDED = 3.0
"""Callers of each outcome that are added to a side and stratum, see ``_caution``."""


@dataclass(frozen=True)
class Outcomes:
    """Judged answers, in the order in which their judgement became known; arrays of one length.

    Attributes:
        time: Seconds since 1970.
        unit: Number of the caller.
        side: 0 for the control, 1 for the challenger; all 0 for pairs.
        stratum: Number of the stratum: a part of the metric in a period.
        count: How many answers it adds; -1 where a later word takes one back.
        score: What they add to the sum of outcomes.
    """

    time: Floats
    unit: Integers
    side: Integers
    stratum: Integers
    count: Floats
    score: Floats


@dataclass(frozen=True)
class Design:
    """How outcomes become one figure.

    Attributes:
        parts: Part of each stratum, shape (strata,); the metric is the mean over its parts.
        paired: Whether an outcome is itself a difference, of two answers to one text.
    """

    parts: Integers
    paired: bool = False


@dataclass(frozen=True)
class Look:
    """What is known at a time.

    Attributes:
        difference: Challenger less control; NaN where a side has no outcome.
        variance: Its squared standard error; infinite where there is no difference.
        levels: The metric of each side, periods weighed alike.
        effective: Callers of each side: as many equally busy ones would say as much (Kish).
        counts: Judged answers of each side.
    """

    difference: float
    variance: float
    levels: tuple[float, ...]
    effective: tuple[float, ...]
    counts: tuple[int, ...]


def looks(outcomes: Outcomes, design: Design, times: Floats) -> Iterator[Look]:
    """Yields what is known at each of some times, which must not decrease."""
    cells = _Cells(outcomes, len(design.parts), 1 if design.paired else 2)
    done = 0
    for until in np.searchsorted(outcomes.time, times, side="right"):
        cells.add(slice(done, int(until)))
        done = int(until)
        yield cells.look(design)


class _Cells:
    """Running totals by caller, stratum and side."""

    def __init__(self, outcomes: Outcomes, strata: int, sides: int) -> None:
        key = (outcomes.unit * strata + outcomes.stratum) * sides + outcomes.side
        found, self._cell = np.unique(key, return_inverse=True)
        _, self._unit = np.unique(found // (strata * sides), return_inverse=True)
        self._place = found % (strata * sides)
        self._units, self._shape = int(self._unit.max(initial=-1)) + 1, (strata, sides)
        self._outcomes = outcomes
        self._count, self._score = np.zeros(len(found)), np.zeros(len(found))

    def add(self, rows: slice) -> None:
        """Adds outcomes that have become known."""
        cell, size = self._cell[rows], len(self._count)
        self._count += np.bincount(cell, self._outcomes.count[rows], size)
        self._score += np.bincount(cell, self._outcomes.score[rows], size)

    def look(self, design: Design) -> Look:
        """Returns the difference as it is known now."""
        count, score = self._by_place(self._count), self._by_place(self._score)
        share = _shares(count, design)
        counts = tuple(int(it) for it in count.sum(axis=0))
        if share is None:
            nothing = (float("nan"),) * len(counts)
            return Look(float("nan"), float("inf"), nothing, (0.0,) * len(counts), counts)
        with np.errstate(invalid="ignore", divide="ignore"):
            level = np.where(share[:, None] > 0, score / count, 0.0)
            scale = np.where(share[:, None] > 0, share[:, None] / count, 0.0)
            each = np.where(count > 0, self._by_place(self._count**2) / count, 0.0)
        levels = share @ level
        sign = np.array([1.0]) if design.paired else np.array([-1.0, 1.0])
        return Look(
            float(levels @ sign),
            self._variance(level, scale, sign) + _caution(level, scale * each, design.paired),
            tuple(levels.tolist()),
            self._effective(scale),
            counts,
        )

    def _variance(self, level: Floats, scale: Floats, sign: Floats) -> float:
        place = self._place
        rest = self._score - level.ravel()[place] * self._count
        rest *= (scale * sign).ravel()[place]
        return _squares(np.bincount(self._unit, rest, self._units))

    def _effective(self, scale: Floats) -> tuple[float, ...]:
        weight = scale.ravel()[self._place] * self._count
        side = self._place % self._shape[1]
        sums = (
            np.bincount(self._unit, np.where(side == number, weight, 0.0), self._units)
            for number in range(self._shape[1])
        )
        return tuple(float(it.sum() ** 2) / _squares(it) for it in sums)

    def _by_place(self, values: Floats) -> Floats:
        size = self._shape[0] * self._shape[1]
        return np.bincount(self._place, values, size).reshape(self._shape)


def _squares(values: Floats) -> float:
    # A dot product would be BLAS's, whose sums depend on the number of cores.
    return float(np.square(values).sum())


def _caution(level: Floats, weight: Floats, paired: bool) -> float:
    """Returns the variance of some callers more, right ones and wrong ones, as busy as the others.

    Nobody shall be too sure of a side that has hardly seen one of the outcomes: a small challenger
    that is mostly right has often seen no error yet, and would too often be called better. Agresti
    and Caffo, "Simple and effective confidence intervals for proportions", American Statistician 54
    (2000), add z^2 / 4 of each; a boundary that is met at any time lies at a z of about 3.5.
    """
    ends = (-1.0 if paired else 0.0, 1.0)
    return float(sum(ADDED * ((end - level) ** 2 * weight**2).sum() for end in ends))


def _shares(count: Floats, design: Design) -> Floats | None:
    """Returns the weight of each stratum, or None where a part has none with all sides."""
    known = (count > 0).all(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = np.where(known, 1 / (1 / count).sum(axis=1), 0.0)
    parts = design.parts[(count > 0).any(axis=1)]
    totals = np.bincount(design.parts, weight, design.parts.max(initial=0) + 1)
    if not len(parts) or (totals[parts] == 0).any():
        return None
    share = weight / np.where(known, totals[design.parts], 1.0)
    return share / len(np.unique(parts))
