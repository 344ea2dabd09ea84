"""What is asked of a model that is to take a champion's place."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from sentiment_evaluate.behaviour import Capability
from sentiment_evaluate.judged import CALIBRATION, Answers, Focus, Judged, Rule
from sentiment_evaluate.outcome import AGAINST_CHAMPION, FIGURE
from sentiment_evaluate.policy import Policy
from sentiment_evaluate.resampling import Figures, Interval
from sentiment_evaluate.significance import below_zero, corrected, mcnemar, sign_test
from sentiment_evaluate.slices import Slice


def against(chosen: Judged, champion: Judged, policy: Policy) -> Iterable[Rule]:
    """Holds a candidate against the champion.

    Args:
        chosen: The candidate.
        champion: The model in production, another one.
        policy: What is asked.
    """
    yield from _compared(chosen, champion, policy)
    counting = policy.slices.least_rows
    yield from _not_worse("slices", chosen.slices, champion.slices, policy, counting)
    yield _calibrated(chosen.figures, champion.figures, policy.calibration.margin)
    yield from behaves_as_well(chosen.behaviour, champion.behaviour, policy)
    counting = policy.out_of_domain.least_rows
    yield from _not_worse(
        "out_of_domain", chosen.out_of_domain, champion.out_of_domain, policy, counting
    )


def _compared(chosen: Judged, champion: Judged, policy: Policy) -> Iterable[Rule]:
    """Asks for a gain where it counts; elsewhere, and so over all, a loss is not to be seen."""
    if chosen.focus is None or champion.focus is None:
        yield _better(
            chosen.figures, champion.figures, policy,
            (chosen.answers, champion.answers) if chosen.answers and champion.answers else None,
        )  # fmt: skip
        return
    yield _better_there(chosen.focus, champion.focus, policy)
    confidence, level = policy.comparison.confidence, policy.comparison.level
    gain = chosen.figures.difference(champion.figures, FIGURE, confidence)
    chance = below_zero(gain, confidence)
    passed = chance > level
    yield Rule(
        "comparison", "probability by chance of the loss over all above", level, chance, passed,
        f"macro-F1 over all differs by {gain.value:+.4f} ({_interval(gain, confidence)}): "
        + ("not worse beyond doubt" if passed else "worse than the champion"), AGAINST_CHAMPION,
    )  # fmt: skip
    yield from _keeps_the_rest(chosen.focus, champion.focus, policy)


def _keeps_the_rest(ours: Focus, theirs: Focus, policy: Policy) -> Iterable[Rule]:
    """Asks what no gain elsewhere makes up for: on all other rows no loss worth the name."""
    if ours.rest is None or theirs.rest is None or ours.rest_rows < policy.slices.least_rows:
        return
    confidence, most = policy.comparison.confidence, policy.comparison.most_loss
    gain = ours.rest.difference(theirs.rest, FIGURE, confidence)
    doubtful = below_zero(gain, confidence) > policy.comparison.level
    passed = doubtful and -gain.value <= most
    said = "worse than the champion beyond doubt" if not doubtful else f"a loss of over {most:g}"
    yield Rule(
        "comparison", "loss on the rows that do not decide at most", most, -gain.value, passed,
        f"macro-F1 on all but {ours.name} ({ours.rest_rows:,} rows) differs by {gain.value:+.4f} "
        f"({_interval(gain, confidence)}): " + ("no loss to speak of" if passed else said),
        AGAINST_CHAMPION,
    )  # fmt: skip


def _better_there(ours: Focus, theirs: Focus, policy: Policy) -> Rule:
    least = policy.slices.least_rows
    if ours.figures is None or theirs.figures is None or ours.rows < least:
        return Rule(
            "comparison", f"test rows of {ours.name} at least", least, ours.rows, False,
            f"{ours.rows:,} test rows come from {ours.name}, too few to tell what is better "
            f"there: {least:,} are asked for", AGAINST_CHAMPION,
        )  # fmt: skip
    both = ours.answers, theirs.answers
    rule = _better(ours.figures, theirs.figures, policy, both)
    return replace(rule, reason=f"on {ours.name} ({ours.rows:,} rows) {rule.reason}")


def _better(
    ours: Figures, theirs: Figures, policy: Policy, answers: tuple[Answers, Answers] | None = None
) -> Rule:
    """Equal is not better, and neither is a gain within noise."""
    comparison = policy.comparison
    if comparison.test == "mcnemar":
        if answers is None:
            raise ValueError("McNemar's test needs the answers to the rows themselves")
        return _right_more_often(*answers, comparison.level)
    gain = ours.difference(theirs, FIGURE, comparison.confidence)
    passed = gain.low > 0
    return Rule(
        "comparison", "lower bound of the gain above", 0.0, gain.low, passed,
        f"macro-F1 differs from the champion's by {gain.value:+.4f} "
        f"({_interval(gain, comparison.confidence)}): " + _judgement(passed), AGAINST_CHAMPION,
    )  # fmt: skip


def _interval(gain: Interval, confidence: float) -> str:
    return f"{confidence:.0%} interval {gain.low:+.4f} to {gain.high:+.4f}"


def _right_more_often(ours: Answers, theirs: Answers, level: float) -> Rule:
    gain, chance = mcnemar(ours.right, theirs.right, ours.groups)
    passed = chance <= level
    return Rule(
        "comparison", "probability of the gain by chance at most", level, chance, passed,
        f"accuracy differs from the champion's by {gain:+.4f} (McNemar's test, p {chance:.4f}): "
        + _judgement(passed), AGAINST_CHAMPION,
    )  # fmt: skip


def _judgement(passed: bool) -> str:
    return "better than the champion" if passed else "equal is not better"


def _not_worse(
    section: str, ours: Sequence[Slice], theirs: Sequence[Slice], policy: Policy, counting: int
) -> list[Rule]:
    """Refuses where a slice got worse beyond doubt, corrected for the number of slices."""
    level, confidence = policy.comparison.level, policy.comparison.confidence
    pairs = [
        (mine, other, gain)
        for mine, other in zip(ours, theirs, strict=True)
        if mine.gating and mine.rows >= counting
        and not np.isnan((gain := mine.figures.difference(other.figures, FIGURE, confidence)).low)
    ]  # fmt: skip
    chances = [below_zero(gain, confidence) for _, _, gain in pairs]
    rules = []
    for (mine, _, gain), chance in zip(
        pairs, corrected(chances, policy.slices.correction), strict=True
    ):
        passed = chance > level
        rules.append(Rule(
            section, f"probability by chance of the loss on {mine.name} above", level, chance,
            passed,
            f"macro-F1 on {mine.name} ({mine.rows:,} rows) differs by {gain.value:+.4f} "
            f"({_interval(gain, confidence)}, corrected p {chance:.4f}): "
            + ("not worse beyond doubt" if passed else "worse than the champion"),
            AGAINST_CHAMPION,
        ))  # fmt: skip
    return rules


def _calibrated(ours: Figures, theirs: Figures, margin: float) -> Rule:
    more = ours.values[CALIBRATION] - theirs.values[CALIBRATION]
    passed = more <= margin
    return Rule(
        "calibration", "calibration error above the champion's by at most", margin, more, passed,
        f"expected calibration error differs from the champion's by {more:+.4f}, "
        f"{'within' if passed else 'above'} the margin of {margin:g}", AGAINST_CHAMPION,
    )  # fmt: skip


def behaves_as_well(
    ours: Sequence[Capability], theirs: Sequence[Capability], policy: Policy
) -> list[Rule]:
    """Refuses where a capability got worse beyond doubt, by the cases that only one model fails."""
    pairs = list(zip(ours, theirs, strict=True))
    lost = [len(set(mine.failed) - set(other.failed)) for mine, other in pairs]
    won = [len(set(other.failed) - set(mine.failed)) for mine, other in pairs]
    chances = [sign_test(*counts) for counts in zip(lost, won, strict=True)]
    level, rules = policy.comparison.level, []
    for (mine, other), chance in zip(
        pairs, corrected(chances, policy.slices.correction), strict=True
    ):
        passed = chance > level
        rules.append(Rule(
            "behaviour", f"probability by chance of the loss at {mine.name} above", level, chance,
            passed,
            f"{mine.name}: {mine.failures} of {mine.cases} cases fail, the champion's "
            f"{other.failures} (corrected p {chance:.4f}): "
            + ("not worse beyond doubt" if passed else "worse than the champion"),
            AGAINST_CHAMPION,
        ))  # fmt: skip
    return rules
