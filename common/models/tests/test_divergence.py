import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sentiment_models.divergence import jensen_shannon, psi, psi_bias

COUNTS = st.lists(st.integers(0, 10_000), min_size=1, max_size=12)
PAIRS = st.integers(1, 12).flatmap(
    lambda bins: st.tuples(*2 * [st.lists(st.integers(0, 10_000), min_size=bins, max_size=bins)])
)


@given(PAIRS)
def test_both_are_symmetric_finite_and_never_negative(pair):
    assume(sum(pair[0]) and sum(pair[1]))
    for measure in (psi, jensen_shannon):
        found = measure(*pair)
        assert 0 <= found < math.inf
        assert found == pytest.approx(measure(*reversed(pair)), abs=1e-9)


@given(PAIRS)
def test_the_index_is_that_of_its_formula_in_numpy(pair):
    assume(sum(pair[0]) and sum(pair[1]))
    counts = np.array(pair, float)
    counts = counts[:, counts.sum(axis=0) > 0]
    rows, bins = counts.sum(axis=1, keepdims=True), counts.shape[1]
    smoothed = (counts + bins * counts.sum(axis=0) / rows.sum()) / (rows + bins)
    expected = (np.diff(smoothed, axis=0) * np.diff(np.log(smoothed), axis=0)).sum()
    assert psi(*pair) == pytest.approx(expected, abs=1e-9)


@given(COUNTS, st.integers(1, 9))
def test_equal_shares_are_no_drift(counts, times):
    assume(sum(counts))
    scaled = [times * count for count in counts]
    assert psi(counts, scaled) == pytest.approx(0, abs=1e-9)
    assert jensen_shannon(counts, scaled) == pytest.approx(0, abs=1e-9)


@given(PAIRS)
def test_bins_that_both_lack_change_nothing(pair):
    assume(sum(pair[0]) and sum(pair[1]))
    wider = [[0, *counts, 0] for counts in pair]
    for measure in (psi, psi_bias, jensen_shannon):
        assert measure(*wider) == pytest.approx(measure(*pair))


def test_what_has_nothing_in_common_is_one_bit_apart():
    assert jensen_shannon([5, 0], [0, 9]) == 1


def test_the_index_is_that_of_a_worked_example():
    # (0.5 - 0.3) ln(0.5/0.3) + (0.7 - 0.5) ln(0.7/0.5), smoothed by 2 of 20,000 rows.
    assert psi([10_000, 10_000], [6_000, 14_000]) == pytest.approx(0.16946, abs=1e-4)


def test_one_row_of_a_rare_bin_is_no_drift():
    assert psi([12_000, 0], [499, 1]) < 0.03
    assert psi([11_990, 10], [500, 0]) < 0.005


@pytest.mark.parametrize("bins", [3, 15])
def test_without_drift_its_mean_is_about_the_bias(bins):
    random = np.random.default_rng(7)
    shares = random.dirichlet(np.full(bins, 5.0))
    pairs = [
        (random.multinomial(6_000, shares), random.multinomial(500, shares)) for _ in range(500)
    ]
    found = np.mean([psi(one.tolist(), other.tolist()) for one, other in pairs])
    expected = np.mean([psi_bias(one.tolist(), other.tolist()) for one, other in pairs])
    assert 0.85 * expected < found < 1.1 * expected


@pytest.mark.parametrize("pair", [([1, 2], [1]), ([0, 0], [1, 2]), ([1, 2], [0, 0]), ([], [])])
def test_what_cannot_be_compared_is_said(pair):
    for measure in (psi, psi_bias, jensen_shannon):
        with pytest.raises(ValueError, match=r"bins against|no rows"):
            measure(*pair)
