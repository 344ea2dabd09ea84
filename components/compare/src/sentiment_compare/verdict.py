"""What to do: the verdict on each challenger, the one on the experiment, and why."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sentiment_compare.analysis import Analysis
from sentiment_compare.comparison import LEAST_CALLERS, Comparison, Verdict
from sentiment_compare.wording import chance, confidence, moment, points

RANKS: Sequence[Verdict] = ("worse", "undecided", "not-worse", "better")


@dataclass(frozen=True)
class Judged:
    """A challenger's verdict.

    Attributes:
        comparison: What it rests on.
        verdict: The verdict.
        reason: Why, in one sentence.
    """

    comparison: Comparison
    verdict: Verdict
    reason: str


@dataclass(frozen=True)
class Decision:
    """The experiment's verdict.

    Attributes:
        verdict: That of the best challenger, or ``invalid``.
        challenger: Whom it is about.
        reason: Why, in one sentence.
        advice: What to do, in one sentence.
        challengers: The verdict on each.
    """

    verdict: Verdict
    challenger: str
    reason: str
    advice: str
    challengers: Sequence[Judged]


def decide(analysis: Analysis) -> Decision:
    """Returns the verdict; live challengers go before shadows, which only promise."""
    judged = [_judge(analysis, it) for it in analysis.comparisons]
    live = [it for it in judged if it.comparison.basis == "live"]
    best = max(live or judged, key=_rank)
    name = best.comparison.challenger
    if live and not analysis.ratio.sound:
        return Decision("invalid", name, _mismatch(analysis), MISMATCH, judged)
    advice = (SHADOW_ADVICE if best.comparison.basis == "shadow" else ADVICE)[best.verdict]
    if best.verdict == "undecided" and _over(analysis, name):
        advice = OVER
    return Decision(best.verdict, name, best.reason, advice.format(name=name), judged)


ADVICE = {
    "better": "Promote {name}.",
    "not-worse": "{name} may be promoted: for a reason beside this metric, such as its cost.",
    "worse": "Do not promote {name}; stop it if it still runs.",
    "undecided": "Let it run on; the report may be looked at as often as you like.",
}
SHADOW_ADVICE = {
    "better": "Give {name} a share of the callers: what it would have answered was better.",
    "not-worse": "Give {name} a share of the callers: what it would have answered was no worse.",
    "worse": "Do not give {name} any callers: what it would have answered was worse.",
    "undecided": "Let {name} score on, or give it a share of the callers.",
}
OVER = (
    "{name} is asked no more: only late feedback can still decide. To learn more, begin anew under "
    "another name."
)
MISMATCH = (
    "Find the cause and begin anew under another name. Likely: the weights in the file were "
    "changed by hand while it ran; callers have no stable key or several; requests of one variant "
    "fail, time out or are retried more often; bots; part of the log is missing."
)


def _over(analysis: Analysis, name: str) -> bool:
    stop = analysis.experiment.stop
    ended = stop is not None and analysis.end >= stop.timestamp()
    return ended or any(it.variant == name for it in analysis.stops)


def _rank(judged: Judged) -> tuple[int, float]:
    difference = judged.comparison.now.look.difference
    return RANKS.index(judged.verdict), -2.0 if math.isnan(difference) else difference


def _judge(analysis: Analysis, comparison: Comparison) -> Judged:
    broken = [it for it in analysis.stops if it.variant == comparison.challenger]
    if broken and broken[0].by_guardrail:
        said = f"A guardrail stopped it on {moment(broken[0].time)}: {broken[0].reason}."
        return Judged(comparison, "worse", said)
    verdict = comparison.verdict(analysis.settings.margin)
    return Judged(comparison, verdict, _reason(analysis, comparison, verdict))


def _reason(analysis: Analysis, comparison: Comparison, verdict: Verdict) -> str:
    look, now = comparison.now.look, comparison.now
    control, name = analysis.experiment.control.name, comparison.challenger
    if not any(look.counts):
        return "There is no feedback on their answers yet."
    if min(look.counts) == 0:
        lacking = control if look.counts[0] == 0 else name
        return f"There is no feedback on the answers of {lacking} yet."
    if min(look.effective) < LEAST_CALLERS:
        fewest = int(min(look.effective))
        return (
            f"Feedback comes from too few callers: it weighs as much as that of {fewest} equally "
            f"busy ones, and less than {LEAST_CALLERS} say nothing reliable."
        )
    metric, margin = analysis.settings.metric.replace("_", " "), analysis.settings.margin
    found = (
        f"{metric.capitalize()} of {name} is {_compared(look.difference)} that of {control}; with "
        f"{confidence(comparison.alpha)} confidence the difference lies between {points(now.low)} "
        f"and {points(now.high)}"
    )
    said = {
        "better": "all above 0",
        "worse": f"all below {_limit(margin)}",
        "not-worse": f"all above {_limit(margin)}",
        "undecided": f"on both sides of {_limit(margin)}",
    }
    return f"{found}, {said[verdict]} ({_chance(comparison, verdict)})."


def _chance(comparison: Comparison, verdict: Verdict) -> str:
    least = chance(comparison.now.p)
    if verdict != "undecided" or comparison.settled is None:
        return f"p {least}"
    # The p-value never rises: it would contradict an interval that has come back to 0.
    return f"p {least} at its least; the interval was without 0 on {moment(comparison.settled)}"


def _compared(difference: float) -> str:
    side = "above" if difference >= 0 else "below"
    return f"{points(abs(difference)).lstrip('+')} {side}"


def _limit(margin: float) -> str:
    return f"the margin of {points(-margin)}" if margin else "0"


def _mismatch(analysis: Analysis) -> str:
    ratio = analysis.ratio
    counted = "; ".join(
        f"{name} has {ratio.callers[name]:,} callers where its weight promises {expected:,.0f}"
        for name, expected in ratio.expected.items()
    )
    return f"The split of callers is not what the weights say: {counted} (p {chance(ratio.p)})."
