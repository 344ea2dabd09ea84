"""Selects a setting by cross-validation, calibrates, and fits to the whole split."""

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
from sentiment_models.calibration import fit_temperature, negative_log_likelihood, softmax
from sentiment_train_baseline import balance, vectors
from sentiment_train_baseline.features import TrainingData
from sentiment_train_baseline.search import Search, Trial
from sentiment_train_baseline.trials import Finished
from sentiment_train_baseline.vectors import Counts, Vectorizer

ITERATIONS = 2000
TOLERANCE = 1e-3
BINS = 15
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fold:
    """One part of the cross-validation: what is learned from its training rows alone.

    Attributes:
        train: Rows to fit to.
        held_out: Rows to judge by.
        train_matrix: Features of the first, vocabulary and factors learned from them.
        held_out_matrix: Features of the second.
    """

    train: NDArray[np.int64]
    held_out: NDArray[np.int64]
    train_matrix: csr_matrix
    held_out_matrix: csr_matrix


@dataclass(frozen=True)
class Selected:
    """The best trial of a search.

    Attributes:
        trial: Its setting.
        temperature: Fitted to the logits of the rows while they were held out.
        metrics: Cross-validated figures.
        probabilities: Of each row by a model and a temperature fitted without its fold, shape
            (rows, labels).
    """

    trial: Trial
    temperature: float
    metrics: Mapping[str, float]
    probabilities: NDArray[np.float64]


@dataclass(frozen=True)
class Fitted:
    """A trained and calibrated model.

    Attributes:
        model: The estimator, fitted to all rows.
        vectorizer: What was learned about features from all rows.
        temperature: Its logits are divided by it.
        metrics: Cross-validated figures.
    """

    model: LogisticRegression
    vectorizer: Vectorizer
    temperature: float
    metrics: Mapping[str, float]

    def logits(self, matrix: csr_matrix) -> NDArray[np.float64]:
        """Returns calibrated logits, shape (rows, labels)."""
        return decision(self.model, matrix) / self.temperature


def folds_of(data: TrainingData, counts: Counts, search: Search) -> list[Fold]:
    """Splits the rows and learns each fold's features from its training rows.

    Raises:
        InputError: The rows or groups are too few for the folds.
    """
    folds = []
    for train, held_out in _split(data, search):
        learned = vectors.fit(counts, train)
        matrices = (vectors.transform(counts, learned, rows) for rows in (train, held_out))
        folds.append(Fold(train, held_out, *matrices))
    return folds


def select(
    data: TrainingData,
    folds: list[Fold],
    search: Search,
    tracking: TrackingLog,
    finished: Finished,
) -> Selected:
    """Cross-validates every trial; the highest macro-F1 wins, of equals the smallest setting.

    Args:
        data: The train split.
        folds: Its folds.
        search: What to try.
        tracking: Receives the trials.
        finished: Trials that an interrupted search has done; receives those that are done now.
    """
    done: list[tuple[float, Trial]] = []
    known: dict[Trial, NDArray[np.float64]] = {}
    for number, trial in enumerate(search.trials, start=1):
        start = time.monotonic()
        parameters = trial.as_parameters()
        metrics = finished.get(parameters)
        if metrics is None:
            known[trial] = held_out_logits(data, folds, search, trial)
            metrics = figures(known[trial], data.targets)
            finished.put(parameters, metrics)
        tracking.trial(parameters, metrics)
        logger.info(
            "C %g, softness %g, strength %g (%d/%d): cross-validated macro-F1 %.4f, %.1f s",
            trial.c, trial.softness, trial.strength, number, len(search.trials),
            metrics["macro_f1"], time.monotonic() - start,
        )  # fmt: skip
        done.append((metrics["macro_f1"], trial))
        best = min(done, key=_by_rank)[1]
        known = {trial: logits for trial, logits in known.items() if trial == best}
    logits = known[best] if best in known else held_out_logits(data, folds, search, best)
    return _calibrated(best, logits, data.targets, folds)


def fit(data: TrainingData, counts: Counts, search: Search, selected: Selected) -> Fitted:
    """Fits the selected setting to all rows."""
    rows = np.arange(len(data.targets))
    learned = vectors.fit(counts, rows)
    matrix = vectors.transform(counts, learned, rows)
    model = _fitted(matrix, data, rows, search, selected.trial)
    return Fitted(model, learned, selected.temperature, selected.metrics)


