"""Every figure is scikit-learn's; the weighted form is the figure of the repeated rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    precision_recall_fscore_support,
    roc_auc_score,
)

from sentiment_evaluate import metrics
from sentiment_models import LABELS


def predictions(seed: int, rows: int = 300) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 3, rows)
    probabilities = generator.dirichlet(np.ones(3), rows) + 0.4 * np.eye(3)[truth]
    probabilities = probabilities.round(2) + 1e-9  # ties
    return truth, probabilities / probabilities.sum(axis=1, keepdims=True)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_the_figures_are_those_of_scikit_learn(seed: int) -> None:
    truth, probabilities = predictions(seed)
    predicted = probabilities.argmax(axis=1)
    found = metrics.figures(truth, probabilities, np.ones((1, len(truth))))

    assert found["accuracy"][0] == pytest.approx(accuracy_score(truth, predicted))
    expected_auc = roc_auc_score(truth, probabilities, multi_class="ovr", average="macro")
    assert found["auc_ovr_macro"][0] == pytest.approx(expected_auc)
    for average in ("macro", "weighted"):
        expected = precision_recall_fscore_support(truth, predicted, average=average)
        for name, value in zip(("precision", "recall", "f1"), expected, strict=False):
            assert found[f"{average}_{name}"][0] == pytest.approx(value)
    per_class = precision_recall_fscore_support(truth, predicted, labels=[0, 1, 2])
    for place, label in enumerate(LABELS):
        for name, values in zip(("precision", "recall", "f1"), per_class, strict=False):
            assert found[f"{label}_{name}"][0] == pytest.approx(values[place])


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_weighting_rows_equals_repeating_them(seed: int) -> None:
    truth, probabilities = predictions(seed, rows=60)
    counts = np.random.default_rng(seed).integers(0, 4, len(truth))
    repeated = np.repeat(np.arange(len(truth)), counts)

    weighted = metrics.figures(truth, probabilities, counts[None, :].astype(float))
    plain = metrics.figures(truth[repeated], probabilities[repeated], np.ones((1, len(repeated))))

    for name, values in plain.items():
        assert weighted[name][0] == pytest.approx(values[0], nan_ok=True), name


def test_the_confusion_matrix_has_the_truth_in_rows() -> None:
    truth, probabilities = predictions(1)
    predicted = probabilities.argmax(axis=1)
    found = metrics.confusion(truth, predicted, np.ones((1, len(truth))))[0]
    assert found.tolist() == confusion_matrix(truth, predicted).tolist()


def test_a_label_that_never_occurs_does_not_lower_the_macro_average() -> None:
    truth = np.array([0, 0, 2, 2])
    found = metrics.figures(truth, np.eye(3)[truth], np.ones((1, 4)))
    assert found["macro_f1"][0] == 1
    assert found["neutral_f1"][0] == 0


def test_auc_is_undefined_when_only_one_label_occurs() -> None:
    found = metrics.figures(np.zeros(4, int), np.full((4, 3), 1 / 3), np.ones((1, 4)))
    assert np.isnan(found["auc_ovr_macro"][0])


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    truth = np.array([0] * 8 + [1] * 2)
    probabilities = np.tile([0.8, 0.1, 0.1], (10, 1))
    ones = np.ones((1, 10))
    assert metrics.expected_calibration_error(truth, probabilities, ones)[0] == pytest.approx(0)
    sure = np.tile([1.0, 0.0, 0.0], (10, 1))
    assert metrics.expected_calibration_error(truth, sure, ones)[0] == pytest.approx(0.2)
    (only,) = metrics.reliability(truth, sure)
    assert (only.rows, only.confidence, only.accuracy) == (10, 1, pytest.approx(0.8))


def test_curves_are_finite_and_run_from_corner_to_corner() -> None:
    truth, probabilities = predictions(2, rows=2000)
    for curve in metrics.curves(truth, probabilities).values():
        assert len(curve.threshold) <= metrics.CURVE_POINTS
        assert curve.threshold.max() <= 1
        assert (curve.false_positive_rate[0], curve.recall[0]) == (0, 0)
        assert (curve.false_positive_rate[-1], curve.recall[-1]) == (1, 1)
        assert (np.diff(curve.recall) >= 0).all()
