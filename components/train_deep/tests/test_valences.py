import numpy as np
import pytest

from sentiment_train_deep.valences import channels, summary

GOOD, BAD, NOT, WORD = (0.8, 0.0), (-0.5, 0.0), (0.0, 1.0), (0.0, 0.0)


def turned(*words):
    return np.asarray(channels(np.array([words], np.float32)))[0, :, 1].tolist()


def test_a_negation_turns_and_weakens_the_three_words_after_it():
    assert turned(NOT, WORD, WORD, GOOD, GOOD) == pytest.approx([0, 0, 0, -0.592, 0.8])
    assert turned(NOT, BAD) == pytest.approx([0, 0.37])


def test_a_word_before_a_negation_stays():
    assert turned(GOOD, NOT) == pytest.approx([0.8, 0])


def test_a_row_is_summed_up_by_best_worst_good_bad_all_and_negations():
    (found,) = np.asarray(summary(channels(np.array([[GOOD, WORD, BAD, NOT]], np.float32))))
    damped = [value / np.sqrt(value**2 + 2) for value in (0.8, -0.5, 0.3, 1.0)]
    np.testing.assert_allclose(found, [0.8, -0.5, *damped], rtol=1e-6)


def test_padding_does_not_change_the_sum():
    short, long = [[GOOD, NOT, BAD]], [[GOOD, NOT, BAD, WORD, WORD, WORD, WORD]]
    first, second = (summary(channels(np.array(row, np.float32))) for row in (short, long))
    np.testing.assert_array_equal(first, second)


def test_a_row_without_valences_has_zeros():
    found = summary(channels(np.zeros((2, 4, 2), np.float32)))
    assert not np.asarray(found).any()


def test_each_lexicon_is_summed_up_by_itself():
    told = np.array([[[0.8, 0.0, 0.0], [-0.5, 0.4, 0.0]]], np.float32)
    both = np.asarray(summary(channels(told)))[0, :-1].reshape(-1, 2)
    for column in (0, 1):
        alone = summary(channels(told[..., [column, 2]]))
        np.testing.assert_allclose(both[:, column], np.asarray(alone)[0, :-1])