def held_out_logits(
    data: TrainingData, folds: list[Fold], search: Search, trial: Trial
) -> NDArray[np.float64]:
    """Returns each row's logits by a model fitted without its fold, shape (rows, labels)."""
    logits = np.empty((len(data.targets), len(LABELS)))
    for fold in folds:
        model = _fitted(fold.train_matrix, data, fold.train, search, trial)
        logits[fold.held_out] = decision(model, fold.held_out_matrix)
    return logits


def figures(logits: NDArray[np.float64], targets: NDArray[np.int64]) -> dict[str, float]:
    """Returns what a trial is judged by; macro-F1 is over the labels that there are."""
    chosen = logits.argmax(axis=1)
    macro_f1 = f1_score(targets, chosen, labels=np.unique(targets), average="macro")
    return {"macro_f1": float(macro_f1), "accuracy": float(np.mean(chosen == targets))}


def decision(model: LogisticRegression, matrix: csr_matrix) -> NDArray[np.float64]:
    """Returns a model's logits in the order of LABELS, shape (rows, labels).

    A label the model has not seen gets minus infinity.
    """
    coefficients, intercept = expanded(model)
    logits: NDArray[np.float64] = matrix @ coefficients.T + intercept
    return logits


def expanded(model: LogisticRegression) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns a model's coefficients (labels, features) and intercept (labels,) for all LABELS.

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


def calibration_error(
    probabilities: NDArray[np.float64], targets: NDArray[np.int64], bins: int = BINS
) -> float:
    """Returns the expected calibration error of the chosen label (Guo et al. 2017, equation 3)."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == targets
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(place, right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(targets))


def _by_rank(done: tuple[float, Trial]) -> tuple[float, Trial]:
    return -done[0], done[1]


def _fitted(
    matrix: csr_matrix,
    data: TrainingData,
    rows: NDArray[np.int64],
    search: Search,
    trial: Trial,
) -> LogisticRegression:
    targets = data.targets[rows]
    shares = balance.soft_targets(targets, data.ratings[rows], trial.softness)
    fit_to = balance.weighted(matrix, targets, shares, search.balance, trial.strength, search.seed)
    # On sparse n-grams Newton's method takes a tenth of the time of L-BFGS.
    model = LogisticRegression(C=trial.c, solver="newton-cg", max_iter=ITERATIONS, tol=TOLERANCE)
    return model.fit(fit_to.matrix, fit_to.targets, sample_weight=fit_to.weights)


def _split(
    data: TrainingData, search: Search
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yields (train rows, held out rows); no group is in both, labels are in proportion."""
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
    for train, held_out in splitter.split(data.targets, data.targets, data.groups):
        if len(np.unique(data.targets[train])) < len(present):
            raise InputError(
                "a fold is left without one of the labels, because its groups are too large",
                where="--train-features",
                mend="give more examples or fewer --folds",
            )
        yield train, held_out


def _calibrated(
    trial: Trial, logits: NDArray[np.float64], targets: NDArray[np.int64], folds: list[Fold]
) -> Selected:
    present = np.unique(targets)
    known, positions = logits[:, present], np.searchsorted(present, targets)
    temperature = fit_temperature(known, positions)
    probabilities = np.empty_like(logits)
    for fold in folds:
        own = fit_temperature(known[fold.train], positions[fold.train])
        probabilities[fold.held_out] = softmax(logits[fold.held_out] / own)
    metrics = {
        **{f"cross_validated_{name}": value for name, value in figures(logits, targets).items()},
        "cross_validated_log_loss": negative_log_likelihood(known / temperature, positions),
        "cross_validated_calibration_error": calibration_error(probabilities, targets),
        "temperature": temperature,
        "C": trial.c,
        "softness": trial.softness,
        "strength": trial.strength,
    }
    logger.info(
        "C %g, softness %g, strength %g is best; temperature %.3f: log loss %.4f, before %.4f",
        trial.c, trial.softness, trial.strength, temperature, metrics["cross_validated_log_loss"],
        negative_log_likelihood(known, positions),
    )  # fmt: skip
    return Selected(trial, temperature, metrics, probabilities)
