"""Every figure is that of its definition; sums over units are those of the repeated rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment_evaluate import metrics
from sentiment_models import LABELS


def predictions(seed: int, rows: int = 300) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 3, rows)
    probabilities = generator.dirichlet(np.ones(3), rows) + 0.4 * np.eye(3)[truth]
    probabilities = probabilities.round(2) + 1e-9  # ties
    return truth, probabilities / probabilities.sum(axis=1, keepdims=True)


def figures(truth: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Every figure of the rows, taken as one unit."""
    whole = np.zeros_like(truth)
    found = {
        **metrics.figures(metrics.tallies(truth, probabilities, whole, 1)),
        **metrics.rank_figures(metrics.rank_tallies(truth, probabilities, whole, 1)),
    }
    return {name: float(values[0]) for name, values in found.items()}


def area(positive: np.ndarray, scores: np.ndarray) -> float:
    """The share of (positive, negative) pairs in the right order, ties counting half."""
    ones, others = scores[positive][:, None], scores[~positive][None, :]
    return float(((ones > others) + (ones == others) / 2).mean())


def average_precision(positive: np.ndarray, scores: np.ndarray) -> float:
    """The mean over the positive rows of the precision at their score."""
    return float(np.mean([positive[scores >= score].mean() for score in scores[positive]]))


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_the_figures_of_a_label_are_those_of_their_definitions(seed: int) -> None:
    truth, probabilities = predictions(seed)
    predicted = probabilities.argmax(axis=1)
    found = figures(truth, probabilities)
    for place, label in enumerate(LABELS):
        positive, claimed = truth == place, predicted == place
        precision, recall = positive[claimed].mean(), claimed[positive].mean()
        expected = {
            "precision": precision,
            "recall": recall,
            "f1": 2 * precision * recall / (precision + recall),
            "auc": area(positive, probabilities[:, place]),
            "average_precision": average_precision(positive, probabilities[:, place]),
        }
        for name, value in expected.items():
            assert found[f"{label}_{name}"] == pytest.approx(value), (label, name)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_the_figures_of_all_labels_are_those_of_their_definitions(seed: int) -> None:
    truth, probabilities = predictions(seed)
    found = figures(truth, probabilities)
    shares = np.bincount(truth, minlength=3) / len(truth)
    for name in ("precision", "recall", "f1"):
        values = [found[f"{label}_{name}"] for label in LABELS]
        assert found[f"macro_{name}"] == pytest.approx(np.mean(values))
        assert found[f"weighted_{name}"] == pytest.approx(shares @ values)
    for macro, name in (
        ("auc_ovr_macro", "auc"), ("average_precision_macro", "average_precision"),
    ):  # fmt: skip
        values = [found[f"{label}_{name}"] for label in LABELS]
        assert found[macro] == pytest.approx(np.mean(values))
    assert found["accuracy"] == pytest.approx((probabilities.argmax(axis=1) == truth).mean())
    losses = [-np.log(row[label]) for row, label in zip(probabilities, truth, strict=True)]
    assert found["log_loss"] == pytest.approx(np.mean(losses))
    errors = [
        sum((p - (place == label)) ** 2 for place, p in enumerate(row))
        for row, label in zip(probabilities, truth, strict=True)
    ]
    assert found["brier"] == pytest.approx(np.mean(errors))


def test_known_figures_of_a_small_example() -> None:
    """As scikit-learn 1.9.1 gives them."""
    truth = np.array([0, 0, 1, 1, 2, 2, 2])
    probabilities = np.array([
        [0.7, 0.2, 0.1], [0.3, 0.4, 0.3], [0.2, 0.5, 0.3], [0.6, 0.3, 0.1], [0.1, 0.1, 0.8],
        [0.2, 0.3, 0.5], [0.4, 0.3, 0.3],
    ])  # fmt: skip
    found = figures(truth, probabilities)
    known = {
        "macro_f1": 0.5666666667,
        "weighted_precision": 0.6666666667,
        "auc_ovr_macro": 0.8388888889,
        "average_precision_macro": 0.7722222222,
        "brier": 0.4714285714,
        "log_loss": 0.7968616099,
    }
    assert {name: found[name] for name in known} == pytest.approx(known)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_drawing_units_equals_repeating_their_rows(seed: int) -> None:
    truth, probabilities = predictions(seed, rows=60)
    units = np.arange(60) // 4
    times = np.random.default_rng(seed).integers(0, 4, 15)
    repeated = np.repeat(np.arange(60), times[units])

    drawn = times[None, :].astype(float)
    ranks = metrics.rank_tallies(truth, probabilities, units, 15)
    found = {
        **metrics.figures(drawn @ metrics.tallies(truth, probabilities, units, 15)),
        **metrics.rank_figures(np.einsum("bu,u...->b...", drawn, ranks)),
    }
    plain = figures(truth[repeated], probabilities[repeated])
    for name, value in plain.items():
        assert found[name][0] == pytest.approx(value, nan_ok=True), name


