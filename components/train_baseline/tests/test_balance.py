import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_matrix

from sentiment_common.errors import InputError
from sentiment_train_baseline.balance import soft_targets, weighted

TARGETS = np.array([0] * 12 + [1] * 30 + [2] * 60)
MATRIX = csr_matrix(np.random.default_rng(3).random((len(TARGETS), 4)))
SHARES = np.eye(3)[TARGETS]


@given(
    arrays(np.int64, 20, elements=st.integers(0, 2)),
    arrays(np.float64, 20, elements=st.floats(-4, 4) | st.just(np.nan)),
    st.sampled_from([0.0, 0.05, 0.3, 2.0]),
)
def test_shares_sum_to_one_and_rows_without_rating_keep_their_label(targets, ratings, softness):
    shares = soft_targets(targets, ratings, softness)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    unknown = np.isnan(ratings)
    np.testing.assert_array_equal(shares[unknown], np.eye(3)[targets[unknown]])


def test_a_label_is_the_surer_the_farther_its_rating_from_the_bound():
    ratings = np.linspace(-2, 2, 401)
    targets = np.where(ratings < -0.5, 0, np.where(ratings > 0.5, 2, 1))
    sure = soft_targets(targets, ratings, 0.15)[np.arange(401), targets]
    positive = sure[targets == 2]
    assert positive[0] == pytest.approx(0.5, abs=0.02)
    assert positive[-1] > 0.999
    assert np.all(np.diff(positive) >= -1e-12)


def test_stars_far_apart_stay_as_they_are():
    stars = np.array([1.0, 2.0, 3.0, 4.0, 5.0] * 10)
    targets = np.array([0, 0, 1, 2, 2] * 10)
    np.testing.assert_allclose(soft_targets(targets, stars, 0.15), np.eye(3)[targets], atol=1e-4)


def test_class_weights_give_every_label_the_same_total_at_full_strength():
    found = weighted(MATRIX, TARGETS, SHARES, "class_weight", 1.0, 13)
    np.testing.assert_allclose(np.bincount(found.targets, found.weights), [34, 34, 34])


def test_no_strength_changes_nothing():
    for balance in ("none", "class_weight", "oversample", "smote"):
        found = weighted(MATRIX, TARGETS, SHARES, balance, 0.0, 13)
        np.testing.assert_allclose(np.bincount(found.targets, found.weights), [12, 30, 60])


@pytest.mark.parametrize("balance", ["oversample", "smote"])
def test_sampling_makes_labels_equally_frequent_and_the_same_for_a_seed(balance):
    found = weighted(MATRIX, TARGETS, SHARES, balance, 1.0, 13)
    assert np.bincount(found.targets).tolist() == [60, 60, 60]
    again = weighted(MATRIX, TARGETS, SHARES, balance, 1.0, 13)
    assert (found.matrix != again.matrix).nnz == 0
    rows = {tuple(row) for row in found.matrix.toarray()}
    assert (len(rows) == len(TARGETS)) == (balance == "oversample")


def test_a_row_between_two_labels_counts_for_both():
    shares = np.array([[0.0, 0.3, 0.7], [0.99, 0.01, 0.0]])
    found = weighted(csr_matrix(np.eye(2)), np.array([2, 0]), shares, "none", 0.0, 13)
    assert found.targets.tolist() == [1, 2, 0]
    assert found.weights.tolist() == [0.3, 0.7, 0.99]
    assert found.matrix.toarray().tolist() == [[1, 0], [1, 0], [0, 1]]


def test_too_few_neighbours_for_smote_are_refused():
    targets = np.array([0] * 5 + [2] * 20)
    with pytest.raises(InputError, match="5 rows with the label negative are too few for SMOTE"):
        weighted(MATRIX[:25], targets, np.eye(3)[targets], "smote", 1.0, 13)
