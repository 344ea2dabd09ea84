"""The ensemble backend: whole bundles as members, blended by weights or by a stacked regression."""

import json
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sentiment_common.artifacts import write_json
from sentiment_common.errors import InputError
from sentiment_models.arrays import write_arrays
from sentiment_models.bundle import LABELS, Bundle
from sentiment_models.calibration import softmax
from sentiment_models.predictor import Predictor, check_texts

MEMBERS, BLEND, WEIGHTS = "members", "members.json", "weights.npz"
MEMBER = re.compile(r"[\w-][\w.-]*")
RESTORE = "restore the whole model from its registry"
LEAST_PROBABILITY = 1e-6
"""Probabilities below it count as it: a sure member does not outvote all others."""


@dataclass(frozen=True)
class Blend:
    """Turns the members' probabilities into one.

    Both ways are linear in the members' log-probabilities: equal blocks of a multiple of the unit
    matrix are a weighted geometric mean (a logarithmic opinion pool, Hinton 2002), anything else a
    stacked multinomial logistic regression (Wolpert 1992; Ting and Witten 1999).

    Attributes:
        members: Names of the members, in the order of the blocks.
        coefficients: float64, shape (labels, members x labels); temperature folded in.
        intercept: float64, shape (labels,).
    """

    members: tuple[str, ...]
    coefficients: NDArray[np.float64]
    intercept: NDArray[np.float64]

    def combined(self, probabilities: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
        """Returns blended probabilities, shape (rows, labels).

        A label that no member gives any probability keeps none.

        Args:
            probabilities: Of each member, shape (rows, labels).
        """
        logits = log_probabilities(probabilities) @ self.coefficients.T + self.intercept
        unknown = np.max(probabilities, axis=0) <= 0
        return softmax(np.where(unknown, -np.inf, logits))


def log_probabilities(probabilities: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Returns the members' logarithms side by side, shape (rows, members x labels)."""
    stacked = np.concatenate(list(probabilities), axis=1)
    logarithms: NDArray[np.float64] = np.log(np.maximum(stacked, LEAST_PROBABILITY))
    return logarithms


def save_blend(folder: Path, blend: Blend) -> None:
    """Writes ``members.json`` and ``weights.npz``; equal blends give equal bytes."""
    write_json(folder / BLEND, {"members": list(blend.members)})
    arrays = {
        "coefficients": blend.coefficients.astype(np.float64),
        "intercept": blend.intercept.astype(np.float64),
    }
    write_arrays(folder / WEIGHTS, arrays)


def load_blend(folder: Path) -> Blend:
    """Reads what ``save_blend`` wrote.

    Raises:
        InputError: A file is missing or damaged, or the two are not of one model.
    """
    try:
        listed = json.loads((folder / BLEND).read_text(encoding="utf-8"))
        with np.load(folder / WEIGHTS, allow_pickle=False) as stored:
            members = tuple(str(name) for name in listed["members"])
            blend = Blend(members, stored["coefficients"], stored["intercept"])
    except FileNotFoundError as error:
        raise InputError(f"{error.filename} is missing", where=str(folder)) from error
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"its blend is damaged ({error})", where=str(folder)) from error
    # "..", say, would be the ensemble itself.
    if strange := [name for name in members if not MEMBER.fullmatch(name)]:
        raise InputError(f"{strange[0]!r} is no name of a member", where=str(folder), mend=RESTORE)
    if not members or blend.coefficients.shape != (len(LABELS), len(LABELS) * len(members)):
        raise InputError(
            f"{len(members)} members, weights of shape {blend.coefficients.shape}",
            where=str(folder),
            mend=RESTORE,
        )
    return blend


class EnsemblePredictor:
    """Scores texts by all its members.

    Args:
        bundle: The bundle's facts.
        blend: How the members' probabilities become one.
        members: The loaded members, in the order of the blend.
    """

    def __init__(self, bundle: Bundle, blend: Blend, members: Sequence[Predictor]) -> None:
        self.name, self.labels = bundle.name, bundle.labels
        self.members = tuple(members)
        self._blend = blend

    @classmethod
    def load(
        cls, folder: Path, bundle: Bundle, open_bundle: Callable[[Path], Predictor]
    ) -> "EnsemblePredictor":
        """Reads the blend and opens the members.

        Args:
            folder: The bundle's folder.
            bundle: The bundle's facts.
            open_bundle: Opens a member's folder (``sentiment_models.load``).

        Raises:
            InputError: A file is missing or damaged, or a member does not open.
        """
        blend = load_blend(folder)
        members = [open_bundle(folder / MEMBERS / name) for name in blend.members]
        return cls(bundle, blend, members)

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Returns calibrated probabilities of raw texts, shape (texts, labels).

        Raises:
            TypeError: A single string was given.
        """
        check_texts(texts)
        if not len(texts):
            return np.empty((0, len(self.labels)))
        return self._blend.combined([member.predict_proba(texts) for member in self.members])
