"""What quality and its estimate say against what was known of the model before, as findings."""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scipy import stats

from sentiment_common.errors import InputError
from sentiment_models.reference import Reference
from sentiment_monitor.estimate import Estimate, Reliability
from sentiment_monitor.findings import Finding, found, too_few
from sentiment_monitor.policy import Policy
from sentiment_monitor.quality import Quality
from sentiment_monitor.wording import percent, plural

EVALUATION = "evaluation.json"
QUALITY, ESTIMATE = "quality", "estimate"
"""Names of the findings, and of their tables in the policy."""
FEEDBACK, RELIABILITY, CBPE = "feedback", "reliability", "cbpe"
Z = 1.959964


@dataclass(frozen=True)
class Baseline:
    """The accuracy that a model was known to have.

    Attributes:
        source: Where it is from, as part of a sentence.
        accuracy: The share of right answers.
        error: Its standard error.
    """

    source: str
    accuracy: float
    error: float


def baseline(
    reference: Reference | None, digest: str, evaluation: Path | None = None
) -> Baseline | None:
    """Returns what accuracy is held against: the evaluation's, or else the reference's.

    Args:
        reference: Of the bundle, if it has one.
        digest: Of the bundle.
        evaluation: Folder of an evaluation in which the model was judged.

    Raises:
        InputError: The folder holds no evaluation, or not one of this model.
    """
    if evaluation is not None:
        return _evaluated(evaluation, digest)
    if reference is None or not reference.rows:
        return None
    accuracy = sum(reference.right) / reference.rows
    error = math.sqrt(accuracy * (1 - accuracy) / reference.rows)
    return Baseline("when it was trained (cross-fitted)", accuracy, error)


def _evaluated(folder: Path, digest: str) -> Baseline:
    path = folder / EVALUATION
    try:
        models = json.loads(path.read_text(encoding="utf-8"))["models"]
        mine = next((it for it in models if it["digest"] == digest), None)
        found = mine and mine["test"]["metrics"]["accuracy"]
    except FileNotFoundError as error:
        raise InputError(f"no {EVALUATION} here", where=str(folder)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"no evaluation ({error})", where=str(path)) from error
    if not found:
        raise InputError(
            f"this model is not among those it judged: {digest}", where=str(path),
            mend="give the evaluation in which the model was judged",
        )  # fmt: skip
    return Baseline("in its evaluation", found["value"], (found["high"] - found["low"]) / (2 * Z))


def reliability(reference: Reference) -> Reliability | None:
    """Returns how often the reference was right by confidence; None where it has no rows."""
    if not reference.rows:
        return None
    return Reliability.of(reference.confidence.edges, reference.reliability)


def of_feedback(quality: Quality | None, known: Baseline | None, policy: Policy) -> list[Finding]:
    """Returns what feedback says: against what was known, and against the model's confidence."""
    if quality is None:
        return []
    return [_against_baseline(quality, known, policy), _against_promise(quality, policy)]


def of_estimate(estimate: Estimate | None, policy: Policy) -> list[Finding]:
    """Returns what the estimate without labels says; nothing without a reference or answers."""
    if estimate is None:
        return []
    if estimate.rows < policy.count("min_rows"):
        return [too_few(ESTIMATE, CBPE, policy, estimate.rows)]
    words = (
        f"By its own confidence the model is right in {percent(estimate.accuracy.value)}; in "
        f"training it was in {percent(estimate.reference)}. True only if a confidence means what "
        "it meant."
    )
    said = _Said(ESTIMATE, CBPE, estimate.accuracy.value, estimate.rows, words)
    return [_finding(said, estimate.drop, estimate.error, policy)]


def recorded(
    quality: Quality | None, estimate: Estimate | None, known: Baseline | None
) -> dict[str, Any]:
    """Returns what ``decision.json`` holds of quality: plain data, null where nothing is known."""
    parts = {"feedback": quality, "estimate": estimate, "known": known}
    return {name: it and asdict(it) for name, it in parts.items()}


@dataclass(frozen=True)
class _Said:
    """What a finding is about."""

    name: str
    detector: str
    statistic: float
    rows: int
    words: str


def _against_baseline(quality: Quality, known: Baseline | None, policy: Policy) -> Finding:
    if quality.judged < policy.count("min_rows"):
        return too_few(QUALITY, FEEDBACK, policy, quality.judged)
    accuracy = quality.accuracy if math.isnan(quality.adjusted.value) else quality.adjusted
    right = (
        f"By {plural(quality.judged, 'judged answer')} of {_lately(policy)} the model is right in "
        f"{percent(accuracy.value)} ({percent(accuracy.low)} to {percent(accuracy.high)})"
    )
    if known is None:
        words = f"{right}; there is no earlier figure to hold it against."
        return _unknown(FEEDBACK, quality.judged, words, policy)
    if quality.complaints:
        # Silence is no consent, but more than every silent answer cannot be right.
        accuracy = quality.at_most
        right = (
            f"Feedback is complaints alone ({quality.judged:,}) and does not say how good the "
            f"model is; were all other answers right, it would be {percent(accuracy.value)}"
        )
    words = f"{right}; {known.source} it was {percent(known.accuracy)}."
    said = _Said(QUALITY, FEEDBACK, accuracy.value, quality.judged, words)
    error = math.hypot(known.error, (accuracy.high - accuracy.low) / (2 * Z))
    return _finding(said, known.accuracy - accuracy.value, error, policy)


def _against_promise(quality: Quality, policy: Policy) -> Finding:
    promise = quality.promise
    if quality.judged < policy.count("min_rows"):
        return too_few(QUALITY, RELIABILITY, policy, quality.judged)
    if promise is None or quality.complaints:
        words = (
            "The bundle has no reference that says how often a confidence is right."
            if promise is None
            else "Complaints alone cannot be held against the model's confidence."
        )
        return _unknown(RELIABILITY, quality.judged, words, policy)
    words = (
        f"Of the judged answers {percent(promise.kept)} were right; by their confidence "
        f"{percent(promise.promised)} should have been."
    )
    said = _Said(QUALITY, RELIABILITY, promise.kept, quality.judged, words)
    error = (promise.shortfall.high - promise.shortfall.low) / (2 * Z)
    return _finding(said, promise.shortfall.value, error, policy)


def _finding(said: _Said, drop: float, error: float, policy: Policy) -> Finding:
    return found(
        said.name, said.detector, policy, said.rows, said.words, max(0.0, drop),
        float(stats.norm.sf(drop / error)) if error else 1.0, said.statistic,
        (drop - Z * error, drop + Z * error),
    )  # fmt: skip


def _lately(policy: Policy) -> str:
    """Returns what feedback speaks for, which is longer than the window as a rule."""
    days, hours = divmod(policy.count("quality_hours"), 24)
    return f"the last {plural(days, 'day') if not hours else plural(24 * days + hours, 'hour')}"


def _unknown(detector: str, rows: int, words: str, policy: Policy) -> Finding:
    thresholds = policy.thresholds(QUALITY)
    return Finding(QUALITY, detector, None, None, *thresholds, None, rows, "unknown", words)
