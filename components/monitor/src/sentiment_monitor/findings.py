"""What a detector says, in one shape for all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sentiment_monitor.policy import Policy

Verdict = Literal["ok", "watch", "act", "unknown"]
VERDICTS: tuple[Verdict, ...] = ("ok", "watch", "act", "unknown")
"""From the mildest; ``unknown`` says that there was too little to tell."""


@dataclass(frozen=True)
class Finding:
    """What one detector says of one signal.

    Attributes:
        name: What the policy calls it, e.g. ``confidence`` or ``domain``.
        detector: How it was found, e.g. ``psi``; see the README's table.
        statistic: The detector's own figure.
        effect: How large the difference is, on the scale of the thresholds, freed of what chance
            alone gives so many rows; None where there was too little to tell.
        watch: From this effect on it is worth a look.
        act: From this effect on it is worth doing something.
        p_value: How likely so large a statistic is where nothing has changed; None where the
            detector has no test.
        rows: Rows of the window that it rests on.
        verdict: Of this window alone: ``watch`` and ``act`` need the effect and, where there is a
            test, significance among all findings of the window, see ``decision.judged``; until
            then ``ok``, or ``unknown`` where there was too little to tell.
        words: What it means, in sentences with its figures.
        adjusted: The p-value corrected for the other tests of the window.
        interval: Of the effect, where the detector has one.
        details: More for the report: plain JSON.
        seasonal: Whether an earlier window of the same weekday and hour looked the same.
        windows: Windows in a row, this one included, that said so.
    """

    name: str
    detector: str
    statistic: float | None
    effect: float | None
    watch: float
    act: float
    p_value: float | None
    rows: int
    verdict: Verdict
    words: str
    adjusted: float | None = None
    interval: tuple[float, float] | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    seasonal: bool = False
    windows: int = 0

    @property
    def key(self) -> str:
        """What tells it from the other findings of a window."""
        return f"{self.name}/{self.detector}"


def found(
    name: str, detector: str, policy: Policy, rows: int, words: str, effect: float,
    p_value: float | None, statistic: float, interval: tuple[float, float] | None = None,
    details: Mapping[str, Any] | None = None,
) -> Finding:  # fmt: skip
    """Returns what a detector has measured, with its thresholds, not yet judged."""
    return Finding(
        name, detector, statistic, effect, *policy.thresholds(name), p_value, rows, "ok", words,
        interval=interval, details=details or {},
    )  # fmt: skip


def too_few(name: str, detector: str, policy: Policy, rows: int) -> Finding:
    """Says that there is too little to tell."""
    words = f"Too few to tell: {rows:,}, wanted are {policy.count('min_rows'):,}."
    if not rows:
        words = "Nothing to tell it by: nobody asked, or texts are not logged."
    return Finding(
        name, detector, None, None, *policy.thresholds(name), None, rows, "unknown", words
    )


@dataclass(frozen=True)
class Signal:
    """Counts of one signal, in the reference and in the window, by the same bins.

    Attributes:
        name: e.g. ``confidence``.
        bins: What each bin is called, e.g. ``0.5 to 0.6`` or ``positive``.
        expected: Rows of the reference, by bin.
        actual: Rows of the window, by bin.
    """

    name: str
    bins: tuple[str, ...]
    expected: tuple[int, ...]
    actual: tuple[int, ...]


@dataclass(frozen=True)
class Decision:
    """What should follow from a window.

    Attributes:
        decision: ``ok``: nothing; ``watch``: look at it; ``act``: do what ``follow`` says;
            ``unknown``: nobody can tell.
        reasons: Why, in sentences, the weightiest first.
        follow: What should follow: ``retrain``, ``look``, ``label``, ``nothing``.
        findings: What it rests on.
    """

    decision: Verdict
    reasons: tuple[str, ...]
    follow: tuple[str, ...]
    findings: Sequence[Finding]
