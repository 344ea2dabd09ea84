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
from sentiment_train_deep import batches, checkpoints, progress
from sentiment_train_deep.encoders import Design
from sentiment_train_deep.network import Network
from sentiment_train_deep.progress import Epoch, Progress
from sentiment_train_deep.settings import Settings
from sentiment_train_deep.vocabulary import Tables

SCORED_TOGETHER = 256
GRADIENT_NORM = 1.0
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rows:
    """Rows as the network reads them.

    Attributes:
        identifiers: Word identifiers of each row.
        targets: Position of each row's label in LABELS, shape (rows,).
        ratings: Standardized ratings, float32, shape (rows,); NaN where there is none.
    """

    identifiers: Sequence[NDArray[np.int32]]
    targets: NDArray[np.int64]
    ratings: NDArray[np.float32]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each row."""
        return np.array([len(row) for row in self.identifiers])

    def take(self, numbers: NDArray[np.int64]) -> "Rows":
        """Returns some of the rows."""
        identifiers = [self.identifiers[number] for number in numbers]
        return Rows(identifiers, self.targets[numbers], self.ratings[numbers])

    def renumbered(self, met: NDArray[np.int64]) -> "Rows":
        """Returns the rows with each identifier's position among the met ones in its stead."""
        numbers = [np.searchsorted(met, row).astype(np.int32) for row in self.identifiers]
        return Rows(numbers, self.targets, self.ratings)

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """Returns the rows' whole content as four arrays."""
        return np.concatenate(self.identifiers), self.lengths, self.targets, self.ratings


@dataclass(frozen=True)
class Fold:
    """What one fit is given, and where it keeps its progress.

    Attributes:
        name: Stands before the names of its figures; empty for the fit that becomes the model.
        rows: Rows to fit.
        validation: Rows that choose the epoch; without them the last epoch's weights are kept.
        random: Orders the rows.
        folder: Where progress is kept after each epoch, and taken up again to the last bit.
    """

    name: str
    rows: Rows
    validation: Rows | None
    random: np.random.Generator
    folder: Path | None = None


class Trainer:
    """A network that can be fitted again and again from the same start, traced only once.

    Args:
        tables: What is known of the words.
        settings: How to train.

    Attributes:
        network: With the weights of the last fit.
    """

    def __init__(self, tables: Tables, settings: Settings) -> None:
        keras.utils.set_random_seed(settings.seed)
        design = Design(settings.architecture, settings.units, settings.layers, settings.dropout)
        self.network, self.settings = Network(tables, design), settings
        self._optimizer = keras.optimizers.Adam(
            settings.learning_rate, clipnorm=GRADIENT_NORM, name="adam"
        )
        self._optimizer.build(self.network.trainable_variables)
        self._step = _training_step(self.network, self._optimizer, settings)
        self._start = progress.state(self.network, self._optimizer)

    def fit(self, fold: Fold, epochs: int, tracking: TrackingLog) -> list[Epoch]:
        """Trains until the validation loss stops falling; the network keeps its best weights.

        Args:
            fold: What to train on.
            epochs: Most passes over the rows.
            tracking: Receives the figures of each epoch.

        Returns:
            The figures of each epoch.

        Raises:
            InputError: Training diverged.
        """
        progress.restore_state(self.network, self._optimizer, self._start)
        weights = class_weights(fold.rows.targets, self.settings.class_weight)
        told = TrackingLog()
        going = Progress(self.network, self._optimizer, fold.random, told, fold.name)
        data = [*fold.rows.arrays(), *(fold.validation.arrays() if fold.validation else ())]
        work = going.work({**asdict(self.settings), "epochs": epochs}, data)
        if fold.folder and (checkpoint := checkpoints.load(fold.folder, work)):
            going.restore(checkpoint)
            logger.info(
                "%scontinuing after epoch %d of %d", _prefix(fold), checkpoint.epoch, epochs
            )
        while not going.ended(epochs, self.settings.patience):
            self._pass(fold, weights, epochs, going)
            if fold.folder:
                checkpoints.save(fold.folder, work, going.checkpoint())
        going.take_best()
        tracking.events.extend(told.events)
        return going.history

    def _pass(self, fold: Fold, weights: NDArray[np.float32], epochs: int, going: Progress) -> None:
        start, number = time.monotonic(), len(going.history) + 1
        loss = _pass_over(self._step, fold, weights, self.settings.batch_size)
        if fold.validation is None:
            epoch, more = Epoch(loss), ""
        else:
            epoch = _judged(loss, self.network, fold.validation, weights)
            more = (
                f" validation loss {epoch.validation_loss:.4f}"
                f" validation macro-F1 {epoch.validation_macro_f1:.4f}"
            )
        _check(epoch, number, _prefix(fold))
        going.add(epoch)
        logger.info(
            "%sepoch %d/%d loss %.4f%s, %.1f s",
            _prefix(fold), number, epochs, loss, more, time.monotonic() - start,
        )  # fmt: skip


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


