"""Accuracy without labels: when it is right, and when it is not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judging import reliability, scores

from sentiment_monitor.estimate import Reliability, estimate, expected_confusion, thresholded

TRAINED = reliability(*scores(20_000, 1))
HARDER = 0.5


def test_it_holds_the_accuracy_of_texts_like_those_of_training():
    held, alarms = [], 0
    for seed in range(200):
        probabilities, truth = scores(500, 100 + seed)
        found = estimate(probabilities, TRAINED, 0.95)
        real = (probabilities.argmax(axis=1) == truth).mean()
        held.append(found.accuracy.low <= real <= found.accuracy.high)
        alarms += found.p_value < 0.05
    assert np.mean(held) > 0.9
    assert alarms < 24


def test_it_knows_that_harder_texts_are_harder():
    probabilities, truth = scores(5_000, 2, sharp=HARDER)
    found = estimate(probabilities, TRAINED, 0.95)
    real = (probabilities.argmax(axis=1) == truth).mean()
    assert real < found.reference - 0.1
    assert found.accuracy.value == pytest.approx(real, abs=0.02)
    assert found.thresholded < found.reference - 0.1
    assert found.drop > 0.1 and found.p_value < 1e-6


def test_it_does_not_know_that_words_mean_something_else():
    probabilities, truth = scores(5_000, 2)
    meant = np.where(np.random.default_rng(3).random(5_000) < 0.3, (truth + 1) % 3, truth)
    found = estimate(probabilities, TRAINED, 0.95)
    real = (probabilities.argmax(axis=1) == meant).mean()
    assert found.accuracy.low > real + 0.1
    assert found.thresholded > real + 0.1


def test_the_expected_confusion_has_the_answers_and_the_promised_labels():
    probabilities, _ = scores(1_000, 4)
    found = expected_confusion(probabilities)
    assert found.sum() == pytest.approx(1)
    assert found.sum(axis=1) == pytest.approx(probabilities.mean(axis=0))
    told = np.bincount(probabilities.argmax(axis=1), minlength=3) / 1_000
    assert found.sum(axis=0) == pytest.approx(told)


def test_macro_f1_is_estimated_as_well():
    probabilities, truth = scores(20_000, 5)
    told = probabilities.argmax(axis=1)
    f1 = [2 * ((told == it) & (truth == it)).sum() / ((told == it).sum() + (truth == it).sum())
          for it in range(3)]  # fmt: skip
    assert estimate(probabilities, TRAINED, 0.95).macro_f1 == pytest.approx(np.mean(f1), abs=0.02)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=3, max_size=3))
def test_chances_are_chances_however_few_rows_there_are(pairs):
    found = Reliability.of([0.5, 0.8], [(rows + right, right) for rows, right in pairs])
    if found.rows.sum():
        assert ((found.chances() >= 0) & (found.chances() <= 1)).all()
        assert found.variance(np.full(3, 1 / 3)) >= 0
        assert 0 <= thresholded(np.array([0.4, 0.7, 0.9]), found) <= 1


def test_a_confidence_on_an_edge_belongs_below_it_as_in_the_reference():
    assert TRAINED.bins(np.array([0.4, 0.41, 0.99, 1.0])).tolist() == [0, 1, 7, 8]


def test_without_answers_there_is_none():
    assert estimate(np.zeros((0, 3)), TRAINED, 0.95) is None
