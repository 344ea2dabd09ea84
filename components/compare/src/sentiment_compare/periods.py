"""Periods in which the weights stay as they are: the strata of the comparison."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from sentiment_common.experiment import Experiment
from sentiment_compare.collecting import Array


@dataclass(frozen=True)
class Stop:
    """A variant that was taken out.

    Attributes:
        variant: Its name.
        time: When, in seconds since 1970.
        reason: Why, in one line.
        by_guardrail: Whether it broke a guardrail; otherwise a person stopped it.
    """

    variant: str
    time: float
    reason: str
    by_guardrail: bool


@dataclass(frozen=True)
class Periods:
    """Times between which weights and stops stay as they are.

    Attributes:
        edges: Where one period ends and the next begins, in seconds since 1970.
        weights: Weight by variant in each period, one more than edges: who is stopped has none,
            and the control has it; outside of start and stop the control has all.
    """

    edges: Sequence[float]
    weights: Sequence[Mapping[str, float]]

    def of(self, time: Array) -> Array:
        """Returns the number of the period of each time."""
        return np.searchsorted(np.asarray(self.edges, dtype=np.float64), time, side="right")


def divide(experiment: Experiment, stops: Sequence[Stop], begin: float, end: float) -> Periods:
    """Divides the time of an experiment.

    Args:
        experiment: Its steps.
        stops: Variants that were taken out.
        begin: Time of the first answer, in seconds since 1970.
        end: Time of the last one.
    """
    moments = {stop.time for stop in stops}
    moments |= {it.timestamp() for it in (experiment.start, experiment.stop) if it is not None}
    if experiment.start is not None:
        start = experiment.start
        moments |= {
            (start + timedelta(hours=step.after_hours)).timestamp() for step in experiment.steps
        }
    edges = sorted(it for it in moments if begin < it <= end)
    weights = [_weights(experiment, stops, at) for at in (begin, *edges)]
    kept = [at for at in range(len(edges)) if weights[at] != weights[at + 1]]
    return Periods([edges[at] for at in kept], [weights[0], *(weights[at + 1] for at in kept)])


def _weights(experiment: Experiment, stops: Sequence[Stop], at: float) -> dict[str, float]:
    moment = datetime.fromtimestamp(at, UTC)
    weights, control = experiment.weights(moment), experiment.control.name
    out = {stop.variant for stop in stops if stop.time <= at}
    for name in weights.keys() - {control}:
        if name in out or not experiment.running(moment):
            weights[control] += weights[name]
            weights[name] = 0.0
    live = {it.name for it in experiment.variants if not it.shadow}
    return {name: weight for name, weight in weights.items() if name in live}
