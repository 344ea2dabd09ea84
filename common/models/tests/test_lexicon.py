import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_models.lexicon import OF_LEXICON, OF_ROW, feature_names, features, sums

VALENCES = {"good": (2.0, 0.0), "great": (3.0, 2.0), "bad": (-2.0, -1.0)}
POSITIVE, NEGATIVE = 5, 6


def of(text):
    return sums(text.split(), VALENCES, 2)


def test_valences_are_summed_by_sign_and_lexicon():
    assert of("a good and great but")[5:] == [2.5, 0, 1.5, 0, 1.5, 1, 0, 1, 0, 1]
    assert of("good bad great")[5:] == [5, -2, 3, -2, 3, 2, -1, 2, -1, 2]


def test_a_negation_among_the_three_tokens_before_turns_a_word():
    for text in ("not good", "not a good", "not a b good"):
        assert of(text)[NEGATIVE] == pytest.approx(-0.74 * 2)
    for text in ("not a b c good", "good not", "not never good"):
        assert of(text)[POSITIVE] > 0


def test_words_of_degree_make_a_word_stronger_or_weaker():
    weak, plain, strong = (of(f"{word} good")[POSITIVE] for word in ("slightly", "the", "very"))
    assert (weak, plain, strong) == pytest.approx((1.4, 2.0, 2.6))
    assert 2.0 < of("very a good")[POSITIVE] < strong


def test_what_follows_the_last_but_counts_more():
    row = of("good but bad")
    assert (row[POSITIVE], row[NEGATIVE], row[0]) == (1.0, -3.0, 1.0)
    assert of("good but a but b bad")[NEGATIVE] == -3.0


def test_marks_tokens_and_negations_are_counted():
    assert of("not good ! ? ! ! ! x")[:5] == [0, 3, 1, 8, 1]


def test_a_text_without_known_words_has_sums_of_zero():
    assert of("what is this")[5:] == [0.0] * 10
    assert np.isfinite(features([sums([], VALENCES, 2)], 2)).all()


words = st.sampled_from([*VALENCES, "not", "very", "but", "kind", "!", "?", "x"])


@given(st.lists(st.lists(words, min_size=1, max_size=10), min_size=1, max_size=5))
def test_features_have_their_names_and_do_not_depend_on_other_rows(rows):
    summed = [sums(row, VALENCES, 2) for row in rows]
    table = features(summed, 2)
    assert table.shape == (len(rows), len(feature_names(2)))
    alone = np.concatenate([features([row], 2) for row in summed])
    np.testing.assert_array_equal(table, alone)
    assert np.isfinite(table).all()


def test_names_are_those_of_the_columns():
    names = feature_names(1)
    assert len(set(names)) == len(names) == len(OF_ROW) + len(OF_LEXICON)
    tokens, valences = ["very", "good", "bad"], {"good": (2.0,), "bad": (-2.0,)}
    (row,) = features([sums(tokens, valences, 1)], 1)
    by_name = dict(zip(names, row, strict=True))
    assert by_name["log_tokens"] == pytest.approx(np.log(3))
    assert by_name["highest of lexicon 1"] == pytest.approx(2.6)
    assert by_name["lowest of lexicon 1"] < 0
    assert by_name["mixed of lexicon 1"] > 0
    assert by_name["strength of lexicon 1"] == abs(by_name["balance of lexicon 1"])