def class_weights(targets: NDArray[np.int64], class_weight: str) -> NDArray[np.float32]:
    """Returns the weight of each label's rows; ``balanced`` gives every label the same sum."""
    counts = np.bincount(targets, minlength=len(LABELS))
    if class_weight == "none":
        return np.ones(len(LABELS), np.float32)
    present = np.count_nonzero(counts)
    weights = len(targets) / (present * np.maximum(counts, 1))
    return np.where(counts > 0, weights, 0).astype(np.float32)


def _prefix(fold: Fold) -> str:
    return f"{fold.name}: " if fold.name else ""


def _training_step(
    network: Network, optimizer: keras.optimizers.Optimizer, settings: Settings
) -> Callable[..., Any]:
    """Returns the function that fits a network to one batch and returns the batch's loss."""
    variables = network.trainable_variables
    cross_entropy = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=settings.label_smoothing
    )
    signature = [
        tf.TensorSpec([None, None], tf.int32),
        tf.TensorSpec([None], tf.int64),
        tf.TensorSpec([None], tf.float32),
        tf.TensorSpec([None], tf.float32),
    ]

    @tf.function(input_signature=signature)
    def step(identifiers: Any, targets: Any, weights: Any, ratings: Any) -> Any:
        with tf.GradientTape() as tape:
            scored, rated = network.logits_and_rating(identifiers, training=True)
            loss = cross_entropy(tf.one_hot(targets, len(LABELS)), scored, sample_weight=weights)
            total = loss + settings.rating_weight * _squared_error(ratings, rated)
        optimizer.apply_gradients(zip(tape.gradient(total, variables), variables, strict=True))
        return loss

    return step


def _squared_error(ratings: Any, rated: Any) -> Any:
    """Returns the mean over the rows of a batch; rows without a rating have no error."""
    unknown = tf.math.is_nan(ratings)
    # NaN must not meet the gradient, not even times zero.
    errors = tf.where(unknown, tf.zeros_like(rated), tf.where(unknown, rated, ratings) - rated)
    return tf.reduce_mean(errors**2)


def _pass_over(
    step: Callable[..., Any], fold: Fold, weights: NDArray[np.float32], size: int
) -> float:
    """Takes one step per batch and returns the mean of their losses."""
    losses = []
    for numbers in batches.shuffled(fold.rows.lengths, size, fold.random):
        batch = fold.rows.take(numbers)
        identifiers = batches.padded(batch.identifiers)
        losses.append(step(identifiers, batch.targets, weights[batch.targets], batch.ratings))
    return float(np.mean([float(loss) for loss in losses]))


def _judged(loss: float, network: Network, validation: Rows, weights: NDArray[np.float32]) -> Epoch:
    """Returns the figures of an epoch that was just passed."""
    scored = logits(network, validation.identifiers)
    return Epoch(
        loss,
        _weighted_loss(scored, validation.targets, weights),
        macro_f1(scored.argmax(axis=1), validation.targets),
    )


def _check(epoch: Epoch, number: int, prefix: str) -> None:
    """Checks the losses of an epoch.

    Raises:
        InputError: A loss is no number.
    """
    if not np.isfinite(epoch.loss + (epoch.validation_loss or 0)):
        raise InputError(
            f"{prefix}the loss is {epoch.loss} after epoch {number}",
            where="--learning-rate",
            mend="give a lower one, or embeddings of ordinary size",
        )


def _weighted_loss(
    scored: NDArray[np.float64], targets: NDArray[np.int64], weights: NDArray[np.float32]
) -> float:
    """Returns the mean of weight times cross-entropy, as training has it without smoothing."""
    highest = scored.max(axis=1, keepdims=True)
    normalizer = highest[:, 0] + np.log(np.exp(scored - highest).sum(axis=1))
    losses = normalizer - scored[np.arange(len(targets)), targets]
    return float(np.mean(weights[targets] * losses))
