"""Experiments whose truth is known: what the method promises is counted on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from sentiment_compare.collecting import Array
from sentiment_compare.comparison import POWER, follow
from sentiment_compare.confidence_sequence import fixed_information
from sentiment_compare.difference import Design, Look, Outcomes, looks


@dataclass(frozen=True)
class Scenario:
    """How callers come, what they are told, and what they say of it.

    Attributes:
        callers: How many there are.
        days: How long it lasts; there is one look a day.
        requests: Mean requests of a caller; their number is geometric, so that few ask often.
        accuracy: Of the control.
        lift: What the challenger's accuracy is above it.
        correlation: Of the outcomes of one caller (intraclass).
        rate: Share of the answers with feedback.
        shares: The challenger's share of the callers from a day on, in order of days.
        drift: What accuracy gains from the first day to the last.
        once: Day of the tests with one look; 0 for the last.
    """

    callers: int = 4_000
    days: int = 28
    requests: float = 2.0
    accuracy: float = 0.75
    lift: float = 0.0
    correlation: float = 0.0
    rate: float = 0.5
    shares: Sequence[tuple[float, float]] = ((0, 0.5),)
    drift: float = 0.0
    once: int = 0

    @property
    def design(self) -> Design:
        """The strata: one for each period."""
        return Design(np.zeros(len(self.shares), dtype=np.int64))

    @property
    def times(self) -> Array:
        """The looks, in days."""
        return np.arange(1.0, self.days + 1)


def outcomes(scenario: Scenario, generator: np.random.Generator) -> Outcomes:
    """Returns the judged answers of one experiment, times in days."""
    asked = generator.geometric(1 / scenario.requests, scenario.callers)
    unit = np.repeat(np.arange(scenario.callers), asked)
    came = scenario.days * generator.random(scenario.callers)
    again = np.append(False, unit[1:] == unit[:-1])
    time = came[unit] + again * (scenario.days - came[unit]) * generator.random(len(unit))
    unit, time = _judged(unit, time, scenario.rate, generator)
    period = np.searchsorted([day for day, _ in scenario.shares], time, side="right") - 1
    share = np.array([share for _, share in scenario.shares])[period]
    side = (generator.random(scenario.callers)[unit] < share).astype(np.int64)
    spread = np.sqrt(3 * scenario.correlation * scenario.accuracy * (1 - scenario.accuracy))
    chance = scenario.accuracy + scenario.lift * side + scenario.drift * time / scenario.days
    chance = chance + spread * generator.uniform(-1, 1, scenario.callers)[unit]
    score = (generator.random(len(unit)) < chance).astype(np.float64)
    return Outcomes(time, unit, side, period, np.ones(len(unit)), score)


def _judged(
    unit: Array, time: Array, rate: float, generator: np.random.Generator
) -> tuple[Array, Array]:
    chosen = np.flatnonzero(generator.random(len(unit)) < rate)
    chosen = chosen[np.argsort(time[chosen])]
    return unit[chosen], time[chosen]


@dataclass(frozen=True)
class Tally:
    """What became of many experiments of a kind, each a row.

    Attributes:
        sequence: Day on which the confidence sequence first excluded 0; infinite if never.
        upward: Whether it then lay above 0.
        peeking: Day on which a z-test repeated daily was first significant.
        final: Whether a z-test was that is made once.
        careless: Whether one was that takes each request for a caller of its own.
        together: Whether one was that throws the periods together.
        covered: Whether the truth lay in the sequence at all looks.
    """

    sequence: Array
    upward: Array
    peeking: Array
    final: Array
    careless: Array
    together: Array
    covered: Array


def run(scenario: Scenario, experiments: int, seed: int, effect: float = 0.02) -> Tally:
    """Simulates experiments.

    Args:
        scenario: Of what kind.
        experiments: How many.
        seed: Of the random numbers.
        effect: The least effect that the sequence is made for.
    """
    generators = np.random.default_rng(seed).spawn(experiments)
    rows = [_one(scenario, it, effect) for it in generators]
    return Tally(*(np.array(column) for column in zip(*rows, strict=True)))


def _one(scenario: Scenario, generator: np.random.Generator, effect: float) -> tuple[float, ...]:
    alpha, data = 0.05, outcomes(scenario, generator)
    limit = NormalDist().inv_cdf(1 - alpha / 2)
    looked = list(looks(data, scenario.design, scenario.times))
    path = follow(scenario.times, looked, alpha, fixed_information(effect, alpha, POWER))
    stopped = next((it for it in path if it.low > 0 or it.high < 0), None)
    peeked = (it.time for it in path if abs(_z(it.look)) > limit)
    alone = Outcomes(
        data.time, np.arange(len(data.time)), data.side, data.stratum, data.count, data.score
    )
    merged = Outcomes(
        data.time, data.unit, data.side, np.zeros_like(data.stratum), data.count, data.score
    )
    day = scenario.once or scenario.days
    end = scenario.times[day - 1 : day]
    careless = next(looks(alone, scenario.design, end))
    together = next(looks(merged, Design(np.zeros(1, dtype=np.int64)), end))
    return (
        stopped.time if stopped else np.inf,
        stopped is not None and stopped.low > 0,
        next(peeked, np.inf),
        abs(_z(looked[day - 1])) > limit,
        abs(_z(careless)) > limit,
        abs(_z(together)) > limit,
        all(it.low <= scenario.lift <= it.high for it in path),
    )


def _z(look: Look) -> float:
    found = look.difference / np.sqrt(look.variance)
    return 0.0 if np.isnan(found) else float(found)


def split(real: float, callers: Sequence[int], experiments: int, seed: int) -> Array:
    """Returns the challenger's callers by experiment and look, shape (experiments, looks).

    Args:
        real: Its share as it is, whatever the weights say.
        callers: Callers that come between two looks.
        experiments: How many.
        seed: Of the random numbers.
    """
    return np.random.default_rng(seed).binomial(callers, real, (experiments, len(callers)))
