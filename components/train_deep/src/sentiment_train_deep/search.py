"""Random search (Bergstra and Bengio 2012) over the size of the network and how it is fitted."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sentiment_common.tracking import TrackingLog
from sentiment_train_deep.fitting import Fold, Rows, Trainer
from sentiment_train_deep.progress import Epoch, best_epoch
from sentiment_train_deep.settings import Settings
from sentiment_train_deep.vocabulary import Tables

CHOICES: Mapping[str, tuple[Any, ...]] = {
    "units": (32, 48, 64, 96),
    "layers": (1, 2),
    "dropout": (0.2, 0.3, 0.4, 0.5),
    "batch_size": (32, 64, 128),
}
LEARNING_RATES = (5e-4, 5e-3)
"""Least and greatest; each power of ten between them is as likely."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fitted:
    """A network and how it came about.

    Attributes:
        trainer: Its network has the weights of the best epoch.
        history: Figures of every epoch.
    """

    trainer: Trainer
    history: Sequence[Epoch]

    @property
    def best(self) -> Epoch:
        """The figures of the best epoch."""
        return self.history[best_epoch(self.history)]


@dataclass(frozen=True)
class Material:
    """What every trial is fitted to and judged by.

    Attributes:
        tables: What is known of the words.
        rows: Rows to fit.
        validation: Rows that choose epoch and trial.
    """

    tables: Tables
    rows: Rows
    validation: Rows


def best(
    material: Material, settings: Settings, tracking: TrackingLog, checkpoints: Path | None
) -> Fitted:
    """Returns the network with the lowest validation loss of all trials.

    Without trials it is the one of the settings as they are. The epochs of the chosen trial are
    told as those of a training without a search are.

    Args:
        material: What to train on.
        settings: The first trial, and what the other trials have in common.
        tracking: Receives parameters and figures of each trial.
        checkpoints: Folder in which each trial keeps its progress.
    """
    if not settings.search_trials:
        return _fitted(material, settings, tracking, checkpoints)
    found: Fitted | None = None
    for number, drawn in enumerate(trials(settings), start=1):
        told = TrackingLog()
        folder = checkpoints / f"trial-{number}" if checkpoints else None
        fitted = _fitted(material, drawn, told, folder)
        parameters = varied(drawn)
        tracking.trial(parameters, {**fitted.best.figures(), "epochs": len(fitted.history)})
        logger.info(
            "trial %d/%d validation loss %.4f: %s",
            number, settings.search_trials, fitted.best.validation_loss, parameters,
        )  # fmt: skip
        if found is None or _loss(fitted) < _loss(found):
            found, curves = fitted, told
    tracking.events.extend(curves.events)
    return found


def trials(settings: Settings) -> list[Settings]:
    """Returns the settings of each trial; the first are those given."""
    random = np.random.default_rng(settings.seed)
    return [settings, *(_drawn(settings, random) for _ in range(settings.search_trials - 1))]


def varied(settings: Settings) -> dict[str, Any]:
    """Returns what differs from trial to trial."""
    return {name: getattr(settings, name) for name in (*CHOICES, "learning_rate")}


def _drawn(settings: Settings, random: np.random.Generator) -> Settings:
    chosen = {name: values[random.integers(len(values))] for name, values in CHOICES.items()}
    rate = float(np.exp(random.uniform(*np.log(LEARNING_RATES))))
    return replace(settings, **chosen, learning_rate=float(f"{rate:.2g}"))


def _fitted(
    material: Material, settings: Settings, tracking: TrackingLog, folder: Path | None
) -> Fitted:
    trainer = Trainer(material.tables, settings)
    random = np.random.default_rng(settings.seed)
    fold = Fold("", material.rows, material.validation, random, folder)
    return Fitted(trainer, trainer.fit(fold, settings.epochs, tracking))


def _loss(fitted: Fitted) -> float:
    loss = fitted.best.validation_loss
    if loss is None:
        raise ValueError("no validation rows")
    return loss
