"""Figures of merit of a three-class classifier, for one weighting of the rows or for many at once.

Every figure is a function of row weights. With all weights one it is the figure itself; with the
weights of a resample it is one draw of the bootstrap. One implementation serves both.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from sentiment_models import LABELS

Floats = NDArray[np.float64]
CALIBRATION_BINS = 10
CURVE_POINTS = 200


@dataclass(frozen=True)
class Curve:
    """A ROC curve, one class against the rest, at most ``CURVE_POINTS`` points.

    Attributes:
        false_positive_rate: [k], ascending from 0 to 1.
        recall: [k], the true positive rate.
        threshold: [k], the probability from which a text counts as the class, at most 1.
    """

    false_positive_rate: Floats
    recall: Floats
    threshold: Floats


@dataclass(frozen=True)
class ReliabilityBin:
    """Predictions of similar confidence: calibrated when accuracy equals confidence."""

    rows: int
    confidence: float
    accuracy: float


def figures(truth: NDArray[np.int64], probabilities: Floats, weights: Floats) -> dict[str, Floats]:
    """Returns every figure for every weighting.

    Macro averages are over the classes that occur in the truth; a figure that is undefined (AUC
    when only one class occurs) is NaN.

    Args:
        truth: Index of the true label, [n].
        probabilities: [n, 3], rows sum to one.
        weights: [b, n], one weighting a row; ones for the figure itself.

    Returns:
        Name of the figure to its values, [b] each.
    """
    predicted = probabilities.argmax(axis=1)
    return {
        **_figures_of_matrices(confusion(truth, predicted, weights)),
        "auc_ovr_macro": auc_ovr_macro(truth, probabilities, weights),
        "expected_calibration_error": expected_calibration_error(truth, probabilities, weights),
    }


def confusion(truth: NDArray[np.int64], predicted: NDArray[np.int64], weights: Floats) -> Floats:
    """Returns confusion matrices [b, 3, 3]: rows are the truth, columns the prediction."""
    classes = len(LABELS)
    cells = np.eye(classes * classes)[truth * classes + predicted]
    matrices: Floats = (weights @ cells).reshape(-1, classes, classes)
    return matrices


def _figures_of_matrices(matrices: Floats) -> dict[str, Floats]:
    hits = np.diagonal(matrices, axis1=1, axis2=2)
    support, claimed = matrices.sum(axis=2), matrices.sum(axis=1)
    total = support.sum(axis=1)
    per_class = {
        "precision": _ratio(hits, claimed),
        "recall": _ratio(hits, support),
        "f1": _ratio(2 * hits, support + claimed),
    }
    occurs = (support > 0).astype(np.float64)
    result = {"accuracy": hits.sum(axis=1) / total}
    for name, values in per_class.items():
        result[f"macro_{name}"] = (values * occurs).sum(axis=1) / occurs.sum(axis=1)
        result[f"weighted_{name}"] = (values * support).sum(axis=1) / total
        for position, label in enumerate(LABELS):
            result[f"{label}_{name}"] = values[:, position]
    return result


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Divides; zero where there is nothing to divide by, as scikit-learn does."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def auc_ovr_macro(truth: NDArray[np.int64], probabilities: Floats, weights: Floats) -> Floats:
    """Returns the mean over classes of the area under the one-against-rest ROC curve, [b]."""
    columns = [
        auc(truth == position, probabilities[:, position], weights)
        for position in range(len(LABELS))
    ]
    areas = np.stack(columns, axis=1)
    defined = ~np.isnan(areas)
    sums, counts = np.where(defined, areas, 0).sum(axis=1), defined.sum(axis=1)
    means: Floats = np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)
    return means


def auc(positive: NDArray[np.bool_], scores: Floats, weights: Floats) -> Floats:
    """Returns the weighted area under the ROC curve, [b]; NaN where one side has no weight.

    It is the Mann-Whitney statistic: the share of (positive, negative) pairs in the right order,
    ties counting half.
    """
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))
    ranked = weights[:, order]
    ones = np.add.reduceat(ranked * positive[order], starts, axis=1)
    others = np.add.reduceat(ranked, starts, axis=1) - ones
    below = np.cumsum(others, axis=1) - others
    pairs = ones.sum(axis=1) * others.sum(axis=1)
    ordered = (ones * (below + others / 2)).sum(axis=1)
    areas: Floats = np.divide(ordered, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)
    return areas


def expected_calibration_error(
    truth: NDArray[np.int64], probabilities: Floats, weights: Floats
) -> Floats:
    """Returns the mean gap between confidence and accuracy, [b].

    The confidence is the probability of the predicted label, in ten bins of equal width (Guo et
    al., On Calibration of Modern Neural Networks, 2017).
    """
    correct, confidence, bins = _confidences(truth, probabilities)
    members = np.eye(CALIBRATION_BINS)[bins]
    gaps = weights @ (members * (correct - confidence)[:, None])
    errors: Floats = np.abs(gaps).sum(axis=1) / weights.sum(axis=1)
    return errors


def reliability(truth: NDArray[np.int64], probabilities: Floats) -> list[ReliabilityBin]:
    """Returns the bins of the reliability diagram that hold rows, by rising confidence."""
    correct, confidence, bins = _confidences(truth, probabilities)
    return [
        ReliabilityBin(int(held.sum()), float(confidence[held].mean()), float(correct[held].mean()))
        for number in range(CALIBRATION_BINS)
        if (held := bins == number).any()
    ]


def _confidences(
    truth: NDArray[np.int64], probabilities: Floats
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    correct = (probabilities.argmax(axis=1) == truth).astype(np.float64)
    confidence = probabilities.max(axis=1)
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    return correct, confidence, bins


def curves(truth: NDArray[np.int64], probabilities: Floats) -> dict[str, Curve]:
    """Returns the ROC curve of each label against the rest; none where a side has no rows."""
    result = {}
    for position, label in enumerate(LABELS):
        positive = truth == position
        if positive.any() and not positive.all():
            points = np.stack(roc_curve(positive, probabilities[:, position]))
            kept = np.unique(
                np.linspace(0, points.shape[1] - 1, CURVE_POINTS).round().astype(np.int64)
            )
            rate, recall, threshold = points[:, kept]
            # scikit-learn's first threshold is infinite, which JSON cannot say.
            result[label] = Curve(rate, recall, np.minimum(threshold, 1.0))
    return result
