"""Selects the regularization by cross-validation, calibrates, and fits to the whole split."""

import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedGroupKFold

from sentiment_common.errors import InputError
from sentiment_common.tracking import TrackingLog
from sentiment_models import LABELS
from sentiment_models.calibration import fit_temperature, negative_log_likelihood, softmax
from sentiment_train_transfer import head
from sentiment_train_transfer.head import Weights
from sentiment_train_transfer.settings import Settings

Fold = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Rows to fit, and rows held out."""
THREADS = 2
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingData:
    """The train split as the head sees it.

    Attributes:
        features: Vectors and, last, the lexicon's figures, float64, shape (rows, features).
        figures: How many of the features are a lexicon's.
        labels: Position of each row's label in LABELS, shape (rows,).
        targets: What to predict, shape (rows, labels).
        groups: Rows of one group never part, shape (rows,).
    """

    features: NDArray[np.float64]
    figures: int
    labels: NDArray[np.int64]
    targets: NDArray[np.float64]
    groups: NDArray[np.str_]

    @property
    def present(self) -> NDArray[np.bool_]:
        """Whether each label has rows, shape (labels,)."""
        return np.isin(np.arange(len(LABELS)), self.labels)


@dataclass(frozen=True)
class Fitted:
    """A trained and calibrated head.

    Attributes:
        weights: Fitted to all rows; logits before calibration.
        temperature: Their logits are divided by it.
        predictions: Calibrated probabilities of each train row by a head, and a temperature, that
            were fitted without it and its group, shape (rows, labels).
        metrics: Cross-validated figures.
    """

    weights: Weights
    temperature: float
    predictions: NDArray[np.float64]
    metrics: Mapping[str, float]

    def predict_proba(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Returns calibrated probabilities, shape (rows, labels)."""
        return softmax(self.weights.logits(features) / self.temperature)


def train(data: TrainingData, settings: Settings, tracking: TrackingLog) -> Fitted:
    """Cross-validates every strength, calibrates the best one, and fits it to all rows.

    The highest macro-F1 over the held-out rows wins, of equals the smallest C.

    Args:
        data: The train split.
        settings: How to train.
        tracking: Receives one trial per strength.

    Raises:
        InputError: The rows or groups are too few for the folds.
    """
    folds = _folds(data, settings)
    start = time.monotonic()
    with ThreadPoolExecutor(THREADS) as threads:
        paths = list(threads.map(lambda fold: _path(data, fold[0], settings), folds))
    trials: list[tuple[float, float, NDArray[np.float64]]] = []
    for number, c in enumerate(settings.c_grid):
        logits = np.empty((len(data.labels), len(LABELS)))
        for (_, held_out), path in zip(folds, paths, strict=True):
            logits[held_out] = path[number].logits(data.features[held_out])
        macro_f1 = _macro_f1(logits, data.labels)
        tracking.trial({"C": c}, {"macro_f1": macro_f1})
        logger.info("C %g: cross-validated macro-F1 %.4f", c, macro_f1)
        trials.append((macro_f1, c, logits))
    _, c, logits = max(trials, key=lambda trial: (trial[0], -trial[1]))
    logger.info("%d fits in %.1f s", len(folds) * len(trials), time.monotonic() - start)
    everything = np.arange(len(data.labels))
    upto = tuple(value for value in settings.c_grid if value <= c)
    weights = _solutions(data, everything, upto, balanced=settings.balanced)[-1]
    return _calibrated(weights, c, logits, data, folds)


def _path(data: TrainingData, rows: NDArray[np.int64], settings: Settings) -> list[Weights]:
    return _solutions(data, rows, settings.c_grid, balanced=settings.balanced)


def _solutions(
    data: TrainingData, rows: NDArray[np.int64], c_grid: Sequence[float], *, balanced: bool
) -> list[Weights]:
    """Fits every strength to some rows, each from the solution of the one before."""
    by = head.scaling(data.features[rows], data.figures)
    weights = head.label_weights(data.labels[rows], len(LABELS), balanced=balanced)
    problem = head.Problem(by.apply(data.features[rows]), data.targets[rows], weights)
    solution, found = None, []
    for c in c_grid:
        solution = problem.solve(c, solution)
        found.append(head.unscaled(solution, by, data.present))
    return found


def _folds(data: TrainingData, settings: Settings) -> list[Fold]:
    """Returns (rows to fit, held out rows); no group is in both, labels are in proportion."""
    for label in np.flatnonzero(data.present):
        groups = len(np.unique(data.groups[data.labels == label]))
        if groups < settings.folds:
            raise InputError(
                f"only {groups} groups have the label {LABELS[label]}, too few for "
                f"{settings.folds} folds",
                where="--train-features",
                mend="give more examples or fewer --folds",
            )
    splitter = StratifiedGroupKFold(settings.folds, shuffle=True, random_state=settings.seed)
    folds = list(splitter.split(data.features, data.labels, data.groups))
    if any(len(np.unique(data.labels[rows])) < data.present.sum() for rows, _ in folds):
        raise InputError(
            "a fold is left without one of the labels, because its groups are too large",
            where="--train-features",
            mend="give more examples or fewer --folds",
        )
    return folds


def _calibrated(
    weights: Weights,
    c: float,
    logits: NDArray[np.float64],
    data: TrainingData,
    folds: Sequence[Fold],
) -> Fitted:
    known = logits[:, data.present]
    positions = np.searchsorted(np.flatnonzero(data.present), data.labels)
    predictions = np.empty_like(logits)
    for others, held_out in folds:
        temperature = fit_temperature(known[others], positions[others])
        predictions[held_out] = softmax(logits[held_out] / temperature)
    temperature = fit_temperature(known, positions)
    metrics = {
        "C": c,
        "temperature": temperature,
        "cross_validated_macro_f1": _macro_f1(logits, data.labels),
        "cross_validated_accuracy": float(np.mean(logits.argmax(axis=1) == data.labels)),
        "cross_validated_log_loss": negative_log_likelihood(known / temperature, positions),
    }
    logger.info(
        "C %g is best; temperature %.3f: log loss %.4f, before %.4f",
        c, temperature, metrics["cross_validated_log_loss"],
        negative_log_likelihood(known, positions),
    )  # fmt: skip
    return Fitted(weights, temperature, predictions, metrics)


def _macro_f1(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    present = np.unique(labels)
    return float(f1_score(labels, logits.argmax(axis=1), labels=present, average="macro"))
