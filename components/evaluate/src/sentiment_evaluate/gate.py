"""The gate: may the chosen candidate replace the champion?

The figures of both are taken on the same rows by this process; nobody's own claims are read. What
is asked stands in the policy.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentiment_common.errors import InputError
from sentiment_evaluate.behaviour import Capability
from sentiment_evaluate.contenders import Withdrawal
from sentiment_evaluate.cost import Cost
from sentiment_evaluate.outcome import (
    AGAINST_CHAMPION,
    AGAINST_POLICY,
    ALREADY_CHAMPION,
    BLESSED,
    FIGURE,
    REFUSED,
)
from sentiment_evaluate.policy import Force, Policy
from sentiment_evaluate.resampling import Figures
from sentiment_evaluate.significance import below_zero, corrected, mcnemar, sign_test
from sentiment_evaluate.slices import Slice

CALIBRATION = "expected_calibration_error"
TITLES = {FIGURE: "macro-F1"}


@dataclass(frozen=True)
class Rule:
    """One rule and what came of it.

    Attributes:
        section: Section of the policy it belongs to.
        rule: What is held against the threshold, and how.
        threshold: Where the rule draws the line; None where there is no number.
        figure: What was found; None where there is no number.
        passed: Whether the rule lets the candidate through.
        reason: One sentence with both.
        against: ``policy`` or ``champion``: what the candidate is held against.
        measured: Whether the figure is a time or a size: it differs from run to run, so neither
            the reason nor the payload of an artifact has it.
    """

    section: str
    rule: str
    threshold: float | None
    figure: float | None
    passed: bool
    reason: str
    against: str = AGAINST_POLICY
    measured: bool = False

    def as_json(self) -> dict[str, Any]:
        """Returns the rule as a payload may hold it."""
        return asdict(replace(self, figure=None) if self.measured else self)


@dataclass(frozen=True)
class Answers:
    """On which test rows a model is right.

    Attributes:
        right: One a row, [n].
        groups: Group number of each row, [n].
    """

    right: NDArray[np.bool_]
    groups: NDArray[np.int64]


@dataclass(frozen=True)
class Judged:
    """What the gate sees of a model.

    Attributes:
        digest: Digest of its bundle.
        figures: Its figures on the test split.
        slices: Its figures on slices of the test split.
        out_of_domain: Its figures on sources it was not trained for.
        behaviour: What came of the behavioural suite.
        cost: Time, size and memory, as measured; None where nothing was.
        answers: On which test rows it is right; a policy with McNemar's test needs it.
    """

    digest: str
    figures: Figures
    slices: Sequence[Slice]
    out_of_domain: Sequence[Slice] = ()
    behaviour: Sequence[Capability] = ()
    cost: Cost | None = None
    answers: Answers | None = None


@dataclass(frozen=True)
class Verdict:
    """The outcome, with every rule that was applied.

    Attributes:
        verdict: ``blessed``, ``refused`` or ``already-champion``.
        rules: Every rule.
        forced: Who had it blessed against its rules, if anybody did.
    """

    verdict: str
    rules: tuple[Rule, ...]
    forced: Force | None = None

    @property
    def failed(self) -> tuple[Rule, ...]:
        """The rules that do not let the candidate through."""
        return tuple(rule for rule in self.rules if not rule.passed)

    @property
    def reason(self) -> str:
        """Why, in one line."""
        if self.verdict == ALREADY_CHAMPION:
            return "the chosen candidate is the champion: there is nothing to push"
        against = "; ".join(rule.reason for rule in self.failed)
        if self.forced:
            return f"forced by {self.forced.by} ({self.forced.reason}) against: {against}"
        if self.verdict == BLESSED:
            headlines = {"floors": self.rules[:1], "comparison": self.rules[1:]}
            return "; ".join(
                rule.reason
                for section, rules in headlines.items()
                for rule in rules
                if rule.section == section
            )
        return against

    def forced_as_json(self) -> dict[str, Any] | None:
        """Returns who forced it, why, and against which rules; None if nobody did."""
        if self.forced is None:
            return None
        return {**asdict(self.forced), "failed_rules": [rule.rule for rule in self.failed]}


def judge(
    chosen: Judged,
    champion: Judged | None,
    policy: Policy,
    *,
    withdrawn: Mapping[str, Withdrawal] | None = None,
    force: Force | None = None,
) -> Verdict:
    """Applies the rules.

    Args:
        chosen: The candidate that was chosen.
        champion: The model in production; None before the first promotion.
        policy: What is asked.
        withdrawn: Models that were taken back out of production, by digest.
        force: Who wants it blessed whatever the rules say.

    Returns:
        ``already-champion`` if both are the same model, else ``blessed`` if every rule passed or
        somebody forces it.

    Raises:
        InputError: The policy names a capability that no case tests.
    """
    rules = list(_alone(chosen, policy))
    if champion and champion.digest == chosen.digest:
        return Verdict(ALREADY_CHAMPION, tuple(rules))
    if withdrawal := (withdrawn or {}).get(chosen.digest):
        rules.append(Rule(
            "withdrawn", "not withdrawn", None, None, False,
            f"withdrawn on {withdrawal.date}: {withdrawal.reason}", AGAINST_CHAMPION,
        ))  # fmt: skip
    if champion:
        rules += _against(chosen, champion, policy)
    if all(rule.passed for rule in rules):
        return Verdict(BLESSED, tuple(rules))
    return Verdict(BLESSED if force else REFUSED, tuple(rules), force)


def _alone(model: Judged, policy: Policy) -> Iterable[Rule]:
    """What is asked of a model whoever the champion is."""
    for name, floor in policy.floors.items():
        if floor > 0:
            yield _floor(model.figures.values[name], name, floor)
    figure, most = model.figures.values[CALIBRATION], policy.calibration.most
    yield Rule(
        "calibration", "calibration error at most", most, figure, figure <= most,
        f"expected calibration error {figure:.4f} "
        f"{'is within' if figure <= most else 'is above'} {most:g}",
    )  # fmt: skip
    yield from _behaviour(model.behaviour, policy)
    if model.cost:
        yield from _costs(model.cost, policy)


def _floor(figure: float, name: str, floor: float) -> Rule:
    title = TITLES.get(name, name.replace("_", " "))
    # A recall is not defined where no row of the test split has the label: nothing can be asked.
    passed = not figure < floor
    relation = "reaches" if passed else "is below"
    return Rule(
        "floors", f"{title} at least", floor, figure, passed,
        f"{title} {figure:.4f} on the test split {relation} the floor of {floor:g}",
    )  # fmt: skip


def _behaviour(capabilities: Sequence[Capability], policy: Policy) -> Iterable[Rule]:
    most_of, names = policy.behaviour.most_of, [it.name for it in capabilities]
    for name in most_of:
        if capabilities and name not in names:
            raise InputError(
                f"no capability {name!r} is tested", where="--policy, [behaviour.most_of]",
                mend=f"there are {', '.join(names)}",
            )  # fmt: skip
    for it in capabilities:
        most = most_of.get(it.name, policy.behaviour.most)
        if most >= 1:
            continue
        passed = it.failure_rate <= most
        yield Rule(
            "behaviour", f"failures of {it.name} at most", most, it.failure_rate, passed,
            f"{it.name}: {it.failures} of {it.cases} cases fail, "
            f"{'within' if passed else 'above'} {most:.0%}",
        )  # fmt: skip


def _costs(cost: Cost, policy: Policy) -> Iterable[Rule]:
    budget = policy.costs
    for rule, what, unit, most, figure in (
        ("95th percentile of milliseconds for one text at most", "one text takes", "ms",
         budget.single_ms_p95, cost.single_ms_p95),
        ("megabytes of the bundle at most", "the bundle takes", "MB", budget.megabytes,
         cost.size_bytes / 1e6),
    ):  # fmt: skip
        passed = figure <= most
        yield Rule(
            "costs", rule, most, figure, passed,
            f"{what} {'no more' if passed else 'more'} than {most:g} {unit}", measured=True,
        )  # fmt: skip


def _against(chosen: Judged, champion: Judged, policy: Policy) -> Iterable[Rule]:
    """What is asked of a model that is to take a champion's place."""
    yield _better(chosen, champion, policy)
    counting = policy.slices.least_rows
    yield from _not_worse("slices", chosen.slices, champion.slices, policy, counting)
    yield _calibrated(chosen.figures, champion.figures, policy.calibration.margin)
    yield from _behaves(chosen.behaviour, champion.behaviour, policy)
    counting = policy.out_of_domain.least_rows
    yield from _not_worse(
        "out_of_domain", chosen.out_of_domain, champion.out_of_domain, policy, counting
    )


