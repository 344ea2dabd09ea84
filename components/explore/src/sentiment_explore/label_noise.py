"""Which labels are doubtful: what a model says of each row that it was not fitted on.

Probabilities are cross-fitted: each row's by a model that saw neither it nor its group. Confident
learning (C. Northcutt, L. Jiang, I. Chuang, "Confident Learning", JAIR 2021; cleanlab) estimates
from them how many labels are wrong; the suspects are so many rows of least self-confidence.
"""

from dataclasses import dataclass

import numpy as np
from cleanlab.filter import find_label_issues
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedGroupKFold
from threadpoolctl import threadpool_limits

from sentiment_explore.reading import LABELS, Floats, Integers

STRENGTH = 3.0
ITERATIONS = 400
HARD_MARGIN = 0.1
GUESS = 1 / len(LABELS)
"""Macro-F1 of guessing labels by their shares, whatever the shares are."""


@dataclass(frozen=True)
class CrossFitted:
    """What models say of rows that they were not fitted on.

    Attributes:
        probabilities: By label, [n, 3].
        folds: How many models there were.
        macro_f1: Of their likeliest labels.
        f1: The same by label, in the order of ``LABELS``.
    """

    probabilities: Floats
    folds: int
    macro_f1: float
    f1: list[float]

    @property
    def likeliest(self) -> Integers:
        """Index of the likeliest label of each row, [n]."""
        return self.probabilities.argmax(axis=1)

    @property
    def margin(self) -> Floats:
        """Probability of the likeliest label less that of the second, [n]."""
        ranked = np.sort(self.probabilities, axis=1)
        return ranked[:, -1] - ranked[:, -2]


@dataclass(frozen=True)
class NotFitted:
    """Why no label could be doubted."""

    reason: str


def cross_fit(
    matrix: sparse.csr_matrix, labels: Integers, groups: Integers, folds: int, seed: int
) -> CrossFitted | NotFitted:
    """Fits TF-IDF and logistic regression on all folds but one, and asks it about that one.

    Args:
        matrix: How often each text has each term, [n, t].
        labels: Index into ``LABELS``, [n].
        groups: Rows of one group stay in one fold, [n].
        folds: How many models; fewer where a label has fewer groups.
        seed: Seed of the folds.

    Returns:
        The probabilities, or the reason why there are none.
    """
    fewest = min(len(np.unique(groups[labels == at])) for at in range(len(LABELS)))
    if fewest < 2:
        return NotFitted("a label has fewer than two groups of rows, so that none can be left out")
    folds = min(folds, fewest)
    weighed = TfidfTransformer(sublinear_tf=True).fit_transform(matrix)
    probabilities = np.zeros([len(labels), len(LABELS)])
    parts = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    # One thread: sums in one order, and no waiting for each other over a few thousand numbers.
    with threadpool_limits(1):
        for fitted, asked in parts.split(weighed, labels, groups):
            if len(np.unique(labels[fitted])) < len(LABELS):
                return NotFitted("one group holds nearly all rows of a label")
            model = LogisticRegression(C=STRENGTH, max_iter=ITERATIONS)
            model.fit(weighed[fitted], labels[fitted])
            probabilities[asked] = model.predict_proba(weighed[asked])
    return _judged(probabilities.round(6), labels, folds)


def _judged(probabilities: Floats, labels: Integers, folds: int) -> CrossFitted:
    each = _f1(labels, probabilities.argmax(axis=1))
    return CrossFitted(probabilities, folds, round(float(each.mean()), 6), each.round(6).tolist())


def _f1(labels: Integers, said: Integers) -> Floats:
    score = f1_score(labels, said, labels=range(len(LABELS)), average=None, zero_division=0)
    return np.asarray(score)


def suspects(probabilities: Floats, labels: Integers) -> Integers:
    """Returns the rows whose label is doubtful, the least self-confident first.

    Args:
        probabilities: Cross-fitted, [n, 3].
        labels: As they are given, [n].
    """
    with threadpool_limits(1):
        found = find_label_issues(
            labels, probabilities, filter_by="low_self_confidence", n_jobs=1,
        )  # fmt: skip
    places = np.flatnonzero(found)
    # A label that the model itself finds likeliest is no suspect, however unsure the model is.
    places = places[probabilities[places].argmax(axis=1) != labels[places]]
    confidence = probabilities[places, labels[places]]
    return places[np.lexsort((places, confidence))]


def hard(fitted: CrossFitted, doubtful: Integers) -> Integers:
    """Returns rows between two labels, the closest first; doubtful labels are another matter."""
    margin = fitted.margin
    open_ = margin < HARD_MARGIN
    open_[doubtful] = False
    places = np.flatnonzero(open_)
    return places[np.lexsort((places, margin[places]))]


def confusion(labels: Integers, said: Integers, chosen: Integers) -> list[list[int]]:
    """Counts the chosen rows by given and by likeliest label, [3, 3]."""
    counts = np.zeros([len(LABELS), len(LABELS)], np.int64)
    np.add.at(counts, (labels[chosen], said[chosen]), 1)
    return counts.tolist()


@dataclass(frozen=True)
class RatingBin:
    """Rows of about one rating.

    Attributes:
        low: The least rating in it.
        high: The greatest.
        labels: Rows by label, in the order of ``LABELS``.
        agreement: Share of them whose label the models find likeliest.
    """

    low: float
    high: float
    labels: list[int]
    agreement: float


MOST_BINS = 12


def by_rating(ratings: Floats, labels: Integers, said: Integers) -> list[RatingBin]:
    """Tells how often models agree with the label by the rating that is behind it.

    Where labels come from ratings, agreement falls near the thresholds: there raters do not agree
    either. Ratings of few values are taken as they are, others in bins of equal width.
    """
    rated = ~np.isnan(ratings)
    if not rated.any():
        return []
    values = np.unique(ratings[rated])
    at = _bins(ratings[rated], values)
    bins = []
    for number in np.unique(at):
        chosen = np.flatnonzero(rated)[at == number]
        counts = np.bincount(labels[chosen], minlength=len(LABELS)).tolist()
        agreed = float((labels[chosen] == said[chosen]).mean())
        span = ratings[chosen]
        bins.append(RatingBin(float(span.min()), float(span.max()), counts, round(agreed, 6)))
    return bins


def _bins(ratings: Floats, values: Floats) -> NDArray[np.int64]:
    if len(values) <= MOST_BINS:
        return np.searchsorted(values, ratings)
    edges = np.linspace(values[0], values[-1], MOST_BINS + 1)[1:-1]
    return np.searchsorted(edges, ratings, side="right")
