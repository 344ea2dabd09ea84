"""Which candidate is judged: the best on the validation split, if it pays for what it costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sentiment_evaluate.cost import Cost
from sentiment_evaluate.policy import Costs, Policy


@dataclass(frozen=True)
class Offer:
    """What is known of a candidate when one is chosen.

    Attributes:
        name: How the report calls it.
        figure: Its macro-F1 on the validation split.
        size: Bytes of its bundle. A smaller model is a faster one here, and other than a time a
            size is the same on every machine: the same candidates give the same choice.
        cost: Its costs as measured, None where nothing was.
        behaves: Whether the gate finds nothing in the behavioural suite to refuse it for.
    """

    name: str
    figure: float
    size: int
    cost: Cost | None = None
    behaves: bool = True

    def within(self, budget: Costs) -> bool:
        """Whether it keeps to the budget."""
        if self.cost is None:
            return True
        fast = self.cost.single_ms_p95 <= budget.single_ms_p95
        return fast and self.cost.size_bytes <= budget.megabytes * 1e6


@dataclass(frozen=True)
class Choice:
    """The candidate that was chosen.

    Attributes:
        position: Its position among the offers.
        reason: Why, in one line; it tells no measured cost.
        passed_over: Why each candidate that is better by macro-F1 was not chosen, by name.
    """

    position: int
    reason: str
    passed_over: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """Returns the reasons as a payload holds them."""
        return {"reason": self.reason, "passed_over": self.passed_over}


def choose(offers: Sequence[Offer], policy: Policy) -> Choice:
    """Chooses among the candidates.

    A candidate over the budget is not chosen if another keeps to it, nor one that the gate would
    refuse for its behaviour if another behaves: neither looks at a test label. Of those that are
    behind the best by no more than the policy's least gain, the smallest is chosen.

    Args:
        offers: The candidates; of equal ones the first wins.
        policy: Budget and least gain.
    """
    affordable = [it for it in offers if it.within(policy.costs)] or list(offers)
    able = [it for it in affordable if it.behaves] or affordable
    best = max(able, key=lambda it: it.figure)
    near = [it for it in able if best.figure - it.figure <= policy.selection.least_gain]
    chosen = min(near, key=lambda it: (it.size, -it.figure))
    better = [it for it in offers if it.figure > chosen.figure]
    over = [it.name for it in better if it not in affordable]
    unruly = [it.name for it in better if it in affordable and it not in able]

    def why(it: Offer) -> str:
        if it.name in over:
            return "over the budget"
        if it.name in unruly:
            return "refused for its behaviour"
        return f"better by {it.figure - chosen.figure:.4f} only, and not smaller"

    reason = _reason(chosen, best, over, unruly, policy)
    return Choice(offers.index(chosen), reason, {it.name: why(it) for it in better})


def _reason(
    chosen: Offer, best: Offer, over: Sequence[str], unruly: Sequence[str], policy: Policy
) -> str:
    reason = f"macro-F1 {chosen.figure:.4f} on the validation split is the best"
    if chosen is not best:
        reason = (
            f"macro-F1 {chosen.figure:.4f} on the validation split is within "
            f"{policy.selection.least_gain:g} of the best, with a smaller model"
        )
    if over:
        reason += (
            f"; over the budget of {policy.costs.single_ms_p95:g} ms for a text and "
            f"{policy.costs.megabytes:g} MB: {', '.join(over)}"
        )
    if unruly:
        reason += f"; passed over for what they do in the behavioural suite: {', '.join(unruly)}"
    return reason
