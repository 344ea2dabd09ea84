"""An experiment on live traffic: its file, read by the service that runs it and by its analysis.

::

    name = "encoder-1"
    start = 2026-11-23T00:00:00Z
    stop = 2026-12-07T00:00:00Z

    [[variants]]             # the first is the control: what is served without the experiment
    name = "control"
    model = "sentiment"      # name of a served model
    weight = 0.9

    [[variants]]
    name = "challenger"
    model = "challenger"
    weight = 0.1             # or shadow = true: scored beside the control, and nobody is told

    [[guardrails]]           # a variant that breaks one is stopped, and its callers get the control
    metric = "error_rate"    # one of METRICS
    most = 0.02
    least_requests = 200

    [[steps]]                # a canary: weights of the challengers by time since the start;
    after_hours = 24         # what they take, the control gives
    weights = {challenger = 0.25}

    [analysis]
    metric = "accuracy"
    confidence = 0.95
    least_effect = 0.02
"""

import hashlib
import math
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError
from sentiment_common.experiment_fields import made

LATENCY = "latency_ms_p95"
METRICS: Mapping[str, str] = {
    "error_rate": "share of its requests that were answered with 5xx",
    LATENCY: "95th percentile of the milliseconds to its answers",
    "accuracy": "share of its answers that feedback confirms",
    "negative_share": "share of its texts that it calls negative, as a mean over its requests",
    "neutral_share": "share of its texts that it calls neutral, likewise",
    "positive_share": "share of its texts that it calls positive, likewise",
    "mean_confidence": "mean of its highest probabilities, likewise",
}
"""What a guardrail may watch."""
BUCKETS = 1 << 32
ROUNDING = 1e-9
MOST_VARIANTS = 8
"""Each is a label of every metric of the experiment."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Variant:
    """One side of the comparison.

    Attributes:
        name: Its name, the label of its metrics.
        model: Name of the served model that answers.
        weight: Share of the callers, relative to the weights of the others.
        shadow: Whether it scores what the control answers and nobody is told; its weight is 0.
    """

    name: str
    model: str
    weight: float = 0.0
    shadow: bool = False


@dataclass(frozen=True)
class Guardrail:
    """A bound whose breach stops a variant by itself.

    Attributes:
        metric: A key of ``METRICS``.
        most: The highest value allowed; None for no such bound.
        least: The lowest value allowed; None for no such bound.
        least_requests: Fewer are no evidence.
        relative: Whether the bounds are of the difference from the control.
    """

    metric: str
    most: float | None = None
    least: float | None = None
    least_requests: int = 200
    relative: bool = False


@dataclass(frozen=True)
class Step:
    """Weights that hold from a time on.

    Attributes:
        after_hours: Hours since the start.
        weights: Weight by variant; challengers that are not named keep theirs, and the control,
            unless it is named, gives what they take: the sum of all weights stays as it was.
    """

    after_hours: float
    weights: Mapping[str, float]


@dataclass(frozen=True)
class Analysis:
    """What the verdict is about.

    Attributes:
        metric: ``accuracy``: the share of answers that feedback confirms.
        confidence: Of the interval, at whatever time it is looked at.
        least_effect: The smallest difference that matters; for planning.
        margin: A challenger that is worse by less than this is not worse.
    """

    metric: str = "accuracy"
    confidence: float = 0.95
    least_effect: float = 0.02
    margin: float = 0.0


@dataclass(frozen=True)
class Experiment:
    """An experiment as its file says it.

    Attributes:
        name: Its name; a new one reshuffles the callers.
        variants: The control first.
        guardrails: What stops a challenger.
        steps: The canary's steps, in order of time.
        analysis: What the verdict is about.
        start: Before it the control answers alone; None for no such time.
        stop: From it on the control answers alone; None for no such time.
        stopped: Variants that a person has stopped.
        salt: What callers are hashed with; the name if empty.
    """

    name: str
    variants: Sequence[Variant]
    guardrails: Sequence[Guardrail] = ()
    steps: Sequence[Step] = ()
    analysis: Analysis = field(default_factory=Analysis)
    start: datetime | None = None
    stop: datetime | None = None
    stopped: Sequence[str] = ()
    salt: str = ""

    @property
    def control(self) -> Variant:
        """What is served without the experiment."""
        return self.variants[0]

    def running(self, now: datetime) -> bool:
        """Tells whether callers are assigned at a time."""
        started = self.start is None or now >= self.start
        return started and (self.stop is None or now < self.stop)

    def weights(self, now: datetime) -> dict[str, float]:
        """Returns the weight of each variant at a time, as the canary's steps say it."""
        weights = {variant.name: variant.weight for variant in self.variants}
        total = sum(weights.values())
        said: dict[str, float] = {}
        if self.start is not None:
            hours = (now - self.start).total_seconds() / 3_600
            for step in self.steps:
                if hours >= step.after_hours:
                    said |= step.weights
        weights |= said
        if said and self.control.name not in said:
            taken = sum(weights.values()) - weights[self.control.name]
            # Rounded, since 1 - 0.9 is no 0.1.
            weights[self.control.name] = round(max(0.0, total - taken), 9)
        return weights

    def assign(self, caller: str, now: datetime, out: Collection[str] = ()) -> Variant:
        """Returns the variant that answers a caller.

        The caller's hash is a point on a line. Challengers lie at its two ends in turn, each in as
        much room as its steps will ever give it, and the control has all that is left: a canary
        that grows keeps everybody it has, and takes nobody from another challenger.

        Args:
            caller: Who asks; the same text gets the same variant.
            now: The time.
            out: Variants that are stopped; their callers get the control.
        """
        weights = self.weights(now)
        total = sum(weights.values())
        if not self.running(now) or not total:
            return self.control
        # What is stopped keeps its place, so that nobody else changes sides.
        point = _point(self.salt or self.name, caller) * total
        for variant, begin, end in self._places(weights, total):
            if begin <= point < end:
                gone = variant.name in out or variant.name in self.stopped
                return self.control if gone else variant
        return self.control

    @cached_property
    def _room(self) -> Mapping[str, float]:
        """The largest weight that each challenger will ever have."""
        return {
            variant.name: max(
                variant.weight, *(step.weights.get(variant.name, 0.0) for step in self.steps), 0.0
            )
            for variant in self.variants[1:]
        }

    def _places(
        self, weights: Mapping[str, float], total: float
    ) -> Iterator[tuple[Variant, float, float]]:
        room = self._room if sum(self._room.values()) <= total else weights
        left, right = 0.0, total
        for number, variant in enumerate(self.variants[1:]):
            if number % 2:
                yield variant, right - weights[variant.name], right
                right -= room[variant.name]
            else:
                yield variant, left, left + weights[variant.name]
                left += room[variant.name]


