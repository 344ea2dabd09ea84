"""Chooses members and method by what they add to held-out rows."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedGroupKFold

from sentiment_common.errors import InputError
from sentiment_models import LABELS
from sentiment_models.calibration import fit_temperature, negative_log_likelihood
from sentiment_models.ensemble import Blend
from sentiment_train_ensemble import blending
from sentiment_train_ensemble.blending import Probabilities
from sentiment_train_ensemble.members import Rows
from sentiment_train_ensemble.settings import Settings

LEAST_PROBABILITY = 1e-12
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """Which members are blended, and how.

    Attributes:
        method: ``weights`` or ``stacking``.
        members: Names of the members that are kept, in the order they were given.
        gains: By member, kept or not, the cross-fitted macro-F1 that it adds to the kept others.
        macro_f1: Of the kept members, cross-fitted; the choice itself was made by it.
    """

    method: str
    members: tuple[str, ...]
    gains: Mapping[str, float]
    macro_f1: float


@dataclass(frozen=True)
class Chosen:
    """A choice, fitted to all rows, with honest figures.

    Attributes:
        choice: Members and method.
        blend: Fitted to all rows; its temperature is folded in.
        metrics: Figures of rows by choices and blends that were made without them.
        held_out: Their blended probabilities, shape (rows, labels).
    """

    choice: Choice
    blend: Blend
    metrics: Mapping[str, float]
    held_out: NDArray[np.float64]


class Table:
    """The members' cross-fitted probabilities of some rows, and what blends of them score there.

    Args:
        probabilities: By member, shape (rows, labels).
        rows: The rows.
        fold: In which fold each row is held out, shape (rows,).
        settings: How to blend.
    """

    def __init__(
        self,
        probabilities: Mapping[str, NDArray[np.float64]],
        rows: Rows,
        fold: NDArray[np.int64],
        settings: Settings,
    ) -> None:
        self.probabilities, self.rows, self.settings = probabilities, rows, settings
        self._fold = fold
        self.folds = [
            (np.flatnonzero(fold != at), np.flatnonzero(fold == at)) for at in np.unique(fold)
        ]
        self._scores: dict[tuple[str, tuple[str, ...]], float] = {}

    def of(self, members: Sequence[str], at: NDArray[np.int64] | None = None) -> Probabilities:
        """Returns members' probabilities, of some rows or all."""
        chosen = [self.probabilities[name] for name in members]
        return chosen if at is None else [member[at] for member in chosen]

    def taken(self, at: NDArray[np.int64]) -> "Table":
        """Returns the same members' table of some rows, in the folds they were in."""
        rows = Rows([self.rows.ids[row] for row in at], self.rows.targets[at], self.rows.groups[at])
        probabilities = {name: member[at] for name, member in self.probabilities.items()}
        return Table(probabilities, rows, self._fold[at], self.settings)

    def held_out(self, method: str, members: tuple[str, ...]) -> NDArray[np.float64]:
        """Returns blended probabilities of each row by weights fitted without it and its group."""
        blended = np.empty((len(self.rows.targets), len(LABELS)))
        for others, at in self.folds:
            blend = blending.fit(
                method, members, self.of(members, others), self.rows.targets[others]
            )
            blended[at] = blend.combined(self.of(members, at))
        return blended

    def score(self, method: str, members: tuple[str, ...]) -> float:
        """Returns the macro-F1 of ``held_out``; each blend is tried once."""
        if (method, members) not in self._scores:
            blended = self.held_out(method, members)
            self._scores[method, members] = macro_f1(blended, self.rows.targets)
        return self._scores[method, members]


def choose(table: Table) -> Choice:
    """Drops members as long as one adds too little, with each method; the better method wins.

    The member that adds least goes first (backward elimination). Of methods within the least gain
    of each other the first wins, which has fewer weights.
    """
    choices = [_eliminated(table, method) for method in table.settings.methods]
    best = choices[0]
    for other in choices[1:]:
        if other.macro_f1 > best.macro_f1 + max(table.settings.min_gain, 0.0):
            best = other
    return best