def test_the_confusion_matrix_has_the_truth_in_rows() -> None:
    truth, probabilities = predictions(1)
    predicted = probabilities.argmax(axis=1)
    found = metrics.confusion(truth, predicted)
    for row, column in np.ndindex(3, 3):
        assert found[row, column] == ((truth == row) & (predicted == column)).sum()


def test_a_label_that_never_occurs_does_not_lower_the_macro_average() -> None:
    truth = np.array([0, 0, 2, 2])
    found = figures(truth, np.eye(3)[truth])
    assert found["macro_f1"] == 1
    assert found["neutral_f1"] == 0


def test_figures_of_ranks_are_undefined_when_only_one_label_occurs() -> None:
    found = figures(np.zeros(4, int), np.full((4, 3), 1 / 3))
    for name in ("auc_ovr_macro", "average_precision_macro", "negative_auc", "neutral_auc"):
        assert np.isnan(found[name]), name


def test_certainty_in_the_wrong_label_costs_much_and_not_everything() -> None:
    found = figures(np.zeros(4, int), np.tile([0.0, 0.0, 1.0], (4, 1)))
    assert found["brier"] == 2
    assert found["log_loss"] == pytest.approx(-np.log(np.finfo(float).eps))


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    truth = np.array([0] * 8 + [1] * 2)
    probabilities = np.tile([0.8, 0.1, 0.1], (10, 1))
    assert figures(truth, probabilities)["expected_calibration_error"] == pytest.approx(0)
    sure = np.tile([1.0, 0.0, 0.0], (10, 1))
    assert figures(truth, sure)["expected_calibration_error"] == pytest.approx(0.2)
    (only,) = metrics.reliability(truth, sure)
    assert (only.rows, only.confidence, only.accuracy) == (10, 1, pytest.approx(0.8))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=200), st.integers(1, 50))
def test_ranks_keep_the_order_and_tie_only_neighbours(scores: list[float], most: int) -> None:
    values = np.array(scores)
    ranks = metrics.rank_bins(values, most)
    assert ranks.min() >= 0
    assert ranks.max() < most
    order = np.argsort(values, kind="stable")
    assert (np.diff(ranks[order]) >= 0).all()
    for value in set(scores):
        assert len(set(ranks[values == value].tolist())) == 1


def test_curves_are_finite_and_run_from_corner_to_corner() -> None:
    truth, probabilities = predictions(2, rows=2000)
    for curve in metrics.curves(truth, probabilities).values():
        assert len(curve.threshold) <= metrics.CURVE_POINTS
        assert curve.threshold.max() <= 1
        assert (np.diff(curve.threshold) <= 0).all()
        assert (curve.false_positive_rate[0], curve.recall[0], curve.precision[0]) == (0, 0, 1)
        assert (curve.false_positive_rate[-1], curve.recall[-1]) == (1, 1)
        assert (np.diff(curve.recall) >= 0).all()


def test_the_area_under_the_drawn_curve_is_the_figure() -> None:
    truth, probabilities = predictions(3, rows=90)
    found = figures(truth, probabilities)
    for label, curve in metrics.curves(truth, probabilities).items():
        area = np.trapezoid(curve.recall, curve.false_positive_rate)
        assert area == pytest.approx(found[f"{label}_auc"])
        steps = (np.diff(curve.recall) * curve.precision[1:]).sum()
        assert steps == pytest.approx(found[f"{label}_average_precision"])
