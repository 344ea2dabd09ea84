"""The gate: may the chosen candidate replace the champion?

The figures of both are taken on the same rows by this process; nobody's own claims are read. What
is asked stands in the policy.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sentiment_common.errors import InputError
from sentiment_evaluate.against import against, behaves_as_well
from sentiment_evaluate.behaviour import Capability
from sentiment_evaluate.contenders import Withdrawal
from sentiment_evaluate.cost import Cost
from sentiment_evaluate.judged import CALIBRATION, Judged, Rule
from sentiment_evaluate.outcome import AGAINST_CHAMPION, ALREADY_CHAMPION, BLESSED, FIGURE, REFUSED
from sentiment_evaluate.policy import Force, Policy

TITLES = {FIGURE: "macro-F1"}


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
        rules += against(chosen, champion, policy)
    if all(rule.passed for rule in rules):
        return Verdict(BLESSED, tuple(rules))
    return Verdict(BLESSED if force else REFUSED, tuple(rules), force)


def behaves(candidate: Judged, champion: Judged | None, policy: Policy) -> bool:
    """Tells whether no rule about the behavioural suite refuses a candidate.

    Args:
        candidate: The candidate.
        champion: The model in production; None before the first promotion.
        policy: What is asked.
    """
    rules = list(_behaviour(candidate.behaviour, policy))
    if champion and champion.digest != candidate.digest:
        rules += behaves_as_well(candidate.behaviour, champion.behaviour, policy)
    return all(rule.passed for rule in rules)


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
