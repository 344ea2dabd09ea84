import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_models.calibration import (
    FLATTEST,
    SHARPEST,
    fit_temperature,
    negative_log_likelihood,
    softmax,
)


def sampled(temperature, rows=40_000):
    """Logits, and targets drawn from their softmax at a temperature."""
    random = np.random.default_rng(3)
    logits = random.normal(scale=3, size=(rows, 3))
    cumulated = softmax(logits / temperature).cumsum(axis=1)
    return logits, (random.random((rows, 1)) > cumulated).sum(axis=1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_made_the_targets_is_found(temperature):
    assert fit_temperature(*sampled(temperature)) == pytest.approx(temperature, rel=0.03)


def test_no_other_temperature_is_likelier():
    logits, targets = sampled(1.7, rows=500)
    best = fit_temperature(logits, targets)
    likelihoods = [
        negative_log_likelihood(logits / (best * factor), targets) for factor in (0.99, 1, 1.01)
    ]
    assert min(likelihoods) == likelihoods[1]


def test_logits_that_are_always_right_become_as_sharp_as_allowed():
    logits = np.eye(3)[[0, 1, 2]]
    assert fit_temperature(logits, np.array([0, 1, 2])) == pytest.approx(SHARPEST)


def test_logits_that_are_always_wrong_become_as_flat_as_allowed():
    logits = np.eye(3)[[0, 1, 2]]
    assert fit_temperature(logits, np.array([1, 2, 0])) == pytest.approx(FLATTEST)


@given(st.lists(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3), min_size=1, max_size=5))
def test_softmax_rows_sum_to_one(rows):
    got = softmax(np.array(rows))
    assert np.all(got >= 0)
    np.testing.assert_allclose(got.sum(axis=1), 1)


def test_likelihood_of_even_odds_is_the_logarithm_of_the_classes():
    assert negative_log_likelihood(np.zeros((4, 3)), np.array([0, 1, 2, 0])) == pytest.approx(
        np.log(3)
    )
