"""What is asked of the analysis: the experiment's file and what the command line overrides."""

from dataclasses import dataclass
from typing import Literal, get_args

from sentiment_common.errors import InputError
from sentiment_common.experiment import Experiment
from sentiment_compare.collecting import seconds

Metric = Literal["accuracy", "macro_recall"]
METRICS: tuple[Metric, ...] = get_args(Metric)


@dataclass(frozen=True)
class Settings:
    """What the verdict is about.

    Attributes:
        metric: ``accuracy``: the share of answers that feedback confirms; ``macro_recall``: the
            same for each label that feedback names, and the mean of the labels.
        confidence: Of all verdicts together, at whatever time they are looked at.
        margin: A challenger that is worse by less than this is not worse.
        least_effect: The smallest difference that matters: the intervals are tightest where a test
            with one look would find it.
        until: The analysis is made as if it were this time, in seconds since 1970.
    """

    metric: Metric
    confidence: float
    margin: float
    least_effect: float
    until: float = float("inf")


def settle(
    experiment: Experiment,
    metric: str = "",
    confidence: str = "",
    margin: str = "",
    until: str = "",
) -> Settings:
    """Returns the file's settings with what overrides them; what is empty overrides nothing.

    Raises:
        InputError: One of them makes no sense.
    """
    asked = experiment.analysis
    settled = Settings(
        metric or asked.metric,  # type: ignore[arg-type]
        _number("confidence", confidence, asked.confidence),
        _number("margin", margin, asked.margin),
        _number("least_effect", "", asked.least_effect),
        _moment(until),
    )
    if settled.metric not in METRICS:
        raise InputError(
            f"no verdict is about {settled.metric!r}", where="metric",
            mend=f"choose from {', '.join(METRICS)}",
        )  # fmt: skip
    _within("confidence", settled.confidence, 0.5, 1)
    _within("margin", settled.margin, -1e-9, 1)
    _within("least_effect", settled.least_effect, 0, 1)
    return settled


def _number(name: str, given: str, default: object) -> float:
    try:
        return float(given or default)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise InputError(f"{given or default!r} is no number", where=name) from error


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low < value < high:
        raise InputError(f"{value:g} does not lie between {max(low, 0):g} and {high:g}", where=name)


def _moment(given: str) -> float:
    if not given:
        return float("inf")
    try:
        return seconds(given)
    except ValueError as error:
        raise InputError(
            f"{given!r} is no time", where="until", mend="e.g. 2026-11-30T00:00:00Z"
        ) from error
