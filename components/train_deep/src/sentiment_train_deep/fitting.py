"""Fits a network by gradient descent, with early stopping on the validation loss."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from sentiment_common.errors import InputError
from sentiment_common.tracking import TrackingLog
from sentiment_models import LABELS
from sentiment_train_deep import batches, checkpoints
from sentiment_train_deep.network import Network
from sentiment_train_deep.progress import Epoch, Progress
from sentiment_train_deep.settings import Settings

SCORED_TOGETHER = 256
GRADIENT_NORM = 1.0
logger = logging.getLogger(__name__)


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

    def renumbered(self, met: NDArray[np.int64]) -> "Rows":
        """Returns the rows with each identifier's position among the met ones in its stead."""
        numbers = [np.searchsorted(met, row).astype(np.int32) for row in self.identifiers]
        return Rows(numbers, self.targets)

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """Returns the rows' whole content as three arrays."""
        return np.concatenate(self.identifiers), self.lengths, self.targets


def fit(
    network: Network,
    rows: Rows,
    validation: Rows,
    weights: NDArray[np.float32],
    settings: Settings,
    random: np.random.Generator,
    tracking: TrackingLog,
    folder: Path | None = None,
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
        folder: Where progress is kept after each epoch, and taken up again to the last bit.

    Returns:
        The figures of each epoch.

    Raises:
        InputError: Training diverged.
    """
    optimizer = keras.optimizers.Adam(settings.learning_rate, clipnorm=GRADIENT_NORM, name="adam")
    optimizer.build(network.trainable_variables)
    step = _training_step(network, optimizer)
    progress = Progress(network, optimizer, random, tracking)
    work = progress.work(asdict(settings), [weights, *rows.arrays(), *validation.arrays()])
    if folder and (checkpoint := checkpoints.load(folder, work)):
        progress.restore(checkpoint)
        logger.info("continuing after epoch %d of %d", checkpoint.epoch, settings.epochs)
    while not progress.ended(settings.epochs, settings.patience):
        start = time.monotonic()
        loss = _pass_over(step, rows, weights, settings.batch_size, random)
        epoch = _judged(loss, network, validation, weights, len(progress.history) + 1)
        progress.add(epoch)
        if folder:
            checkpoints.save(folder, work, progress.checkpoint())
        logger.info(
            "epoch %d/%d loss %.4f validation loss %.4f validation macro-F1 %.4f, %.1f s",
            len(progress.history), settings.epochs, epoch.loss, epoch.validation_loss,
            epoch.validation_macro_f1, time.monotonic() - start,
        )  # fmt: skip
    progress.take_best()
    return progress.history


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


def _training_step(network: Network, optimizer: keras.optimizers.Optimizer) -> Callable[..., Any]:
    """Returns the function that fits a network to one batch and returns the batch's loss."""
    variables = network.trainable_variables
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


def _judged(
    loss: float, network: Network, validation: Rows, weights: NDArray[np.float32], number: int
) -> Epoch:
    """Returns the figures of an epoch that was just passed.

    Raises:
        InputError: A loss is no number.
    """
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
    return epoch


def _weighted_loss(
    scored: NDArray[np.float64], targets: NDArray[np.int64], weights: NDArray[np.float32]
) -> float:
    """Returns the mean of weight times cross-entropy, as the training step computes it."""
    highest = scored.max(axis=1, keepdims=True)
    normalizer = highest[:, 0] + np.log(np.exp(scored - highest).sum(axis=1))
    losses = normalizer - scored[np.arange(len(targets)), targets]
    return float(np.mean(weights[targets] * losses))