def select(table: Table) -> Chosen:
    """Chooses, fits to all rows, and judges both by nested cross-validation.

    Each row is scored by a blend for which members, method, weights and temperature were chosen
    without it and its group, by the other folds taking turns.
    """
    judged = np.empty((len(table.rows.targets), len(LABELS)))
    for others, at in table.folds:
        part = table.taken(others)
        blend = _fitted(part, choose(part))
        judged[at] = blend.combined(table.of(blend.members, at))
    choice = choose(table)
    metrics = figures(judged, table.rows.targets)
    logger.info(
        "%s of %s: cross-validated macro-F1 %.4f, log loss %.4f",
        choice.method, ", ".join(choice.members), metrics["cross_validated_macro_f1"],
        metrics["cross_validated_log_loss"],
    )  # fmt: skip
    return Chosen(choice, _fitted(table, choice), metrics, judged)


def figures(probabilities: NDArray[np.float64], targets: NDArray[np.int64]) -> dict[str, float]:
    """Returns figures of held-out rows by name."""
    logits = np.log(np.maximum(probabilities, LEAST_PROBABILITY))
    return {
        "cross_validated_macro_f1": macro_f1(probabilities, targets),
        "cross_validated_accuracy": float(np.mean(probabilities.argmax(axis=1) == targets)),
        "cross_validated_log_loss": negative_log_likelihood(logits, targets),
    }


def macro_f1(probabilities: NDArray[np.float64], targets: NDArray[np.int64]) -> float:
    """Returns macro-F1 over the labels that occur."""
    present = np.unique(targets)
    found = probabilities.argmax(axis=1)
    return float(f1_score(targets, found, labels=present, average="macro"))


def _eliminated(table: Table, method: str) -> Choice:
    members = tuple(table.probabilities)
    gains: dict[str, float] = {}
    while len(members) > 1:
        whole = table.score(method, members)
        adds = {name: whole - table.score(method, _without(members, name)) for name in members}
        gains.update(adds)
        weakest = min(members, key=lambda name: adds[name])
        if adds[weakest] >= table.settings.min_gain:
            break
        members = _without(members, weakest)
    if len(members) == 1:
        gains[members[0]] = table.score(method, members)
    return Choice(method, members, gains, table.score(method, members))


def _without(members: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(member for member in members if member != name)


def _fitted(table: Table, choice: Choice) -> Blend:
    """Fits a choice to all rows; the temperature comes from rows that were held out."""
    targets = table.rows.targets
    blend = blending.fit(choice.method, choice.members, table.of(choice.members), targets)
    if len(choice.members) == 1:
        return blend
    held_out = table.held_out(choice.method, choice.members)
    logits = np.log(np.maximum(held_out, LEAST_PROBABILITY))
    temperature = fit_temperature(logits, targets)
    return Blend(blend.members, blend.coefficients / temperature, blend.intercept / temperature)


def folds(rows: Rows, settings: Settings) -> NDArray[np.int64]:
    """Returns the fold in which each row is held out; groups stay whole, labels in proportion.

    Raises:
        InputError: The groups are too few for the folds.
    """
    for label in np.unique(rows.targets):
        groups = len(np.unique(rows.groups[rows.targets == label]))
        if groups < settings.folds:
            raise InputError(
                f"only {groups} groups have the label {LABELS[label]}, too few for "
                f"{settings.folds} folds",
                where="--predictions",
                mend="give more examples or fewer --folds",
            )
    splitter = StratifiedGroupKFold(settings.folds, shuffle=True, random_state=settings.seed)
    fold = np.empty(len(rows.targets), np.int64)
    for number, (_, at) in enumerate(splitter.split(rows.targets, rows.targets, rows.groups)):
        fold[at] = number
    return fold
