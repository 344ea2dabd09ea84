"""Counts the callers of each variant and holds them against the weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sentiment_common.experiment import Experiment
from sentiment_compare import mismatch
from sentiment_compare.collecting import Answers, Array
from sentiment_compare.mismatch import Arrivals
from sentiment_compare.periods import Periods


@dataclass(frozen=True)
class Ratio:
    """Callers against weights.

    Attributes:
        callers: Callers by variant that first saw it.
        expected: How many of them the weights promise.
        p: Always-valid p-value now.
        broken: When it fell below the level, in seconds since 1970; None if it never has.
        crossed: Callers whom the weights of one period gave to more than one variant.
    """

    callers: Mapping[str, int]
    expected: Mapping[str, float]
    p: float
    broken: float | None
    crossed: int

    @property
    def sound(self) -> bool:
        """Whether the variants have the callers that their weights promise."""
        return self.broken is None


def check(experiment: Experiment, answers: Answers, periods: Periods, times: Array) -> Ratio:
    """Holds the callers against the weights, at each of some times, which are in order."""
    names = [it.name for it in experiment.variants]
    _, first = np.unique(answers.unit, return_index=True)
    batches = _batches(names, answers.only(np.sort(first)), periods, times)
    found = mismatch.p_values([it for _, it in batches])
    broken = (at for (at, _), p in zip(batches, found, strict=True) if p < mismatch.LEVEL)
    live = [it.name for it in experiment.variants if not it.shadow]
    callers = {name: sum(it.counts[name] for _, it in batches) for name in live}
    expected = dict.fromkeys(live, 0.0)
    for _, batch in batches:
        total = sum(batch.expected.values())
        for name, weight in batch.expected.items():
            expected[name] += sum(batch.counts.values()) * weight / total if total else 0.0
    return Ratio(
        callers, expected, found[-1] if found else 1.0, next(broken, None),
        _crossed(names, answers, periods),
    )  # fmt: skip


def _batches(
    names: Sequence[str], fresh: Answers, periods: Periods, times: Array
) -> list[tuple[float, Arrivals]]:
    look = np.minimum(np.searchsorted(times, fresh.time, side="left"), len(times) - 1)
    period = periods.of(fresh.time)
    found = []
    for number, batch in np.unique(np.stack([look, period], axis=1), axis=0):
        variant = fresh.variant[(look == number) & (period == batch)]
        counts = np.bincount(variant, minlength=len(names)).tolist()
        arrivals = Arrivals(
            int(batch), periods.weights[batch], dict(zip(names, counts, strict=True))
        )
        found.append((float(times[number]), arrivals))
    return found


def _crossed(names: Sequence[str], answers: Answers, periods: Periods) -> int:
    period, variants = periods.of(answers.time), len(names)
    weights = np.array([[it.get(name, 0.0) for name in names] for it in periods.weights])
    # A stop takes seconds to reach every worker: what is answered meanwhile is nobody's crossing.
    meant = weights[period, answers.variant] > 0
    place = answers.unit[meant] * len(weights) + period[meant]
    seen = np.unique(place * variants + answers.variant[meant])
    _, count = np.unique(seen // variants, return_counts=True)
    return int((count > 1).sum())
