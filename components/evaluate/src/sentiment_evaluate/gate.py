"""The gate: may the chosen candidate replace the champion?

The figures of both are taken on the same rows by this process; nobody's own claims are read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sentiment_evaluate.outcome import ALREADY_CHAMPION, BLESSED, FIGURE, REFUSED
from sentiment_evaluate.resampling import Figures
from sentiment_evaluate.slices import Slice


@dataclass(frozen=True)
class Rule:
    """One rule and what came of it.

    Attributes:
        rule: What is held against the threshold, and how.
        threshold: Where the rule draws the line.
        figure: What was found.
        passed: Whether the rule lets the candidate through.
        reason: One sentence with both.
    """

    rule: str
    threshold: float
    figure: float
    passed: bool
    reason: str


@dataclass(frozen=True)
class Judged:
    """What the gate sees of a model: figures on the test split, and per source."""

    digest: str
    figures: Figures
    slices: Sequence[Slice]


@dataclass(frozen=True)
class Verdict:
    """The outcome, with every rule that was applied."""

    verdict: str
    rules: tuple[Rule, ...]

    @property
    def reason(self) -> str:
        """Why, in one line."""
        if self.verdict == ALREADY_CHAMPION:
            return "the chosen candidate is the champion: there is nothing to push"
        if self.verdict == BLESSED:
            return "; ".join(rule.reason for rule in self.rules[:2])
        return "; ".join(rule.reason for rule in self.rules if not rule.passed)


def judge(chosen: Judged, champion: Judged | None, floor: float, confidence: float) -> Verdict:
    """Applies the rules.

    Args:
        chosen: The candidate that won on the validation split.
        champion: The model in production; None before the first promotion.
        floor: Least macro-F1 on the test split.
        confidence: Level of the intervals, e.g. 0.95.

    Returns:
        ``already-champion`` if both are the same model, else ``blessed`` if every rule passed.
    """
    rules = [_floor_rule(chosen.figures, floor)]
    if champion is None:
        return _verdict(rules)
    if champion.digest == chosen.digest:
        return Verdict(ALREADY_CHAMPION, tuple(rules))
    rules.append(_better_rule(chosen.figures, champion.figures, confidence))
    rules += _slice_rules(chosen.slices, champion.slices, confidence)
    return _verdict(rules)


def _verdict(rules: Sequence[Rule]) -> Verdict:
    return Verdict(BLESSED if all(rule.passed for rule in rules) else REFUSED, tuple(rules))


def _floor_rule(figures: Figures, floor: float) -> Rule:
    figure = figures.values[FIGURE]
    passed = figure >= floor
    relation = "reaches" if passed else "is below"
    return Rule(
        "macro-F1 at least", floor, figure, passed,
        f"macro-F1 {figure:.4f} on the test split {relation} the floor of {floor:g}",
    )  # fmt: skip


def _better_rule(chosen: Figures, champion: Figures, confidence: float) -> Rule:
    gain = chosen.difference(champion, FIGURE, confidence)
    passed = gain.low > 0
    interval = f"{confidence:.0%} interval {gain.low:+.4f} to {gain.high:+.4f}"
    judgement = "better than the champion" if passed else "equal is not better"
    return Rule(
        "lower bound of the gain above", 0.0, gain.low, passed,
        f"macro-F1 differs from the champion's by {gain.value:+.4f} ({interval}): {judgement}",
    )  # fmt: skip


def _slice_rules(
    chosen: Sequence[Slice], champion: Sequence[Slice], confidence: float
) -> list[Rule]:
    """Refuses where a large source got worse beyond doubt.

    Bonferroni's correction keeps the chance of a false refusal at the level of one comparison,
    however many sources there are.
    """
    pairs = [pair for pair in zip(chosen, champion, strict=True) if pair[0].gating]
    if len(pairs) < 2:  # a single source is the whole split, or nearly so
        return []
    corrected = 1 - (1 - confidence) / len(pairs)
    rules = []
    for ours, theirs in pairs:
        gain = ours.figures.difference(theirs.figures, FIGURE, corrected)
        passed = gain.high >= 0
        interval = f"{corrected:.1%} interval {gain.low:+.4f} to {gain.high:+.4f}"
        rules.append(Rule(
            f"upper bound of the gain on {ours.source} at least", 0.0, gain.high, passed,
            f"macro-F1 on {ours.source} differs by {gain.value:+.4f} ({interval}): "
            + ("not worse beyond doubt" if passed else "worse than the champion"),
        ))  # fmt: skip
    return rules
