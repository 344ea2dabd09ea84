"""The best candidate is judged, unless it costs too much or leads by too little."""

from sentiment_evaluate import policy
from sentiment_evaluate.cost import Cost
from sentiment_evaluate.selection import Offer, choose

POLICY = policy.read("selection.least_gain = 0.005\ncosts.single_ms_p95 = 10\ncosts.megabytes = 50")


def offer(
    name: str, figure: float, megabytes: float, milliseconds: float = 1.0, *, behaves: bool = True
) -> Offer:
    size = int(megabytes * 1e6)
    return Offer(name, figure, size, Cost(milliseconds, milliseconds, 1000, size, 10**7), behaves)


def test_the_best_is_chosen() -> None:
    found = choose([offer("baseline", 0.68, 3), offer("deep", 0.70, 11)], POLICY)
    assert (found.position, found.passed_over) == (1, {})
    assert found.reason == "macro-F1 0.7000 on the validation split is the best"


def test_an_ensemble_that_gains_next_to_nothing_loses_to_its_smaller_member() -> None:
    offers = [offer("deep", 0.700, 11), offer("ensemble", 0.704, 40)]
    found = choose(offers, POLICY)
    assert found.position == 0
    assert found.passed_over == {"ensemble": "better by 0.0040 only, and not smaller"}
    assert "within 0.005 of the best, with a smaller model" in found.reason
    offers[1] = offer("ensemble", 0.706, 40)
    assert choose(offers, POLICY).position == 1


def test_a_candidate_over_the_budget_gives_way_to_one_within_it() -> None:
    slow, large, fit = offer("slow", 0.8, 10, 11), offer("large", 0.9, 51), offer("fit", 0.6, 10)
    found = choose([slow, large, fit], POLICY)
    assert found.position == 2
    assert found.passed_over == {"slow": "over the budget", "large": "over the budget"}
    assert found.reason.endswith("over the budget of 10 ms for a text and 50 MB: slow, large")


def test_where_nobody_keeps_to_the_budget_the_best_is_chosen_and_the_gate_says_no() -> None:
    found = choose([offer("slow", 0.8, 10, 11), offer("slower", 0.9, 10, 12)], POLICY)
    assert (found.position, found.passed_over) == (1, {})


def test_a_candidate_that_the_gate_would_refuse_for_its_behaviour_gives_way() -> None:
    rude, kind = offer("rude", 0.8, 10, behaves=False), offer("kind", 0.7, 20)
    found = choose([rude, kind], POLICY)
    assert (found.position, found.passed_over) == (1, {"rude": "refused for its behaviour"})
    assert found.reason.endswith("passed over for what they do in the behavioural suite: rude")
    assert choose([rude, offer("slow", 0.9, 10, 11)], POLICY).position == 0


def test_where_none_behaves_the_best_is_chosen_and_the_gate_says_no() -> None:
    offers = [offer("rude", 0.7, 10, behaves=False), offer("ruder", 0.8, 10, behaves=False)]
    assert choose(offers, POLICY).position == 1


def test_of_equal_candidates_the_first_is_chosen() -> None:
    assert choose([offer("a", 0.7, 5), offer("b", 0.7, 5)], POLICY).position == 0


def test_what_was_not_measured_is_within_any_budget() -> None:
    assert choose([Offer("a", 0.7, 10**9), offer("b", 0.6, 1)], POLICY).position == 0
