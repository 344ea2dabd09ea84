"""Guardrails: tells which variant breaks a bound that the experiment's file sets."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sentiment_common.experiment import LATENCY, Experiment, Guardrail
from sentiment_serving.experiments.evidence import (
    ENOUGH,
    Evidence,
    Sample,
    above,
    above_difference,
    below,
    least,
)
from sentiment_serving.experiments.figures import FAILED, Figures

SLOWEST = 0.05
LOWEST, HIGHEST = -4.0, 1.5
"""Of the control's 95th percentile, as decimal logarithms of seconds."""
PERIOD_SECONDS, PERIOD_ANSWERS = 3_600.0, 10
"""What is measured begins anew after so long, once there were so many times the least requests."""
SHARES: Mapping[str, Callable[[Figures], Sample]] = {
    "error_rate": lambda figures: figures.among("requests_total", FAILED),
    "accuracy": lambda figures: figures.among("feedback_total", "confirmed"),
    "negative_share": lambda figures: figures.among("label_shares_total", "negative"),
    "neutral_share": lambda figures: figures.among("label_shares_total", "neutral"),
    "positive_share": lambda figures: figures.among("label_shares_total", "positive"),
    "mean_confidence": lambda figures: figures.confidence(),
}
"""The mean that each metric but the latency is.

A request counts once, however many texts it has: texts of one upload resemble each other, and a
thousand of them are no evidence of a thousand.
"""


@dataclass(frozen=True)
class Breach:
    """A guardrail that a variant has broken.

    Attributes:
        variant: The variant.
        reason: The figure and the bound, in one line.
    """

    variant: str
    reason: str


@dataclass(frozen=True)
class Period:
    """Since when figures count.

    Attributes:
        begin: Seconds of a clock.
        before: Figures by variant that came before it.
        models: Digests of what is compared: the variant's model and the control's.
    """

    begin: float
    before: Mapping[str, Figures]
    models: Sequence[str]

    def since(self, variant: str, figures: Mapping[str, Figures]) -> Figures:
        """Returns what a variant has done in it."""
        return figures.get(variant, Figures()).minus(self.before.get(variant, Figures()))


class Watch:
    """Holds the variants of an experiment against its guardrails, look after look.

    What counts is what has come since the server or the experiment started. After an hour with
    enough answers a new period begins, so that a fault which comes late is not outweighed by days
    that went well; and one begins with each new model, which has done nothing of what came before.

    Args:
        clock: Seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._experiment = clock, ""
        self._periods: dict[str, Period] = {}

    def breaches(
        self, experiment: Experiment, figures: Mapping[str, Figures], models: Mapping[str, str]
    ) -> list[Breach]:
        """Returns at most one breach for each variant but the control.

        Args:
            experiment: What its file says.
            figures: By variant, of all workers and since the server started.
            models: Digest of the model by variant.
        """
        if experiment.name != self._experiment:
            self._experiment, self._periods = experiment.name, {}
        found = []
        for variant in experiment.variants[1:]:
            compared = models[variant.name], models[experiment.control.name]
            period = self._periods.get(variant.name) or Period(self._clock(), {}, compared)
            if period.models != compared:
                period = Period(self._clock(), figures, compared)
            self._periods[variant.name] = period
            ours = period.since(variant.name, figures)
            control = period.since(experiment.control.name, figures)
            reason = next(_broken(experiment.guardrails, ours, control), None)
            if reason:
                found.append(Breach(variant.name, reason))
            if self._is_over(period, ours, experiment):
                self._periods[variant.name] = Period(self._clock(), figures, compared)
        return found

    def _is_over(self, period: Period, ours: Figures, experiment: Experiment) -> bool:
        wanted = PERIOD_ANSWERS * max(
            (it.least_requests for it in experiment.guardrails), default=0
        )
        old = self._clock() - period.begin >= PERIOD_SECONDS
        return old and ours.slower(0).count >= wanted


def _broken(guardrails: Sequence[Guardrail], ours: Figures, control: Figures) -> Iterator[str]:
    for guardrail in guardrails:
        counts = [_count(guardrail, ours)]
        if guardrail.relative:
            counts.append(_count(guardrail, control))
        if min(counts) < guardrail.least_requests:
            continue
        evidence = _evidence_of_relative if guardrail.relative else _evidence
        for name, bound in (("most", guardrail.most), ("least", guardrail.least)):
            upper = name == "most"
            if bound is not None and evidence(guardrail, ours, control, bound, upper) >= ENOUGH:
                yield _told(guardrail, ours, control, f"{name} {bound:g}")


def _count(guardrail: Guardrail, figures: Figures) -> float:
    if guardrail.metric == LATENCY:
        return figures.slower(0).count
    return SHARES[guardrail.metric](figures).count


def _evidence(
    guardrail: Guardrail, ours: Figures, control: Figures, bound: float, upper: bool
) -> Evidence:
    """Returns the evidence that a variant has left a bound; ``upper``: that it is above it."""
    beyond = above if upper else below
    if guardrail.metric == LATENCY:
        # Its 95th percentile is above a bound when more than one answer in twenty is.
        return beyond(ours.slower(bound / 1_000), SLOWEST)
    return beyond(SHARES[guardrail.metric](ours), bound)


def _evidence_of_relative(
    guardrail: Guardrail, ours: Figures, control: Figures, bound: float, upper: bool
) -> Evidence:
    """Returns the same of the difference from the control."""
    if guardrail.metric == LATENCY:
        beyond, opposite = (above, below) if upper else (below, above)

        def against(logarithm: float) -> Evidence:
            seconds = 10**logarithm
            variant = beyond(ours.slower(max(0.0, seconds + bound / 1_000)), SLOWEST)
            return variant + opposite(control.slower(seconds), SLOWEST)

        return least(against, LOWEST, HIGHEST)
    share = SHARES[guardrail.metric]
    if upper:
        return above_difference(share(ours), share(control), bound)
    return above_difference(share(control), share(ours), -bound)


def _told(guardrail: Guardrail, ours: Figures, control: Figures, bound: str) -> str:
    def figure(figures: Figures) -> str:
        if guardrail.metric == LATENCY:
            value = f"{1_000 * figures.quantile(1 - SLOWEST):.4g}"
        else:
            value = f"{SHARES[guardrail.metric](figures).mean:.4g}"
        return f"{value} of {_count(guardrail, figures):,.0f}"

    if not guardrail.relative:
        return f"{guardrail.metric} {figure(ours)}, {bound}"
    return f"{guardrail.metric} {figure(ours)}, the control's {figure(control)}, {bound} above it"
