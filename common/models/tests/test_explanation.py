"""Words' shares in a prediction."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_models import load
from sentiment_models.explanation import contributions


def test_a_words_share_is_the_change_it_makes_to_the_log_odds(bundle_folder):
    predictor = load(bundle_folder)
    text = "love  the battery, not bad"
    found = contributions(predictor, text)
    assert [it.word for it in found] == ["love", "the", "battery,", "not", "bad"]
    whole, without = predictor.predict_proba([text, "love  the battery, not "])
    expected = np.log(whole / (1 - whole)) - np.log(without / (1 - without))
    assert [found[-1].values[label] for label in predictor.labels] == pytest.approx(expected)


def test_no_words_no_shares(bundle_folder):
    assert contributions(load(bundle_folder), " \n ") == []


def test_only_the_first_words_are_measured(bundle_folder):
    assert len(contributions(load(bundle_folder), "bad " * 50, most=10)) == 10


@given(st.text())
def test_every_share_is_finite_and_lies_where_it_says(text):
    for it in contributions(_Always(), text):
        assert text[it.start : it.start + len(it.word)] == it.word
        assert np.isfinite(list(it.values.values())).all()


class _Always:
    """A model whose third label never occurred in training."""

    name, labels = "always", ("negative", "neutral", "positive")

    def predict_proba(self, texts):
        return np.array([[0.25, 0.75, 0.0]] * len(texts))
