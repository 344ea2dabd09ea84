"""Fits the network, cross-fits it, and calibrates it."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from sentiment_common.tracking import TrackingLog
from sentiment_models.calibration import fit_temperature, negative_log_likelihood
from sentiment_train_deep import folds, search
from sentiment_train_deep.features import Split
from sentiment_train_deep.fitting import Rows, Trainer, logits, macro_f1
from sentiment_train_deep.folds import Grouped
from sentiment_train_deep.network import Network
from sentiment_train_deep.progress import Epoch, best_epoch
from sentiment_train_deep.settings import Settings
from sentiment_train_deep.vocabulary import PADDING, UNKNOWN, Tables, Vocabulary

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trained:
    """A trained and calibrated network.

    Attributes:
        network: With the weights of the best epoch.
        temperature: Its logits are divided by it.
        history: Figures of every epoch.
        metrics: Figures of the validation split, and of the cross-fitted rows if there are any.
        out_of_fold: Calibrated probabilities of the train rows, each by a network that was fitted
            without its group, shape (rows, labels); None without folds.
    """

    network: Network
    temperature: float
    history: Sequence[Epoch]
    metrics: Mapping[str, float]
    out_of_fold: NDArray[np.float64] | None


@dataclass(frozen=True)
class Data:
    """Both splits as a network reads them.

    Attributes:
        train: Rows of the train split, with their groups.
        validation: Rows of the validation split.
        met: Identifiers of the words in either; the rows have positions in it in their stead.
    """

    train: Grouped
    validation: Rows
    met: NDArray[np.int64]


def train(
    splits: tuple[Split, Split],
    words: Vocabulary,
    settings: Settings,
    tracking: TrackingLog,
    checkpoints: Path | None = None,
) -> Trained:
    """Trains until the validation loss stops falling, cross-fits, and fits the temperature.

    The temperature needs rows that the network was not fitted to, and the validation split has
    already chosen the epoch: it comes from the cross-fitted train rows, or without folds from a
    tenth of the train rows, whole groups, that is set aside.

    Args:
        splits: Rows to train on, and rows that choose the epoch.
        words: Vocabulary with what is known of it.
        settings: How to train.
        tracking: Receives the figures of each epoch and of each trial.
        checkpoints: Folder from which an interrupted training continues.

    Raises:
        InputError: The train rows are in too few groups, or training diverged.
    """
    tf.config.experimental.enable_op_determinism()
    data = prepared(splits, words, settings.max_length)
    parts = folds.part(data.train, settings.cross_fit_folds, settings.seed)
    rows = data.train.rows.take(parts.fitted)
    material = search.Material(words.tables.take(data.met), rows, data.validation)
    fitted = search.best(material, settings, tracking, checkpoints)
    epochs = 1 + best_epoch(fitted.history)
    judged = logits(fitted.trainer.network, data.validation.identifiers)
    network = widened(fitted.trainer, data.met, words)
    held_out = data.train.rows.take(parts.held_out)
    scored = folds.held_out_logits(
        fitted.trainer, data.train.rows, parts, epochs, tracking, checkpoints
    )
    temperature = fit_temperature(scored, held_out.targets)
    metrics = {
        "temperature": temperature,
        "best_epoch": epochs,
        "held_out_macro_f1": macro_f1(scored.argmax(axis=1), held_out.targets),
        **_figures(judged / temperature, data.validation.targets),
    }
    logger.info(
        "epoch %d is best: validation macro-F1 %.4f; temperature %.3f",
        epochs, metrics["validation_macro_f1"], temperature,
    )  # fmt: skip
    cross_fitted = settings.cross_fit_folds > 0
    calibrated = folds.calibrated(scored, held_out.targets, parts.numbers) if cross_fitted else None
    return Trained(network, temperature, fitted.history, metrics, calibrated)


def prepared(splits: tuple[Split, Split], words: Vocabulary, max_length: int) -> Data:
    """Returns both splits as a network reads them, their ratings by the train split's scale."""
    known = splits[0].ratings[~np.isnan(splits[0].ratings)]
    mean, deviation = (known.mean(), known.std()) if len(known) else (0.0, 0.0)
    rows = []
    for split in splits:
        # Ratings that are all the same have nothing to tell.
        ratings = (split.ratings - mean) / (deviation or np.nan)
        identifiers = words.identifiers(split.tokens, max_length)
        rows.append(Rows(identifiers, split.targets, ratings.astype(np.float32)))
    # Words never met would make Adam a fifth slower and checkpoints five times as large.
    met = _met(*rows)
    train_rows, validation = (part.renumbered(met) for part in rows)
    return Data(Grouped(train_rows, splits[0].groups), validation, met)


def widened(trainer: Trainer, met: NDArray[np.int64], words: Vocabulary) -> Network:
    """Returns the network with all words: those never met keep their first vectors."""
    trained = {weight.path: weight.numpy() for weight in trainer.network.weights}
    vectors = words.tables.vectors.copy()
    vectors[met] = trained.pop(trainer.network.embedding.embeddings.path)
    whole = Network(Tables(vectors, words.tables.valences), trainer.network.design)
    for weight in whole.trainable_weights:
        if weight.path in trained:
            weight.assign(trained[weight.path])
    return whole


def _met(*parts: Rows) -> NDArray[np.int64]:
    """Returns the identifiers in any of the rows, in order; padding and unknown are among them."""
    rows = [row for part in parts for row in part.identifiers]
    return np.unique(np.concatenate([[PADDING, UNKNOWN], *rows]))


def _figures(scored: NDArray[np.float64], targets: NDArray[np.int64]) -> dict[str, float]:
    predicted = scored.argmax(axis=1)
    return {
        "validation_macro_f1": macro_f1(predicted, targets),
        "validation_accuracy": float(np.mean(predicted == targets)),
        "validation_log_loss": negative_log_likelihood(scored, targets),
    }
