import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_explore import terms

ENGINE = terms.tokenizer()


def told(texts, labels, most=20):
    return terms.telling(terms.count(texts, ENGINE), np.array(labels), texts, most)


def test_log_odds_are_those_of_the_paper_worked_out_by_hand():
    # Prior 0.1 * (8 + 2) = 1 and 0.1 * (2 + 18) = 2, so 9 against 4 inside, 3 against 20 outside.
    z = terms.log_odds(np.array([8.0, 2.0]), np.array([2.0, 18.0]))
    expected = (math.log(9 / 4) - math.log(3 / 20)) / math.sqrt(1 / 9 + 1 / 3)
    assert z[0] == pytest.approx(expected)


@given(st.lists(st.tuples(st.integers(1, 500), st.integers(1, 500)), min_size=2, max_size=9))
def test_what_speaks_for_one_side_speaks_against_the_other(pairs):
    inside, outside = np.array(pairs, np.float64).T
    assert np.allclose(terms.log_odds(inside, outside), -terms.log_odds(outside, inside))


def test_a_planted_word_is_found_with_its_counts_and_an_example():
    texts = [f"the cable {'broke' if at < 40 else 'held'} in week {at}" for at in range(100)]
    found = told(texts, [0] * 40 + [2] * 60)
    first = {label: {it.term for it in them} for label, them in found.items()}
    assert any("broke" in term for term in first["negative"])
    assert any("hold" in term for term in first["positive"])
    best = found["negative"][0]
    assert (best.rows, best.others, best.share, best.share_of_others) == (40, 0, 1.0, 0.0)
    assert "broke" in best.example
    assert found["neutral"] == []


def test_a_rant_counts_once():
    texts = ["bad " * 500, *["bad lid"] * 4, *["good lid"] * 45]
    assert told(texts, [0] * 5 + [2] * 45)["negative"][0].rows == 5


def test_a_term_with_the_texts_of_another_is_left_out():
    texts = ["customer service slept"] * 20 + ["fine lid"] * 20
    assert len(told(texts, [0] * 20 + [2] * 20)["negative"]) == 1


def test_labels_by_chance_have_no_telling_terms():
    generator = np.random.default_rng(13)
    texts = [" ".join(f"w{it}x" for it in row) for row in generator.integers(0, 9, [400, 3])]
    found = told(texts, generator.integers(0, 3, 400))
    assert sum(map(len, found.values())) <= 6


def test_texts_without_a_common_term_have_none():
    assert terms.count(["apple", "pear"], ENGINE) is None


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_highlighting_keeps_every_character(text):
    pieces = terms.highlighted(text, "not work", ENGINE)
    assert "".join(piece for piece, _ in pieces) == text


def test_words_are_highlighted_by_their_lemma():
    pieces = terms.highlighted("The batteries DIED.", "battery die", ENGINE)
    assert [piece for piece, hit in pieces if hit] == ["batteries", "DIED."]
