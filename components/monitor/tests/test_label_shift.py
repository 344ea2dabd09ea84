"""The shares of the true labels, from answers alone."""

import numpy as np
import pytest

from sentiment_models.bundle import LABELS
from sentiment_monitor.label_shift import by_confusion, by_likelihood

PRIOR, NOW = np.array([0.3, 0.2, 0.5]), np.array([0.6, 0.2, 0.2])


def calibrated(generator, rows, shares):
    """Scores by Bayes' rule of an observation that each label makes likely to its own degree."""
    given = np.array([[0.6, 0.2, 0.1, 0.1], [0.2, 0.5, 0.2, 0.1], [0.1, 0.1, 0.2, 0.6]])
    labels = generator.choice(3, rows, p=shares)
    seen = np.array([generator.choice(4, p=given[label]) for label in labels])
    joint = given[:, seen].T * PRIOR
    return joint / joint.sum(axis=1, keepdims=True), labels


def test_shares_are_found_within_their_errors():
    scores, labels = calibrated(np.random.default_rng(3), 4_000, NOW)
    shares, error, ratio = by_likelihood(scores, PRIOR)
    assert shares.sum() == pytest.approx(1)
    assert np.all(np.abs(shares - np.bincount(labels) / 4_000) < 4 * error)
    assert ratio > 100


def test_the_ratio_is_chance_where_nothing_has_changed():
    generator = np.random.default_rng(3)
    ratios = [by_likelihood(calibrated(generator, 300, PRIOR)[0], PRIOR)[2] for _ in range(200)]
    assert np.mean(np.array(ratios) > 5.99) == pytest.approx(0.05, abs=0.04)  # 95% of chi-square(2)


class Confused:
    """A reference of a model that errs in a known way."""

    matrix = np.array([[80, 15, 5], [20, 60, 20], [5, 15, 80]])
    confusion = {  # noqa: RUF012
        true: dict(zip(LABELS, row, strict=True))
        for true, row in zip(LABELS, matrix.tolist(), strict=True)
    }


def test_a_confusion_matrix_gives_the_shares_back():
    answered = NOW @ Confused.matrix / 100 * 10_000
    assert by_confusion(answered, Confused()) == pytest.approx(NOW)


def test_a_label_that_is_never_answered_leaves_shares_that_are_shares():
    class Blind:
        confusion = {  # noqa: RUF012
            true: dict(zip(LABELS, row, strict=True))
            for true, row in zip(LABELS, [[90, 0, 10], [50, 0, 50], [10, 0, 90]], strict=True)
        }

    shares = by_confusion(np.array([100, 0, 400]), Blind())
    assert shares.min() >= 0
    assert shares.sum() == pytest.approx(1)
