import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_train_transfer.targets import soft

RATINGS = np.array([-3.0, -0.6, -0.4, 0.0, 0.4, 0.6, 3.0])
LABELS = np.array([0, 0, 1, 1, 1, 2, 2])


def test_a_label_is_sure_far_from_the_border_and_a_toss_up_at_it():
    got = soft(LABELS, RATINGS, 0.1)
    np.testing.assert_allclose(got[[0, 6]], [[1, 0, 0], [0, 0, 1]], atol=1e-9)
    assert got[1, 0] == pytest.approx(1 - got[1, 1], abs=0.01)
    assert 0.5 < got[1, 0] < 0.8
    assert got[3].argmax() == 1


def test_rows_without_a_rating_keep_their_label():
    ratings = RATINGS.copy()
    ratings[1] = np.nan
    assert soft(LABELS, ratings, 0.2)[1].tolist() == [1, 0, 0]
    np.testing.assert_array_equal(soft(LABELS, np.full(7, np.nan), 0.2), np.eye(3)[LABELS])


def test_no_noise_and_labels_that_contradict_the_ratings_change_nothing():
    np.testing.assert_array_equal(soft(LABELS, RATINGS, 0), np.eye(3)[LABELS])
    np.testing.assert_array_equal(soft(LABELS[::-1], RATINGS, 0.2), np.eye(3)[LABELS[::-1]])


@pytest.mark.parametrize("kept", [(0, 2), (0, 1), (1, 2)])
def test_a_label_without_rows_gets_no_probability(kept):
    rows = np.isin(LABELS, kept)
    got = soft(LABELS[rows], RATINGS[rows], 0.2)
    absent = ({0, 1, 2} - set(kept)).pop()
    np.testing.assert_allclose(got[:, absent], 0, atol=1e-12)


@given(st.lists(st.floats(1, 5), min_size=2, max_size=30), st.floats(0, 3))
def test_targets_are_probabilities_whatever_the_scale(stars, noise):
    ratings = np.array(stars)
    got = soft(np.digitize(ratings, [2.5, 3.5]), ratings, noise)
    assert np.all(got >= 0)
    np.testing.assert_allclose(got.sum(axis=1), 1)
