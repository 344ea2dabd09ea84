"""Selects the regularization by cross-validation, calibrates, and fits to the whole split."""

import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedGroupKFold

from sentiment_common.errors import InputError
from sentiment_common.tracking import TrackingLog
from sentiment_models import LABELS
from sentiment_models.calibration import fit_temperature, negative_log_likelihood
from sentiment_train_baseline.features import TrainingData
from sentiment_train_baseline.search import Search

ITERATIONS = 2000
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Selected:
    """The best trial of a search.

    Attributes:
        c: Its inverse regularization strength.
        temperature: Fitted to the logits of the rows while they were held out.
        metrics: Cross-validated figures.
    """

    c: float
    temperature: float
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Fitted:
    """A trained and calibrated model.

    Attributes:
        model: The estimator, fitted to all rows.
        temperature: Its logits are divided by it.
        metrics: Cross-validated figures.
    """

    model: LogisticRegression
    temperature: float
    metrics: Mapping[str, float]

    def logits(self, matrix: csr_matrix) -> NDArray[np.float64]:
        """Returns calibrated logits, shape (rows, labels)."""
        return decision(self.model, matrix) / self.temperature


def select(data: TrainingData, search: Search, tracking: TrackingLog) -> Selected:
    """Cross-validates every strength; the highest macro-F1 wins, of equals the smallest C.

    Args:
        data: The train split.
        search: What to try.
        tracking: Receives one trial per strength.

    Raises:
        InputError: The rows or groups are too few for the folds.
    """
    folds = list(_folds(data, search))
    trials: list[tuple[float, float, NDArray[np.float64]]] = []
    for number, c in enumerate(search.c_grid, start=1):
        start = time.monotonic()
        logits = _held_out_logits(data, folds, c, search.class_weight)
        macro_f1 = _macro_f1(logits, data.targets)
        tracking.trial({"C": c}, {"macro_f1": macro_f1})
        logger.info(
            "C %g (%d/%d): cross-validated macro-F1 %.4f, %.1f s",
            c, number, len(search.c_grid), macro_f1, time.monotonic() - start,
        )  # fmt: skip
        trials.append((macro_f1, c, logits))
    macro_f1, c, logits = max(trials, key=lambda trial: (trial[0], -trial[1]))
    return _calibrated(c, macro_f1, logits, data.targets)


def fit(data: TrainingData, search: Search, selected: Selected) -> Fitted:
    """Fits the selected model to all rows."""
    model = _estimator(selected.c, search.class_weight).fit(data.matrix, data.targets)
    return Fitted(model, selected.temperature, selected.metrics)


def decision(model: LogisticRegression, matrix: csr_matrix) -> NDArray[np.float64]:
    """Returns a model's logits in the order of LABELS, shape (rows, labels).

    A label the model has not seen gets minus infinity.
    """
    coefficients, intercept = expanded(model)
    logits: NDArray[np.float64] = matrix @ coefficients.T + intercept
    return logits


def expanded(model: LogisticRegression) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns a model's coefficients (labels, vocabulary) and intercept (labels,) for all LABELS.

    scikit-learn keeps one row for two classes, the logit of the second against the first.
    """
    coefficients = np.zeros((len(LABELS), model.coef_.shape[1]))
    intercept = np.full(len(LABELS), -np.inf)
    if len(model.classes_) == 2:
        first, second = model.classes_
        intercept[first] = 0.0
        coefficients[second], intercept[second] = model.coef_[0], model.intercept_[0]
    else:
        coefficients[model.classes_], intercept[model.classes_] = model.coef_, model.intercept_
    return coefficients, intercept


def _estimator(c: float, class_weight: str | None) -> LogisticRegression:
    # On sparse n-grams Newton's method takes a tenth of the time of L-BFGS.
    return LogisticRegression(
        C=c, class_weight=class_weight, solver="newton-cg", max_iter=ITERATIONS
    )


def _folds(
    data: TrainingData, search: Search
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yields (train rows, held out rows); no group is in both, labels are in proportion."""
    if search.folds < 2:
        raise InputError(
            f"{search.folds} folds are too few", where="--folds", mend="give 2 or more"
        )
    present = np.unique(data.targets)
    for target in present:
        groups = len(np.unique(data.groups[data.targets == target]))
        if groups < search.folds:
            raise InputError(
                f"only {groups} groups have the label {LABELS[target]}, too few for "
                f"{search.folds} folds",
                where="--train-features",
                mend="give more examples or fewer --folds",
            )
    splitter = StratifiedGroupKFold(search.folds, shuffle=True, random_state=search.seed)
    for train, held_out in splitter.split(data.matrix, data.targets, data.groups):
        if len(np.unique(data.targets[train])) < len(present):
            raise InputError(
                "a fold is left without one of the labels, because its groups are too large",
                where="--train-features",
                mend="give more examples or fewer --folds",
            )
        yield train, held_out


def _held_out_logits(
    data: TrainingData,
    folds: list[tuple[NDArray[np.int64], NDArray[np.int64]]],
    c: float,
    class_weight: str | None,
) -> NDArray[np.float64]:
    logits = np.empty((len(data.targets), len(LABELS)))
    for train, held_out in folds:
        model = _estimator(c, class_weight).fit(data.matrix[train], data.targets[train])
        logits[held_out] = decision(model, data.matrix[held_out])
    return logits


def _calibrated(
    c: float, macro_f1: float, logits: NDArray[np.float64], targets: NDArray[np.int64]
) -> Selected:
    present = np.unique(targets)
    known, positions = logits[:, present], np.searchsorted(present, targets)
    temperature = fit_temperature(known, positions)
    metrics = {
        "C": c,
        "temperature": temperature,
        "cross_validated_macro_f1": macro_f1,
        "cross_validated_accuracy": float(np.mean(logits.argmax(axis=1) == targets)),
        "cross_validated_log_loss": negative_log_likelihood(known / temperature, positions),
    }
    logger.info(
        "C %g is best; temperature %.3f: log loss %.4f, before %.4f",
        c, temperature, metrics["cross_validated_log_loss"],
        negative_log_likelihood(known, positions),
    )  # fmt: skip
    return Selected(c, temperature, metrics)


def _macro_f1(logits: NDArray[np.float64], targets: NDArray[np.int64]) -> float:
    present = np.unique(targets)
    return float(f1_score(targets, logits.argmax(axis=1), labels=present, average="macro"))
