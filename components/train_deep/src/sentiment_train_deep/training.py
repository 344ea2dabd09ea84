"""Sets rows aside, fits the network to the others, and calibrates it."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from sentiment_common.errors import InputError
from sentiment_common.tracking import TrackingLog
from sentiment_models import LABELS
from sentiment_models.calibration import fit_temperature, negative_log_likelihood
from sentiment_train_deep.features import Split
from sentiment_train_deep.fitting import Rows, fit, logits, macro_f1
from sentiment_train_deep.network import Network
from sentiment_train_deep.progress import Epoch, best_epoch
from sentiment_train_deep.settings import Settings
from sentiment_train_deep.vocabulary import PADDING, UNKNOWN, Vocabulary

CALIBRATION_SHARE = 0.1
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trained:
    """A trained and calibrated network.

    Attributes:
        network: With the weights of the best epoch.
        temperature: Its logits are divided by it.
        history: Figures of every epoch.
        metrics: Figures of the validation split.
    """

    network: Network
    temperature: float
    history: Sequence[Epoch]
    metrics: Mapping[str, float]


def train(
    train_split: Split,
    validation_split: Split,
    words: Vocabulary,
    settings: Settings,
    tracking: TrackingLog,
    checkpoints: Path | None = None,
) -> Trained:
    """Trains until the validation loss stops falling, and fits the temperature.

    A tenth of the train rows, whole groups, is set aside for the temperature: the validation split
    has already chosen the epoch.

    Args:
        train_split: Rows to train on.
        validation_split: Rows that choose the epoch.
        words: Vocabulary with initial vectors.
        settings: How to train.
        tracking: Receives the figures of each epoch.
        checkpoints: Folder from which an interrupted training continues.

    Raises:
        InputError: The train rows are in too few groups to set some aside.
    """
    keras.utils.set_random_seed(settings.seed)
    tf.config.experimental.enable_op_determinism()
    random = np.random.default_rng(settings.seed)
    fitting, calibration = set_aside(train_split, random)
    rows = _rows(train_split, words, settings)
    validation = _rows(validation_split, words, settings)
    # Words never met would make Adam a fifth slower and checkpoints five times as large.
    met = _met(rows, validation)
    rows, validation = rows.renumbered(met), validation.renumbered(met)
    weights = class_weights(rows.targets[fitting], settings.class_weight)
    network = Network(words.vectors[met], settings.units, settings.dropout)
    history = fit(
        network, rows.take(fitting), validation, weights, settings, random, tracking, checkpoints
    )
    held_out = rows.take(calibration)
    temperature = fit_temperature(logits(network, held_out.identifiers), held_out.targets)
    metrics = {
        "temperature": temperature,
        "best_epoch": 1 + best_epoch(history),
        **_figures(logits(network, validation.identifiers) / temperature, validation.targets),
    }
    logger.info(
        "epoch %d is best: validation macro-F1 %.4f; temperature %.3f",
        metrics["best_epoch"], metrics["validation_macro_f1"], temperature,
    )  # fmt: skip
    return Trained(_widened(network, met, words, settings), temperature, history, metrics)


def set_aside(
    split: Split, random: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Parts rows into those to fit and those to calibrate with; no group is in both.

    Returns:
        Row numbers to fit, and row numbers of a tenth of the rows.

    Raises:
        InputError: What is left to fit lacks a label.
    """
    groups = random.permutation(np.unique(split.groups))
    sizes = dict(zip(*np.unique(split.groups, return_counts=True), strict=True))
    counted = np.cumsum([sizes[group] for group in groups])
    taken = groups[: 1 + int(np.searchsorted(counted, CALIBRATION_SHARE * len(split.targets)))]
    aside = np.isin(split.groups, taken)
    fitting, calibration = np.flatnonzero(~aside), np.flatnonzero(aside)
    if set(split.targets[fitting]) != set(split.targets):
        raise InputError(
            f"{len(groups)} groups of rows are too few to set some aside for calibration",
            where="--train-features",
            mend="give more examples",
        )
    return fitting, calibration


def class_weights(targets: NDArray[np.int64], class_weight: str) -> NDArray[np.float32]:
    """Returns the weight of each label's rows; ``balanced`` gives every label the same sum."""
    counts = np.bincount(targets, minlength=len(LABELS))
    if class_weight == "none":
        return np.ones(len(LABELS), np.float32)
    present = np.count_nonzero(counts)
    weights = len(targets) / (present * np.maximum(counts, 1))
    return np.where(counts > 0, weights, 0).astype(np.float32)


def _rows(split: Split, words: Vocabulary, settings: Settings) -> Rows:
    return Rows(words.identifiers(split.tokens, settings.max_length), split.targets)


def _met(*parts: Rows) -> NDArray[np.int64]:
    """Returns the identifiers in any of the rows, in order; padding and unknown are among them."""
    rows = [row for part in parts for row in part.identifiers]
    return np.unique(np.concatenate([[PADDING, UNKNOWN], *rows]))


def _widened(
    network: Network, met: NDArray[np.int64], words: Vocabulary, settings: Settings
) -> Network:
    """Returns the network with all words: those never met keep their first vectors."""
    whole = Network(words.vectors, settings.units, settings.dropout)
    trained = {weight.path: weight.numpy() for weight in network.weights}
    vectors = words.vectors.copy()
    vectors[met] = trained[whole.embedding.embeddings.path]
    trained[whole.embedding.embeddings.path] = vectors
    for weight in whole.weights:
        weight.assign(trained[weight.path])
    return whole


def _figures(scored: NDArray[np.float64], targets: NDArray[np.int64]) -> dict[str, float]:
    predicted = scored.argmax(axis=1)
    return {
        "validation_macro_f1": macro_f1(predicted, targets),
        "validation_accuracy": float(np.mean(predicted == targets)),
        "validation_log_loss": negative_log_likelihood(scored, targets),
    }
