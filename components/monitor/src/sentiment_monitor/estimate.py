"""Accuracy without labels, from the model's own confidence: what it promises, not what it keeps.

Confidence-based performance estimation (CBPE, as NannyML does it; Białek, Kivimäki, Kuberski and
Perrakis, "Estimating model performance under covariate shift without labels", 2024): an answer is
right with the chance that the reference has shown for its confidence, so the accuracy of a window
is the mean of these chances. Average thresholded confidence (ATC; Garg, Balakrishnan, Lipton,
Neyshabur and Sedghi, "Leveraging unlabeled data to predict out-of-distribution performance", ICLR
2022): accuracy is the share of answers above a confidence, the one above which in the reference lie
as many answers as were right.

Both hold while a confidence means what it meant in training: texts may become harder or easier, as
long as the model notices. When words change their meaning, or texts come from another domain, both
are too high; ``docs/monitoring.md`` shows by how much. So a low estimate is a reason to look, and a
high one is no reason not to. Under a change of any kind no method can work (Garg et al.).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from sentiment_monitor.quality_intervals import Floats, Integers, Interval, macro_f1_of


@dataclass(frozen=True)
class Reliability:
    """How often the reference's answers were right, by their confidence.

    Attributes:
        edges: Between the bins, rising, [bins - 1].
        rows: Rows by bin, [bins].
        right: Of them right, [bins].
    """

    edges: Floats
    rows: Floats
    right: Floats

    @classmethod
    def of(cls, edges: Sequence[float], bins: Sequence[tuple[int, int]]) -> "Reliability":
        """Makes it from the rows of each bin, and those of them that were right."""
        rows, right = np.asarray(bins, dtype=np.float64).T
        return cls(np.asarray(edges, dtype=np.float64), rows, right)

    @property
    def accuracy(self) -> float:
        """Share of the reference's answers that were right."""
        return float(self.right.sum() / self.rows.sum())

    def chances(self) -> Floats:
        """Returns the chance to be right by bin, [bins]; an empty bin has that of all.

        One row of the mean is added to each, so that no bin is sure of itself.
        """
        return np.asarray((self.right + self.accuracy) / (self.rows + 1))

    def bins(self, confidence: Floats) -> Integers:
        """Returns the bin of each confidence, [n]; one that equals an edge lies below it."""
        return np.asarray(np.searchsorted(self.edges, confidence, side="left"))

    def variance(self, shares: Floats) -> float:
        """Returns how uncertain the mean chance of a mixture of bins is, the reference being small.

        Args:
            shares: Share of each bin, [bins].
        """
        chances = self.chances()
        return float((shares**2 * chances * (1 - chances) / (self.rows + 1)).sum())


@dataclass(frozen=True)
class Estimate:
    """What accuracy would be if a confidence meant what it meant in training.

    Attributes:
        rows: Answers that it is of.
        accuracy: By CBPE; the interval is of the window's real accuracy, on that assumption alone.
        thresholded: Accuracy by ATC.
        macro_f1: By CBPE, from the expected confusion.
        recall: By CBPE, by label, in the order of the labels.
        reference: Accuracy in the reference.
        drop: How much lower than in the reference, in shares.
        error: Its standard error.
        p_value: How likely so large a drop is where nothing has changed, one-sided.
    """

    rows: int
    accuracy: Interval
    thresholded: float
    macro_f1: float
    recall: tuple[float, ...]
    reference: float
    drop: float
    error: float
    p_value: float


def estimate(probabilities: Floats, reliability: Reliability, confidence: float) -> Estimate | None:
    """Estimates the accuracy of answers without their labels; None without any.

    Args:
        probabilities: Calibrated, [n, labels].
        reliability: Of the reference.
        confidence: Of the interval, e.g. 0.95.
    """
    rows = len(probabilities)
    if not rows or not reliability.rows.sum():
        return None
    highest = probabilities.max(axis=1).astype(np.float64)
    chances, bins = reliability.chances(), reliability.bins(highest)
    shares = np.bincount(bins, minlength=len(chances)) / rows
    value = float(shares @ chances)
    outcomes = float(shares @ (chances * (1 - chances))) / rows
    half = (
        float(stats.norm.ppf(0.5 + confidence / 2))
        * (reliability.variance(shares) + outcomes) ** 0.5
    )
    drop, error = _drop(shares, rows, reliability)
    confusion = expected_confusion(probabilities)
    with np.errstate(invalid="ignore", divide="ignore"):
        recall = np.diagonal(confusion) / confusion.sum(axis=1)
    return Estimate(
        rows, Interval(value, max(0.0, value - half), min(1.0, value + half)),
        thresholded(highest, reliability), float(macro_f1_of(confusion[None])[0]),
        tuple(recall.tolist()), reliability.accuracy, drop, error,
        float(stats.norm.sf(drop / error)) if error else 1.0,
    )  # fmt: skip


def _drop(shares: Floats, rows: int, reliability: Reliability) -> tuple[float, float]:
    """Returns how much lower the estimate is than in the reference, and its standard error.

    Chance moves it by which confidences came, here and in the reference; how well the chances are
    known moves both alike.
    """
    expected = reliability.rows / reliability.rows.sum()
    chances = reliability.chances()
    spread = float(expected @ chances**2 - (expected @ chances) ** 2)
    error = (max(spread, 0.0) * (1 / rows + 1 / float(reliability.rows.sum()))) ** 0.5
    return float((expected - shares) @ chances), error


def thresholded(highest: Floats, reliability: Reliability) -> float:
    """Returns the accuracy by average thresholded confidence.

    Within a bin of the reference confidences are taken to lie evenly.

    Args:
        highest: Highest probability of each answer, [n].
        reliability: Of the reference.
    """
    edges = np.concatenate([[0.0], reliability.edges, [1.0]])
    below = np.concatenate([[0.0], np.cumsum(reliability.rows)]) / reliability.rows.sum()
    threshold = np.interp(1 - reliability.accuracy, below, edges)
    return float((highest > threshold).mean())


def expected_confusion(probabilities: Floats) -> Floats:
    """Returns the expected share of each pair of true and answered label, [labels, labels]."""
    told, labels = probabilities.argmax(axis=1), probabilities.shape[1]
    columns = [
        np.bincount(told, probabilities[:, label], minlength=labels) for label in range(labels)
    ]
    return np.asarray(columns) / len(probabilities)
