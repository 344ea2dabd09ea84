import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment_compare.difference import Design, Outcomes, looks

ONE = Design(np.zeros(1, dtype=np.int64))


def outcomes(rows):
    """Outcomes of rows of time, caller, side, stratum and score."""
    columns = np.array(rows, dtype=float).T
    time, unit, side, stratum, score = columns
    integers = (it.astype(np.int64) for it in (unit, side, stratum))
    return Outcomes(time, *integers, np.ones(len(time)), score)


def last(rows, design=ONE):
    return next(looks(outcomes(rows), design, np.array([np.inf])))


def drawn(callers, each, seed):
    """Outcomes of callers who are each always right or always wrong."""
    generator = np.random.default_rng(seed)
    side, right = generator.integers(0, 2, (2, callers))
    return [
        (number, caller, side[caller], 0, right[caller])
        for caller in range(callers)
        for number in range(each)
    ]


def test_the_difference_of_single_answers_is_that_of_two_shares():
    rows = [(0, number, number % 2, 0, number % 2 or number % 4 == 0) for number in range(400)]
    found = last(rows)
    assert found.difference == pytest.approx(0.5) and found.levels == pytest.approx((0.5, 1.0))
    # A quarter over 200, and what the six added callers a side say.
    assert found.variance == pytest.approx(0.25 / 200 + 3 * 0.5 / 200**2 + 3 / 200**2)
    assert found.counts == (200, 200) and found.effective == pytest.approx((200, 200))


def test_repeating_what_a_caller_said_tells_nothing_new():
    once, often = last(drawn(300, 1, 2)), last(drawn(300, 10, 2))
    assert often.difference == pytest.approx(once.difference)
    assert often.variance == pytest.approx(once.variance)
    assert often.effective == pytest.approx(once.effective)
    assert often.counts == tuple(10 * it for it in once.counts)


def test_one_busy_caller_is_hardly_more_than_one():
    rows = [(0, 0, 0, 0, 1)] * 900 + [(0, number, number % 2, 0, 0) for number in range(1, 101)]
    assert last(rows).effective[0] < 2


def test_what_differs_between_periods_is_not_taken_for_a_difference_of_variants():
    rows = []
    for stratum, (share, accuracy) in enumerate([(0.1, 0.9), (0.9, 0.5)]):
        for number in range(1_000):
            side = number < 1_000 * share
            rank = number if side else number - 1_000 * share
            right = rank < accuracy * 1_000 * (share if side else 1 - share)
            rows.append((stratum, len(rows), side, stratum, right))
    together = [(*row[:3], 0, row[4]) for row in rows]
    assert last(together).difference == pytest.approx(-0.32)
    assert last(rows, Design(np.zeros(2, dtype=np.int64))).difference == pytest.approx(0, abs=1e-9)


def test_a_metric_of_parts_is_their_mean():
    rows = [
        (0, len(str(it)) + number * 7, side, part, number < right)
        for it, (side, part, right) in enumerate([(0, 0, 5), (1, 0, 10), (0, 1, 5), (1, 1, 6)])
        for number in range(10)
    ]
    assert last(rows, Design(np.array([0, 1]))).difference == pytest.approx((0.5 + 0.1) / 2)


def test_a_side_without_variance_still_has_some():
    found = last([(0, number, number % 2, 0, 1) for number in range(200)])
    assert found.difference == 0 and found.variance == pytest.approx(2 * 3 / 100**2)


@pytest.mark.parametrize("side", [0, 1])
def test_one_side_alone_is_no_difference(side):
    found = last([(0, number, side, 0, 1) for number in range(50)])
    assert np.isnan(found.difference) and found.variance == np.inf
    assert found.counts[side] == 50


def test_no_outcome_at_all_is_no_difference():
    empty = Outcomes(*(np.array([], dtype=it) for it in (float, int, int, int, float, float)))
    assert [it.counts for it in looks(empty, ONE, np.array([1.0, 2.0]))] == [(0, 0), (0, 0)]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_looking_in_between_changes_nothing(seed, steps):
    rows = drawn(40, 3, seed)
    data = outcomes(sorted(rows))
    path = list(looks(data, ONE, np.linspace(0, 3, steps + 1)))
    whole = next(looks(data, ONE, np.array([3.0])))
    assert path[-1].counts == whole.counts
    assert path[-1].variance == pytest.approx(whole.variance)
    assert path[-1].difference == pytest.approx(whole.difference, nan_ok=True)
