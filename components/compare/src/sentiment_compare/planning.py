"""How long an experiment will take, before it starts.

The test with one look is computed; the sequential one is simulated as the Brownian motion with
drift that its statistic is in the limit, looked at once a day. Differences of shares are meant:
the accuracy of two variants, judged by feedback that comes at a steady rate.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from sentiment_common.errors import InputError
from sentiment_compare import confidence_sequence

LONGEST = 3.0
"""Of what a test with one look takes: a sequential one that has not ended by then is given up."""
RUNS = 4_000
MOST_LOOKS = 400
"""Of a simulated run; one that takes years is not looked at daily."""


@dataclass(frozen=True)
class Plan:
    """What is known or assumed before the start.

    Attributes:
        baseline: Accuracy of the control.
        effect: The least difference that matters.
        feedback_rate: Share of the answers with feedback.
        requests_per_day: Texts a day, of all variants.
        weights: Of the variants, the control first.
        requests_per_caller: Mean texts of a caller in the course of the experiment.
        correlation: Of the outcomes of one caller (intraclass); 0 if callers are alike.
        confidence: Of the interval.
        power: How often the least difference shall be found.
        seed: Of the simulation.
    """

    baseline: float
    effect: float
    feedback_rate: float
    requests_per_day: float
    weights: Sequence[float] = (0.5, 0.5)
    requests_per_caller: float = 1.0
    correlation: float = 0.0
    confidence: float = 0.95
    power: float = 0.8
    seed: int = 13

    @property
    def alpha(self) -> float:
        """The level of one comparison; several challengers share it (Bonferroni)."""
        return (1 - self.confidence) / (len(self.weights) - 1)

    @property
    def inflation(self) -> float:
        """How much more feedback clustered callers take than independent ones (Kish)."""
        each = max(1.0, self.requests_per_caller * self.feedback_rate)
        return 1 + (each - 1) * self.correlation

    def information_per_day(self) -> float:
        """Returns what a day tells of the difference from the first of the smallest challengers."""
        total = sum(self.weights)
        challenged = min(1.0, self.baseline + self.effect)
        control, challenger = self.weights[0] / total, min(self.weights[1:]) / total
        spread = self.baseline * (1 - self.baseline) / control
        spread += challenged * (1 - challenged) / challenger
        return self.requests_per_day * self.feedback_rate / (spread * self.inflation)


@dataclass(frozen=True)
class Outlook:
    """What is to be expected if the true difference is some size.

    Attributes:
        effect: The difference.
        once: How often a test with one look finds it, on its day.
        sequential: How often the sequential one has found it by then.
        ever: How often it has found it when it is given up.
        days: Mean days until it ends.
    """

    effect: float
    once: float
    sequential: float
    ever: float
    days: float


def check(plan: Plan) -> None:
    """Refuses what cannot be planned.

    Raises:
        InputError: An assumption is impossible.
    """
    shares = {"feedback-rate": plan.feedback_rate, "baseline": plan.baseline}
    for name, value in {**shares, "confidence": plan.confidence, "power": plan.power}.items():
        if not 0 < value <= 1 - (name != "feedback-rate") * 1e-9:
            raise InputError(f"{value:g} is no share", where=f"--{name}", mend="e.g. 0.8")
    if not 0 < plan.effect < 1 or plan.baseline + plan.effect > 1:
        raise InputError(
            f"{plan.effect:g} above {plan.baseline:g} is no accuracy", where="--effect",
            mend="give points as a share, e.g. 0.02",
        )  # fmt: skip
    if len(plan.weights) < 2 or not all(0 < it < math.inf for it in plan.weights):
        raise InputError("wants two weights or more, all above 0", where="--weights")
    for name, value in (
        ("requests-per-day", plan.requests_per_day),
        ("requests-per-caller", plan.requests_per_caller),
    ):
        if not 0 < value < math.inf:
            raise InputError(f"{value:g} is no number of texts", where=f"--{name}")
    if plan.seed < 0:
        raise InputError(f"{plan.seed} lies below 0", where="--seed")
    if not 0 <= plan.correlation <= 1:
        raise InputError(f"{plan.correlation:g} is no correlation", where="--correlation")


def fixed_days(plan: Plan) -> float:
    """Returns how many days a test with one look takes."""
    needed = confidence_sequence.fixed_information(plan.effect, plan.alpha, plan.power)
    return needed / plan.information_per_day()


def days_between_looks(plan: Plan) -> int:
    """Returns after how many days each the simulated test is looked at."""
    return math.ceil(LONGEST * fixed_days(plan) / MOST_LOOKS)


def outlook(plan: Plan, effects: Sequence[float]) -> list[Outlook]:
    """Returns what is to be expected for differences of some sizes, planned for the least one."""
    horizon = fixed_days(plan)
    return [_outlook(plan, effect, horizon) for effect in effects]


def _outlook(plan: Plan, effect: float, horizon: float) -> Outlook:
    daily = replace(plan, effect=effect).information_per_day()
    step = days_between_looks(plan)
    days = step * np.arange(1, math.ceil(LONGEST * horizon / step) + 1)
    ended = _ends(plan, effect, daily, days)
    limit = NormalDist().inv_cdf(1 - plan.alpha / 2)
    mean = effect * np.sqrt(horizon * daily)
    once = 1 - NormalDist().cdf(limit - mean) + NormalDist().cdf(-limit - mean)
    return Outlook(
        effect, once, float((ended <= np.ceil(horizon)).mean()), float(np.isfinite(ended).mean()),
        float(np.minimum(ended, days[-1]).mean()),
    )  # fmt: skip


def _ends(plan: Plan, effect: float, daily: float, days: np.ndarray) -> np.ndarray:
    """Returns the day on which the sequence excludes 0 in each run; infinite if it never does."""
    generator = np.random.default_rng(plan.seed)
    needed = confidence_sequence.fixed_information(plan.effect, plan.alpha, plan.power)
    mixed = confidence_sequence.mixture(plan.alpha, needed)
    information = daily * days
    reach = confidence_sequence.half_width(1 / information, plan.alpha, mixed)
    ended = np.full(RUNS, np.inf)
    score, fresh = np.zeros(RUNS), information[0]
    for day, known, width in zip(days, information, reach, strict=True):
        score += generator.normal(effect * fresh, np.sqrt(fresh), RUNS)
        ended[np.isinf(ended) & (np.abs(score / known) > width)] = day
    return ended
