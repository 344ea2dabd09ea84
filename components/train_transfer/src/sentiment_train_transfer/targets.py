"""What the head is to predict: labels, softened where a rating says that another was near."""

import logging

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from sentiment_models import LABELS

MOST_CONTRADICTIONS = 0.02
LEAST_ERROR = 1e-9
logger = logging.getLogger(__name__)


def soft(
    targets: NDArray[np.int64], ratings: NDArray[np.float64], noise: float
) -> NDArray[np.float64]:
    """Returns the probability of each label, shape (rows, labels).

    A rating is a measurement. With a normal error its label is certain in the middle of the
    label's ratings and a toss-up at the border to the next label's (a probit of the distance).
    Rows without a rating, and all rows where labels do not follow the ratings, keep their label.

    Args:
        targets: Position of each row's label in LABELS, shape (rows,).
        ratings: Rating of each row, nan where there is none, shape (rows,).
        noise: Standard error of a rating, as share of the ratings' standard deviation.
    """
    certain = np.eye(len(LABELS))[targets]
    rated = np.isfinite(ratings)
    if noise <= 0 or not rated.any():
        return certain
    borders = _borders(targets[rated], ratings[rated])
    if borders is None:
        logger.info("the labels do not follow the ratings, which are left aside")
        return certain
    error = max(noise * float(np.std(ratings[rated])), LEAST_ERROR)
    with np.errstate(over="ignore"):
        below = ndtr((borders[None, :] - ratings[rated, None]) / error)
    steps = np.concatenate([np.zeros((len(below), 1)), below, np.ones((len(below), 1))], axis=1)
    certain[rated] = np.diff(steps, axis=1)
    return certain


def _borders(
    targets: NDArray[np.int64], ratings: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Returns the rating between each two neighbouring labels; None if labels do not follow them.

    A label without rows lies between two equal borders, or beyond an infinite one.
    """
    labels = range(1, len(LABELS))
    borders = np.array([_border(ratings[targets < at], ratings[targets >= at]) for at in labels])
    told = np.searchsorted(borders, ratings, side="right")
    if np.mean(told != targets) > MOST_CONTRADICTIONS or np.any(borders[1:] < borders[:-1]):
        return None
    return borders


def _border(below: NDArray[np.float64], above: NDArray[np.float64]) -> float:
    if not len(below):
        return -np.inf
    return float((below.max() + above.min()) / 2) if len(above) else np.inf
