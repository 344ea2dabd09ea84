"""Figures of merit of a three-class classifier, for the rows or for many resamples of them at once.

Every figure is a function of sums over rows: of the confusion matrix, of the gaps between accuracy
and confidence, of losses, of counts per rank. ``tallies`` and ``rank_tallies`` sum per unit (a
group of rows, or all of them), so the sums of a resample are a product of how often each unit was
drawn and the units' sums. One implementation serves the figure and every draw of the bootstrap.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sentiment_models import LABELS

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
CLASSES = len(LABELS)
CALIBRATION_BINS = 10
CELLS = CLASSES * CLASSES
CURVE_POINTS = 100


@dataclass(frozen=True)
class Curve:
    """ROC and precision-recall curve of one class against the rest, point by point.

    Attributes:
        false_positive_rate: [k], ascending from 0 to 1; at most ``CURVE_POINTS`` points.
        recall: [k], the true positive rate, ascending from 0 to 1.
        precision: [k]; 1 where nothing is claimed yet.
        threshold: [k], the probability from which a text counts as the class, at most 1.
    """

    false_positive_rate: Floats
    recall: Floats
    precision: Floats
    threshold: Floats


@dataclass(frozen=True)
class ReliabilityBin:
    """Predictions of similar confidence: calibrated when accuracy equals confidence."""

    rows: int
    confidence: float
    accuracy: float


def tallies(truth: Integers, probabilities: Floats, units: Integers, count: int) -> Floats:
    """Sums per unit what every figure but the ranks' is made of.

    Args:
        truth: Index of the true label, [n].
        probabilities: [n, 3], rows sum to one.
        units: Number of each row's unit, [n].
        count: Number of units.

    Returns:
        [count, 21]: nine cells of the confusion matrix, ten gaps between accuracy and confidence,
        the squared errors of Brier's score, and the negative log-likelihood.
    """
    predicted = probabilities.argmax(axis=1)
    correct, confidence, bins = _confidences(truth, probabilities)
    likelihood = np.clip(probabilities[np.arange(len(truth)), truth], np.finfo(float).eps, 1)
    errors = ((probabilities - np.eye(CLASSES)[truth]) ** 2).sum(axis=1)
    return np.hstack([
        _sums(units, count, truth * CLASSES + predicted, CELLS),
        _sums(units, count, bins, CALIBRATION_BINS, correct - confidence),
        _sums(units, count, np.zeros_like(truth), 1, errors),
        _sums(units, count, np.zeros_like(truth), 1, -np.log(likelihood)),
    ])  # fmt: skip


def figures(sums: Floats) -> dict[str, Floats]:
    """Returns every figure that needs no ranks.

    Macro averages are over the classes that occur in the truth. Brier's score is the mean squared
    error of all three probabilities (Brier 1950), from 0 to 2. The expected calibration error is
    the mean gap between accuracy and the probability of the predicted label, in ten bins of equal
    width (Guo et al., On Calibration of Modern Neural Networks, 2017). Logarithms are natural.

    Args:
        sums: Sums of ``tallies``, [b, 21].

    Returns:
        Name of the figure to its values, [b] each.
    """
    matrices, rest = sums[:, :CELLS].reshape(-1, CLASSES, CLASSES), sums[:, CELLS:]
    rows = matrices.sum(axis=(1, 2))
    return {
        **_figures_of_matrices(matrices),
        "expected_calibration_error": np.abs(rest[:, :CALIBRATION_BINS]).sum(axis=1) / rows,
        "brier": rest[:, CALIBRATION_BINS] / rows,
        "log_loss": rest[:, CALIBRATION_BINS + 1] / rows,
    }


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


def rank_bins(scores: Floats, most: int | None = None) -> Integers:
    """Numbers the scores from low to high, equal ones alike, [n].

    Args:
        scores: [n].
        most: Neighbours share a number if there were more numbers than this otherwise; the bins
            then hold about as many rows each.
    """
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    if most is None or len(counts) <= most:
        return places
    before = np.cumsum(counts) - counts
    return (before * most // len(scores))[places]


def rank_tallies(
    truth: Integers, probabilities: Floats, units: Integers, count: int, most: int | None = None
) -> Floats:
    """Counts per unit the rows of each class, and all rows, by rank of the class's probability.

    Args:
        truth: Index of the true label, [n].
        probabilities: [n, 3].
        units: Number of each row's unit, [n].
        count: Number of units.
        most: At most so many ranks, see ``rank_bins``.

    Returns:
        [count, 3, 2, ranks]: for each class the rows of it, then all rows.
    """
    places = [rank_bins(probabilities[:, position], most) for position in range(CLASSES)]
    ranks = max(int(it.max()) for it in places) + 1
    parts = []
    for position, place in enumerate(places):
        positive = (truth == position).astype(np.float64)
        parts.append(_sums(units, count, place, ranks, positive))
        parts.append(_sums(units, count, place, ranks))
    return np.stack(parts, axis=1).reshape(count, CLASSES, 2, ranks)


def rank_figures(sums: Floats) -> dict[str, Floats]:
    """Returns the figures of ranks: areas under the ROC and the precision-recall curve.

    The first is the Mann-Whitney statistic: the share of (positive, negative) pairs in the right
    order, ties counting half. The second is average precision: precision at every rank, weighted by
    the recall it adds. Where a side has no rows they are NaN; macro averages are over the rest.

    Args:
        sums: Sums of ``rank_tallies``, [b, 3, 2, ranks].
    """
    areas, precisions = [], []
    for position in range(CLASSES):
        ones, every = sums[:, position, 0], sums[:, position, 1]
        areas.append(_area(ones, every - ones))
        precisions.append(_average_precision(ones, every))
    result = {"auc_ovr_macro": _mean(areas), "average_precision_macro": _mean(precisions)}
    for position, label in enumerate(LABELS):
        result[f"{label}_auc"] = areas[position]
        result[f"{label}_average_precision"] = precisions[position]
    return result


def _area(ones: Floats, others: Floats) -> Floats:
    below = np.cumsum(others, axis=1) - others
    ordered = (ones * (below + others / 2)).sum(axis=1)
    return _defined_ratio(ordered, ones.sum(axis=1) * others.sum(axis=1))


def _average_precision(ones: Floats, every: Floats) -> Floats:
    hits = np.cumsum(ones[:, ::-1], axis=1)
    claimed = np.cumsum(every[:, ::-1], axis=1)
    gained = (ones[:, ::-1] * _ratio(hits, claimed)).sum(axis=1)
    positives = hits[:, -1]
    # With nothing but the class itself every ranking is perfect, and the figure says nothing.
    positives = np.where(positives < claimed[:, -1], positives, 0)
    return _defined_ratio(gained, positives)


def confusion(truth: Integers, predicted: Integers) -> Integers:
    """Returns the confusion matrix [3, 3]: rows are the truth, columns the prediction."""
    return np.bincount(truth * CLASSES + predicted, minlength=CELLS).reshape(CLASSES, CLASSES)


def reliability(truth: Integers, probabilities: Floats) -> list[ReliabilityBin]:
    """Returns the bins of the reliability diagram that hold rows, by rising confidence."""
    correct, confidence, bins = _confidences(truth, probabilities)
    return [
        ReliabilityBin(int(held.sum()), float(confidence[held].mean()), float(correct[held].mean()))
        for number in range(CALIBRATION_BINS)
        if (held := bins == number).any()
    ]


def curves(truth: Integers, probabilities: Floats) -> dict[str, Curve]:
    """Returns the curves of each label against the rest; none where a side has no rows."""
    result = {}
    for position, label in enumerate(LABELS):
        positive = truth == position
        if positive.any() and not positive.all():
            result[label] = _curve(positive, probabilities[:, position])
    return result


def _curve(positive: NDArray[np.bool_], scores: Floats) -> Curve:
    values, places = np.unique(-scores, return_inverse=True)
    hits = np.cumsum(np.bincount(places, positive))
    claimed = np.cumsum(np.bincount(places))
    # The curve begins where nothing is claimed.
    recall = np.concatenate([[0.0], hits / hits[-1]])
    rate = np.concatenate([[0.0], (claimed - hits) / (claimed[-1] - hits[-1])])
    precision = np.concatenate([[1.0], hits / claimed])
    threshold = np.concatenate([[1.0], np.minimum(-values, 1.0)])
    last = len(recall) - 1
    kept = np.unique(np.linspace(0, last, CURVE_POINTS).round().astype(np.int64))
    return Curve(rate[kept], recall[kept], precision[kept], threshold[kept])


def _confidences(truth: Integers, probabilities: Floats) -> tuple[Floats, Floats, Integers]:
    correct = (probabilities.argmax(axis=1) == truth).astype(np.float64)
    confidence = probabilities.max(axis=1)
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    return correct, confidence, bins


def _sums(
    units: Integers, count: int, columns: Integers, width: int, values: Floats | None = None
) -> Floats:
    """Sums values (ones if there are none) per unit and column, [count, width]."""
    sums = np.bincount(units * width + columns, values, minlength=count * width)
    return sums.astype(np.float64).reshape(count, width)


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Divides; zero where there is nothing to divide by."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _defined_ratio(part: Floats, whole: Floats) -> Floats:
    """Divides; NaN where there is nothing to divide by."""
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)


def _mean(columns: list[Floats]) -> Floats:
    """Averages over the columns that are defined, row by row; NaN where none is."""
    table = np.stack(columns, axis=1)
    defined = ~np.isnan(table)
    return _defined_ratio(np.where(defined, table, 0).sum(axis=1), defined.sum(axis=1) * 1.0)
