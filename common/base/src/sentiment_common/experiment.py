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

    [[steps]]                # a canary: weights of the challengers by time since the start
    after_hours = 24
    weights = {challenger = 0.25}

    [analysis]
    metric = "accuracy"
    confidence = 0.95
    least_effect = 0.02
"""

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError

METRICS: Mapping[str, str] = {
    "error_rate": "share of its requests that were answered with 5xx",
    "latency_ms_p95": "95th percentile of the milliseconds to its answers",
    "accuracy": "share of its answers that feedback confirms",
    "negative_share": "share of its texts that it calls negative",
    "neutral_share": "share of its texts that it calls neutral",
    "positive_share": "share of its texts that it calls positive",
    "mean_confidence": "mean of its highest probabilities",
}
"""What a guardrail may watch."""
BUCKETS = 1 << 32


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
        weights: Weight by variant; those that are not named keep theirs.
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
        if self.start is not None:
            hours = (now - self.start).total_seconds() / 3_600
            for step in self.steps:
                if hours >= step.after_hours:
                    weights |= step.weights
        return weights

    def assign(self, caller: str, now: datetime, out: Sequence[str] = ()) -> Variant:
        """Returns the variant that answers a caller.

        The caller's hash is a point on a line that the challengers' weights cut from the left and
        the control's from the right: a canary that grows keeps everybody it has.

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
        point, edge = _point(self.salt or self.name, caller) * total, 0.0
        for variant in self.variants[1:]:
            edge += weights[variant.name]
            if point < edge:
                gone = variant.name in out or variant.name in self.stopped
                return self.control if gone else variant
        return self.control


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
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"not TOML ({error})", where=where) from error
    parts = {
        "variants": [_made(Variant, it, f"{where}, variants") for it in _list(found, "variants")],
        "guardrails": [
            _made(Guardrail, it, f"{where}, guardrails") for it in _list(found, "guardrails")
        ],
        "steps": sorted(
            (_made(Step, it, f"{where}, steps") for it in _list(found, "steps")),
            key=lambda step: step.after_hours,
        ),
        "analysis": _made(Analysis, found.get("analysis", {}), f"{where}, analysis"),
    }
    experiment: Experiment = _made(Experiment, {**found, **parts}, where)
    _check(experiment, where)
    return experiment


def _list(found: Mapping[str, Any], name: str) -> Sequence[Any]:
    listed = found.get(name, [])
    return listed if isinstance(listed, list) else [listed]


def _made(kind: type[Any], given: Any, where: str) -> Any:
    known = {item.name for item in fields(kind)}
    if not isinstance(given, Mapping):
        raise InputError(f"{given!r} is no table", where=where)
    unknown = sorted(set(given) - known)
    if unknown:
        raise InputError(
            f"there is no {unknown[0]!r}", where=where, mend=f"there are {', '.join(sorted(known))}"
        )
    try:
        return kind(**given)
    except TypeError as error:
        missing = str(error).rpartition("argument")[2].strip("s: ") or str(error)
        raise InputError(f"lacks {missing}", where=where) from error


def _check(experiment: Experiment, where: str) -> None:
    def refuse(what: str, mend: str = "") -> None:
        raise InputError(what, where=where, mend=mend)

    names = [variant.name for variant in experiment.variants]
    if len(names) < 2 or len(set(names)) < len(names):
        refuse("wants at least two variants of different names", "the first is the control")
    if experiment.control.shadow:
        refuse("the first variant is the control and cannot be a shadow")
    if any(variant.shadow and variant.weight for variant in experiment.variants):
        refuse("a shadow answers nobody", "leave its weight out")
    weights = [variant.weight for variant in experiment.variants]
    weights += [weight for step in experiment.steps for weight in step.weights.values()]
    if not all(isinstance(weight, int | float) and 0 <= weight < 1e9 for weight in weights):
        refuse("a weight is no number from 0 on")
    unknown = {name for step in experiment.steps for name in step.weights} - set(names)
    unknown |= set(experiment.stopped) - set(names)
    if unknown:
        refuse(f"there is no variant {min(unknown)!r}", f"there are {', '.join(names)}")
    for guardrail in experiment.guardrails:
        if guardrail.metric not in METRICS:
            refuse(
                f"no guardrail watches {guardrail.metric!r}", f"choose from {', '.join(METRICS)}"
            )
        if guardrail.most is None and guardrail.least is None:
            refuse(f"the guardrail on {guardrail.metric} has neither most nor least")
    for name in ("start", "stop"):
        moment = getattr(experiment, name)
        if moment is not None and not (isinstance(moment, datetime) and moment.tzinfo):
            refuse(f"{name} is no time with a zone", "e.g. 2026-11-23T00:00:00Z")
    if experiment.steps and experiment.start is None:
        refuse("steps need a start")
