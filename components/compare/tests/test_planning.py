import pytest

from sentiment_compare.planning import Plan, fixed_days, outlook

PLAN = Plan(baseline=0.75, effect=0.05, feedback_rate=0.2, requests_per_day=1_000)


def test_weights_callers_and_challengers_make_it_longer():
    days = fixed_days(PLAN)
    assert fixed_days(Plan(0.75, 0.05, 0.2, 1_000, weights=(0.9, 0.1))) > 2 * days
    busy = Plan(0.75, 0.05, 0.2, 1_000, requests_per_caller=50, correlation=0.1)
    assert fixed_days(busy) == pytest.approx((1 + 9 * 0.1) * days)
    assert fixed_days(Plan(0.75, 0.05, 0.2, 1_000, weights=(1, 1, 1))) > 1.5 * days


def test_without_a_difference_it_is_seldom_found_and_with_a_large_one_soon():
    nothing, planned, large = outlook(PLAN, (0.0, 0.05, 0.12))
    assert nothing.once == pytest.approx(0.05) and nothing.ever < 0.05
    assert planned.once == pytest.approx(0.8, abs=0.001) and planned.ever > 0.9
    assert large.ever == 1 and large.days < 0.5 * fixed_days(PLAN)
