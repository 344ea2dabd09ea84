"""Parts rows by group: folds to cross-fit, or a tenth set aside for the temperature."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sentiment_common.errors import InputError
from sentiment_common.tracking import TrackingLog
from sentiment_models import LABELS
from sentiment_models.calibration import fit_temperature, softmax
from sentiment_train_deep.fitting import Fold, Rows, Trainer, logits

CALIBRATION_SHARE = 0.1


@dataclass(frozen=True)
class Grouped:
    """Rows of which those of one group never part.

    Attributes:
        rows: The rows.
        groups: Group of each row, shape (rows,).
    """

    rows: Rows
    groups: NDArray[np.str_]


@dataclass(frozen=True)
class Parts:
    """Which rows a model is fitted to, and which it is calibrated with.

    Attributes:
        fitted: Row numbers.
        held_out: Row numbers; with folds all, as each is held out of one network.
        numbers: The fold of each row that is held out; without folds all are of fold 0.
    """

    fitted: NDArray[np.int64]
    held_out: NDArray[np.int64]
    numbers: NDArray[np.int64]


def part(train: Grouped, count: int, seed: int) -> Parts:
    """Parts rows into folds, or without folds into a tenth to calibrate with and the others.

    Raises:
        InputError: There are too few groups, see ``numbered`` and ``set_aside``.
    """
    random = np.random.default_rng(seed)
    if count:
        every = np.arange(len(train.groups))
        return Parts(every, every, numbered(train, count, random))
    aside = set_aside(train, random)
    held_out = np.flatnonzero(aside)
    return Parts(np.flatnonzero(~aside), held_out, np.zeros_like(held_out))


def numbered(train: Grouped, count: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Returns the fold of each row, from 0: groups stay whole, labels are spread evenly.

    From the largest group to the smallest, each goes where it leaves the labels' shares most even,
    as scikit-learn's StratifiedGroupKFold does.

    Args:
        train: The rows.
        count: How many folds.
        random: Orders groups of one size.

    Raises:
        InputError: There are fewer groups than folds, or outside of a fold a label is missing.
    """
    names, members = np.unique(train.groups, return_inverse=True)
    labels = np.zeros((len(names), len(LABELS)))
    np.add.at(labels, (members, train.rows.targets), 1)
    shares = labels / np.maximum(labels.sum(axis=0), 1)
    order = random.permutation(len(names))
    order = order[np.argsort(-labels[order].sum(axis=1), kind="stable")]
    filled, fold_of = np.zeros((count, len(LABELS))), np.zeros(len(names), np.int64)
    for group in order:
        # What a fold's sum of squares grows by when the group is added to it.
        growth = ((2 * filled + shares[group]) * shares[group]).sum(axis=1)
        fold_of[group] = growth.argmin()
        filled[fold_of[group]] += shares[group]
    numbers: NDArray[np.int64] = fold_of[members]
    _check(train, numbers, count)
    return numbers


def set_aside(train: Grouped, random: np.random.Generator) -> NDArray[np.bool_]:
    """Tells which rows are the tenth, in whole groups, that is not fitted, shape (rows,).

    Raises:
        InputError: What is left to fit lacks a label.
    """
    names, sizes = np.unique(train.groups, return_counts=True)
    order = random.permutation(len(names))
    counted = np.cumsum(sizes[order])
    last = int(np.searchsorted(counted, CALIBRATION_SHARE * len(train.groups)))
    aside = np.isin(train.groups, names[order[: 1 + last]])
    if set(train.rows.targets[~aside]) != set(train.rows.targets):
        raise InputError(
            f"{len(names)} groups of rows are too few to set some aside for calibration",
            where="--train-features",
            mend="give more examples",
        )
    return aside


def held_out_logits(
    trainer: Trainer,
    rows: Rows,
    parts: Parts,
    epochs: int,
    tracking: TrackingLog,
    checkpoints: Path | None,
) -> NDArray[np.float64]:
    """Scores the rows that are held out by networks that were not fitted to them.

    Args:
        trainer: Its network is fitted to ``parts.fitted``. Where these are all rows, it is fitted
            again without each fold in turn, from the same start.
        rows: All rows.
        parts: Which are held out.
        epochs: Passes over the rows; no early stopping, as that would look at the fold.
        tracking: Receives the figures of each epoch.
        checkpoints: Folder in which each fold keeps its progress.

    Returns:
        Logits of ``parts.held_out``, shape (rows, labels).
    """
    if len(parts.fitted) < len(rows.targets):
        return logits(trainer.network, rows.take(parts.held_out).identifiers)
    found = np.empty((len(parts.numbers), len(LABELS)))
    for number in np.unique(parts.numbers):
        inside = np.flatnonzero(parts.numbers == number)
        fold = Fold(
            name=f"fold {number + 1}",
            rows=rows.take(np.flatnonzero(parts.numbers != number)),
            validation=None,
            random=np.random.default_rng([trainer.settings.seed, number + 1]),
            folder=checkpoints / f"fold-{number + 1}" if checkpoints else None,
        )
        trainer.fit(fold, epochs, tracking)
        found[inside] = logits(trainer.network, rows.take(inside).identifiers)
    return found


def calibrated(
    scored: NDArray[np.float64], targets: NDArray[np.int64], numbers: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Returns probabilities, each row's by a temperature that was fitted without its fold.

    Args:
        scored: Logits that ``held_out_logits`` returned, shape (rows, labels).
        targets: Position of each row's label, shape (rows,).
        numbers: The fold of each row.
    """
    found = np.empty_like(scored)
    for number in np.unique(numbers):
        inside = numbers == number
        temperature = fit_temperature(scored[~inside], targets[~inside])
        found[inside] = softmax(scored[inside] / temperature)
    return found


def _check(train: Grouped, numbers: NDArray[np.int64], count: int) -> None:
    targets = train.rows.targets
    for number in range(count):
        inside, outside = targets[numbers == number], targets[numbers != number]
        if len(inside) == 0 or set(outside) != set(targets):
            raise InputError(
                f"{len(np.unique(train.groups))} groups of rows are too few for {count} folds "
                "with every label outside of each",
                where="--cross-fit-folds",
                mend="give fewer folds, 0 for none, or more examples",
            )