def _better(chosen: Judged, champion: Judged, policy: Policy) -> Rule:
    """Equal is not better, and neither is a gain within noise."""
    comparison = policy.comparison
    if comparison.test == "mcnemar":
        return _right_more_often(chosen, champion, comparison.level)
    gain = chosen.figures.difference(champion.figures, FIGURE, comparison.confidence)
    passed = gain.low > 0
    interval = f"{comparison.confidence:.0%} interval {gain.low:+.4f} to {gain.high:+.4f}"
    return Rule(
        "comparison", "lower bound of the gain above", 0.0, gain.low, passed,
        f"macro-F1 differs from the champion's by {gain.value:+.4f} ({interval}): "
        + _judgement(passed), AGAINST_CHAMPION,
    )  # fmt: skip


def _right_more_often(chosen: Judged, champion: Judged, level: float) -> Rule:
    if chosen.answers is None or champion.answers is None:
        raise ValueError("McNemar's test needs the answers to the rows themselves")
    gain, chance = mcnemar(
        chosen.answers.right, champion.answers.right, chosen.answers.groups
    )  # fmt: skip
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
        interval = f"{confidence:.0%} interval {gain.low:+.4f} to {gain.high:+.4f}"
        rules.append(Rule(
            section, f"probability by chance of the loss on {mine.name} above", level, chance,
            passed,
            f"macro-F1 on {mine.name} ({mine.rows:,} rows) differs by {gain.value:+.4f} "
            f"({interval}, corrected p {chance:.4f}): "
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


def _behaves(
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
