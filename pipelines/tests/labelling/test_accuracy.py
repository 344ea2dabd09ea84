import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_pipelines.labelling import accuracy, store
from sentiment_pipelines.labelling.batches import Batch, Draw

NEWCOMBE = {
    (81, 263): (0.2553, 0.3662), (15, 148): (0.0624, 0.1605), (0, 20): (0.0, 0.1611),
    (1, 29): (0.0061, 0.1718),
}  # fmt: skip
"""R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3."""


def batch(*draws):
    return Batch("t", "s", "u", 13, 100, (), draws)


def settled(**labels):
    rows = [store.Row("r", 0, text, it, "anna", "t", "b", "") for text, it in labels.items()]
    return store.settled(rows)


@pytest.mark.parametrize(("counts", "interval"), NEWCOMBE.items())
def test_the_interval_is_that_of_newcombes_examples(counts, interval):
    assert accuracy.wilson(*counts) == pytest.approx(interval, abs=6e-5)


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_contains_the_share_and_stays_between_none_and_all(right, wrong):
    low, high = accuracy.wilson(right, right + wrong)
    assert 0 <= low <= (right / (right + wrong) if right + wrong else 0.5) <= high <= 1


def test_only_drawn_answers_with_a_settled_label_count_and_each_model_by_itself():
    draws = (
        Draw("a", "positive", "one"), Draw("b", "positive", "one"), Draw("c", "neutral", "one"),
        Draw("a", "negative", "two"),
    )  # fmt: skip
    found = accuracy.estimate(batch(*draws), settled(a="positive", b="neutral", d="positive"))
    counts = [(it.digest, it.drawn, it.judged, it.right) for it in found]
    assert counts == [("one", 3, 2, 1), ("two", 1, 1, 0)]


def test_an_answer_that_was_drawn_twice_counts_twice():
    (found,) = accuracy.estimate(batch(*[Draw("a", "positive", "one")] * 2), settled(a="positive"))
    assert (found.judged, found.right, found.value) == (2, 2, 1.0)


def test_before_anything_is_labelled_nothing_is_claimed():
    (found,) = accuracy.estimate(batch(Draw("a", "positive", "one")), [])
    assert (found.low, found.high) == (0, 1) and math.isnan(found.value)
