"""Fits a network by gradient descent, with early stopping on the validation loss."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from sentiment_common.errors import InputError
from sentiment_common.tracking import TrackingLog
from sentiment_models import LABELS
from sentiment_train_deep import batches
from sentiment_train_deep.network import Network
from sentiment_train_deep.settings import Settings

SCORED_TOGETHER = 256
GRADIENT_NORM = 1.0
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Epoch:
    """Figures after one pass over the train rows; losses are weighted cross-entropies."""

    loss: float
    validation_loss: float
    validation_macro_f1: float


@dataclass(frozen=True)
class Rows:
    """Rows as the network reads them.

    Attributes:
        identifiers: Word identifiers of each row.
        targets: Position of each row's label in LABELS, shape (rows,).
    """

    identifiers: Sequence[NDArray[np.int32]]
    targets: NDArray[np.int64]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each row."""
        return np.array([len(row) for row in self.identifiers])

    def take(self, numbers: NDArray[np.int64]) -> "Rows":
        """Returns some of the rows."""
        return Rows([self.identifiers[number] for number in numbers], self.targets[numbers])


def fit(
    network: Network,
    rows: Rows,
    validation: Rows,
    weights: NDArray[np.float32],
    settings: Settings,
    random: np.random.Generator,
    tracking: TrackingLog,
) -> list[Epoch]:
    """Trains a network until the validation loss stops falling; it keeps its best weights.

    Args:
        network: The network, changed in place.
        rows: Rows to fit.
        validation: Rows that choose the epoch.
        weights: Weight of each label's rows, shape (labels,).
        settings: How to train.
        random: Orders the rows.
        tracking: Receives the figures of each epoch.

    Returns:
        The figures of each epoch.

    Raises:
        InputError: Training diverged.
    """
    step = _training_step(network, settings.learning_rate)
    history: list[Epoch] = []
    best = network.get_weights()
    for number in range(1, settings.epochs + 1):
        start = time.monotonic()
        loss = _pass_over(step, rows, weights, settings.batch_size, random)
        scored = logits(network, validation.identifiers)
        epoch = Epoch(
            loss,
            _weighted_loss(scored, validation.targets, weights),
            macro_f1(scored.argmax(axis=1), validation.targets),
        )
        if not np.isfinite(epoch.loss + epoch.validation_loss):
            raise InputError(
                f"the loss is {epoch.loss} after epoch {number}",
                where="--learning-rate",
                mend="give a lower one, or embeddings of ordinary size",
            )
        history.append(epoch)
        tracking.metrics(vars(epoch), step=number)
        logger.info(
            "epoch %d/%d loss %.4f validation loss %.4f validation macro-F1 %.4f, %.1f s",
            number, settings.epochs, epoch.loss, epoch.validation_loss,
            epoch.validation_macro_f1, time.monotonic() - start,
        )  # fmt: skip
        if best_epoch(history) == number - 1:
            best = network.get_weights()
        if number - 1 - best_epoch(history) >= settings.patience:
            break
    network.set_weights(best)
    return history


def best_epoch(history: Sequence[Epoch]) -> int:
    """Returns the position of the lowest validation loss, the first of equals."""
    return int(np.argmin([epoch.validation_loss for epoch in history]))


def logits(network: Network, rows: Sequence[NDArray[np.int32]]) -> NDArray[np.float64]:
    """Returns the network's logits, shape (rows, labels)."""
    found = np.empty((len(rows), len(LABELS)))
    lengths = np.array([len(row) for row in rows])
    for batch in batches.by_length(lengths, SCORED_TOGETHER):
        found[batch] = network.score(batches.padded([rows[number] for number in batch])).numpy()
    return found


def macro_f1(predicted: NDArray[np.int64], targets: NDArray[np.int64]) -> float:
    """Returns the mean F1 of the labels that occur among targets or predictions."""
    scores = []
    for label in np.union1d(predicted, targets):
        hits = np.sum((predicted == label) & (targets == label))
        scores.append(2 * hits / (np.sum(predicted == label) + np.sum(targets == label)))
    return float(np.mean(scores))


def _training_step(network: Network, learning_rate: float) -> Callable[..., Any]:
    """Returns the function that fits a network to one batch and returns the batch's loss."""
    optimizer = keras.optimizers.Adam(learning_rate, clipnorm=GRADIENT_NORM)
    variables = network.trainable_variables
    optimizer.build(variables)
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    signature = [
        tf.TensorSpec([None, None], tf.int32),
        tf.TensorSpec([None], tf.int64),
        tf.TensorSpec([None], tf.float32),
    ]

    @tf.function(input_signature=signature)
    def step(identifiers: Any, targets: Any, weights: Any) -> Any:
        with tf.GradientTape() as tape:
            scored = network(identifiers, training=True)
            loss = cross_entropy(targets, scored, sample_weight=weights)
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    return step


def _pass_over(
    step: Callable[..., Any],
    rows: Rows,
    weights: NDArray[np.float32],
    size: int,
    random: np.random.Generator,
) -> float:
    """Takes one step per batch and returns the mean of their losses."""
    losses = []
    for numbers in batches.shuffled(rows.lengths, size, random):
        batch = rows.take(numbers)
        identifiers = batches.padded(batch.identifiers)
        losses.append(float(step(identifiers, batch.targets, weights[batch.targets])))
    return float(np.mean(losses))


def _weighted_loss(
    scored: NDArray[np.float64], targets: NDArray[np.int64], weights: NDArray[np.float32]
) -> float:
    """Returns the mean of weight times cross-entropy, as the training step computes it."""
    highest = scored.max(axis=1, keepdims=True)
    normalizer = highest[:, 0] + np.log(np.exp(scored - highest).sum(axis=1))
    losses = normalizer - scored[np.arange(len(targets)), targets]
    return float(np.mean(weights[targets] * losses))