def _point(salt: str, caller: str) -> float:
    digest = hashlib.sha256(f"{salt}\0{caller}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4]) / BUCKETS


def read_experiment(path: Path) -> Experiment:
    """Reads an experiment's file.

    Raises:
        InputError: It cannot be read, or says something impossible.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise InputError(f"cannot be read ({reason})", where=str(path)) from error
    return parse_experiment(text, str(path))


def parse_experiment(text: str, where: str) -> Experiment:
    """Reads an experiment from TOML.

    Args:
        text: The content of its file.
        where: What errors call it.

    Raises:
        InputError: It is no TOML, or says something impossible.
    """
    try:
        found = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # Beside its own error, those of numbers too long and of nesting too deep.
        raise InputError(f"not TOML ({error})", where=where) from error
    parts = {
        "variants": [made(Variant, it, f"{where}, variants") for it in _list(found, "variants")],
        "guardrails": [
            made(Guardrail, it, f"{where}, guardrails") for it in _list(found, "guardrails")
        ],
        "steps": sorted(
            (made(Step, it, f"{where}, steps") for it in _list(found, "steps")),
            key=lambda step: step.after_hours,
        ),
        "analysis": made(Analysis, found.get("analysis", {}), f"{where}, analysis"),
    }
    experiment: Experiment = made(Experiment, {**found, **parts}, where)
    _check(experiment, where)
    return experiment


def _list(found: Mapping[str, Any], name: str) -> Sequence[Any]:
    listed = found.get(name, [])
    return listed if isinstance(listed, list) else [listed]


def _check(experiment: Experiment, where: str) -> None:
    for check in (_check_variants, _check_steps, _check_guardrails, _check_times, _check_analysis):
        try:
            check(experiment)
        except InputError as error:
            raise InputError(error.what, where=where, mend=error.mend) from error


def _check_variants(experiment: Experiment) -> None:
    names = [variant.name for variant in experiment.variants]
    if not 2 <= len(set(names)) == len(names) <= MOST_VARIANTS:
        raise InputError(
            f"wants 2 to {MOST_VARIANTS} variants of different names",
            mend="the first is the control",
        )
    for name in (experiment.name, *names):
        if not NAME.fullmatch(name):
            raise InputError(
                f"{name!r} is no name", mend="use letters, digits and ._- , at most 64"
            )
    if experiment.control.shadow:
        raise InputError("the first variant is the control and cannot be a shadow")
    if unknown := set(experiment.stopped) - set(names):
        raise InputError(f"no variant is named {min(unknown)!r}", mend=f"say {', '.join(names)}")
    if experiment.control.name in experiment.stopped:
        raise InputError("the control cannot be stopped", mend="set stop to a time")


def _check_steps(experiment: Experiment) -> None:
    names = {variant.name for variant in experiment.variants}
    shadows = {variant.name for variant in experiment.variants if variant.shadow}
    if any(variant.shadow and variant.weight for variant in experiment.variants):
        raise InputError("a shadow answers nobody", mend="leave its weight out")
    for step in experiment.steps:
        if unknown := set(step.weights) - names:
            raise InputError(
                f"no variant is named {min(unknown)!r}", mend=f"say {', '.join(sorted(names))}"
            )
        if shadows & set(step.weights):
            raise InputError("a shadow answers nobody", mend="leave it out of the steps")
    if experiment.steps and experiment.start is None:
        raise InputError("steps need a start", mend="add start = 2026-11-23T00:00:00Z")
    _check_room(experiment)


def _check_room(experiment: Experiment) -> None:
    """Makes sure that no step takes more from the control than it has."""
    weights = {variant.name: variant.weight for variant in experiment.variants}
    total = sum(weights.values())
    for step in experiment.steps:
        weights |= step.weights
        if experiment.control.name in step.weights:
            return  # From here on the steps say everybody's weight.
        taken = sum(weights.values()) - weights[experiment.control.name]
        if taken > total * (1 + ROUNDING):
            raise InputError(
                f"after {step.after_hours:g} hours the challengers weigh {taken:g} of {total:g}",
                mend="lower their weights, or name the control in the step",
            )


def _check_guardrails(experiment: Experiment) -> None:
    for guardrail in experiment.guardrails:
        if guardrail.metric not in METRICS:
            raise InputError(
                f"no guardrail watches {guardrail.metric!r}", mend=f"say {', '.join(METRICS)}"
            )
        if guardrail.most is None and guardrail.least is None:
            raise InputError(f"the guardrail on {guardrail.metric} has neither most nor least")
        _check_bounds(guardrail)


def _check_bounds(guardrail: Guardrail) -> None:
    """Makes sure that a bound can be kept and broken: one in percent would never speak."""
    highest = math.inf if guardrail.metric == LATENCY else 1.0
    lowest = -highest if guardrail.relative else 0.0
    least = lowest if guardrail.least is None else guardrail.least
    most = highest if guardrail.most is None else guardrail.most
    if not lowest <= least <= most <= highest:
        raise InputError(
            f"the bounds on {guardrail.metric} must lie between {lowest:g} and {highest:g}, least "
            "below most", mend="say 0.02 for 2%" if highest == 1 else "say milliseconds",
        )  # fmt: skip


def _check_times(experiment: Experiment) -> None:
    start, stop = experiment.start, experiment.stop
    if start is not None and stop is not None and stop <= start:
        raise InputError("it stops before it starts")


def _check_analysis(experiment: Experiment) -> None:
    if not 0.5 <= experiment.analysis.confidence < 1:
        raise InputError("the confidence of the analysis is no share from 0.5 to 1")
