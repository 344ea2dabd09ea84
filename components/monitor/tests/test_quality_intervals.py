"""Intervals of shares and of macro-F1 where answers come in clusters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import f1_score

from sentiment_monitor.quality_intervals import macro_f1, share

ROWS = st.lists(
    st.tuples(st.booleans(), st.floats(0, 5), st.integers(0, 6)), min_size=1, max_size=40
)


@given(ROWS)
def test_a_share_lies_in_its_interval_and_that_between_0_and_1(rows):
    hits, weights, units = (np.array(column) for column in zip(*rows, strict=True))
    found = share(hits.astype(float), weights.astype(float), units, 0.95)
    if weights.sum() > 0:
        assert 0 <= found.low <= found.value + 1e-9 and found.value - 1e-9 <= found.high <= 1
    else:
        assert np.isnan(found.value)


def test_without_clusters_and_weights_it_is_wilsons():
    hits = np.repeat([1.0, 0.0], [800, 200])
    found = share(hits, np.ones(1_000), np.arange(1_000), 0.95)
    wilson = stats.binomtest(800, 1_000).proportion_ci(0.95, "wilson")
    assert (found.low, found.high) == pytest.approx((wilson.low, wilson.high), abs=5e-4)


def test_callers_who_are_alike_widen_it_as_they_should():
    generator, held, naive = np.random.default_rng(3), [], []
    for _ in range(400):
        rates = generator.beta(6, 2, 60)
        units = generator.integers(0, 60, 900)
        hits = (generator.random(900) < rates[units]).astype(float)
        for wanted, of in ((held, units), (naive, np.arange(900))):
            found = share(hits, np.ones(900), of, 0.95)
            wanted.append(found.low <= 0.75 <= found.high)
    assert np.mean(held) > 0.93
    # What taking answers for callers would claim.
    assert np.mean(naive) < 0.85


def test_answers_that_were_all_right_leave_a_doubt():
    few = share(np.ones(10), np.ones(10), np.arange(10), 0.95)
    many = share(np.ones(1_000), np.ones(1_000), np.arange(1_000), 0.95)
    assert few.high == pytest.approx(1) and many.high == pytest.approx(1)
    assert few.low < 0.75
    assert 0.99 < many.low < 1


def test_one_caller_says_nothing_of_the_others():
    found = share(np.ones(50), np.ones(50), np.zeros(50, dtype=int), 0.95)
    assert (found.low, found.high) == (0, 1)


def test_macro_f1_is_scikit_learns_and_its_interval_holds_it():
    generator = np.random.default_rng(5)
    truth, told = generator.integers(0, 3, (2, 600))
    units = generator.integers(0, 200, 600)
    found = macro_f1(truth, told, np.ones(600), units, 3, 0.95)
    assert found.value == pytest.approx(f1_score(truth, told, average="macro"))
    assert found.low < found.value < found.high
    assert found == macro_f1(truth, told, np.ones(600), units, 3, 0.95)


def test_a_label_that_nobody_names_does_not_count():
    truth = np.array([0, 0, 1, 1])
    assert macro_f1(truth, truth, np.ones(4), np.arange(4), 3, 0.95).value == 1
