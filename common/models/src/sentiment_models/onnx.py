"""The ONNX backend: a frozen sentence encoder, what lexicons say of the tokens, a linear head."""

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sentiment_common.errors import InputError
from sentiment_common.text import TextSpecification, Tokenizer
from sentiment_models.arrays import write_arrays
from sentiment_models.bundle import Bundle
from sentiment_models.calibration import softmax
from sentiment_models.encoder import Encoder
from sentiment_models.lexicon import feature_names, features, sums
from sentiment_models.predictor import check_texts

HEAD, LEXICON = "head.npz", "lexicon.tsv"
SLICE = 4096
"""Texts whose vectors are in memory at the same time."""


@dataclass(frozen=True)
class Head:
    """The linear head; standardization and temperature are folded into it.

    Attributes:
        coefficients: float64, shape (labels, features): the encoder's vector, then the features
            of the lexicons, if there are any.
        intercept: float64, shape (labels,).
    """

    coefficients: NDArray[np.float64]
    intercept: NDArray[np.float64]


def save_head(folder: Path, head: Head) -> None:
    """Writes ``head.npz``; equal heads give equal bytes."""
    arrays = {
        "coefficients": head.coefficients.astype(np.float64),
        "intercept": head.intercept.astype(np.float64),
    }
    write_arrays(folder / HEAD, arrays)


def load_head(folder: Path) -> Head:
    """Reads what ``save_head`` wrote.

    Raises:
        InputError: The file is missing or damaged.
    """
    path = folder / HEAD
    try:
        with np.load(path, allow_pickle=False) as stored:
            return Head(stored["coefficients"], stored["intercept"])
    except FileNotFoundError as error:
        raise InputError(f"{HEAD} is missing", where=str(folder)) from error
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"damaged ({error})", where=str(path)) from error


@dataclass(frozen=True)
class Valences:
    """What lexicons say of tokens.

    Attributes:
        by_token: By token its valence in each lexicon, 0 where a lexicon does not know it.
        lexicons: Number of lexicons.
    """

    by_token: Mapping[str, tuple[float, ...]]
    lexicons: int

    @property
    def width(self) -> int:
        """Numbers that ``features`` returns of a text."""
        return len(feature_names(self.lexicons))

    def features(self, rows: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        """Returns what the lexicons say of texts given as tokens, shape (rows, width)."""
        if not rows:
            return np.empty((0, self.width))
        return features([sums(row, self.by_token, self.lexicons) for row in rows], self.lexicons)


def save_valences(folder: Path, valences: Valences) -> None:
    """Writes ``lexicon.tsv``: a token and its valence in each lexicon on each line, sorted."""
    lines = (
        "\t".join((token, *map(repr, values))) + "\n"
        for token, values in sorted(valences.by_token.items())
    )
    (folder / LEXICON).write_text("".join(lines), encoding="utf-8", newline="\n")


def load_valences(folder: Path) -> Valences | None:
    """Reads what ``save_valences`` wrote; None if there is no such file.

    Raises:
        InputError: The file is damaged.
    """
    path = folder / LEXICON
    if not path.exists():
        return None
    try:
        lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
        fields = [line.split("\t") for line in lines]
        by_token = {token: tuple(map(float, values)) for token, *values in fields}
    except ValueError as error:
        raise InputError(f"damaged ({error})", where=str(path)) from error
    lexicons = {len(values) for values in by_token.values()}
    if len(lexicons) != 1 or 0 in lexicons:
        raise InputError("damaged (its lines are of several lengths)", where=str(path))
    return Valences(by_token, lexicons.pop())


class OnnxPredictor:
    """Scores texts by their sentence vectors.

    Args:
        bundle: The bundle's facts.
        encoder: Turns texts into vectors.
        head: Turns vectors into logits.
        tokenizer: Executes the bundle's text specification; for the lexicon.
        valences: What lexicons say of tokens; None if the model has none.
    """

    def __init__(
        self,
        bundle: Bundle,
        encoder: Encoder,
        head: Head,
        tokenizer: Tokenizer,
        valences: Valences | None,
    ) -> None:
        self.name, self.labels = bundle.name, bundle.labels
        self._encoder, self._head = encoder, head
        self._tokenizer, self._valences = tokenizer, valences

    @classmethod
    def load(
        cls, folder: Path, bundle: Bundle, specification: TextSpecification
    ) -> "OnnxPredictor":
        """Reads the backend's files of a bundle.

        Raises:
            InputError: A library is not installed, a file is missing or damaged, or encoder and
                head are not of one model.
        """
        encoder, head = Encoder.load(folder), load_head(folder)
        valences = load_valences(folder)
        width = encoder.width + (valences.width if valences else 0)
        if head.coefficients.shape != (len(bundle.labels), width):
            raise InputError(
                f"the head takes {head.coefficients.shape[-1]} numbers, the encoder and lexicon "
                f"give {width}",
                where=str(folder),
                mend="restore the whole model from its registry",
            )
        return cls(bundle, encoder, head, Tokenizer(specification), valences)

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Returns calibrated probabilities of raw texts, shape (texts, labels).

        Raises:
            TypeError: A single string was given.
        """
        check_texts(texts)
        parts = [self._scored(texts[at : at + SLICE]) for at in range(0, len(texts), SLICE)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.labels)))

    def _scored(self, texts: Sequence[str]) -> NDArray[np.float64]:
        seen = self._encoder.encode(texts).astype(np.float64)
        if self._valences is not None:
            tokens = [self._tokenizer.tokens(text) for text in texts]
            seen = np.concatenate([seen, self._valences.features(tokens)], axis=1)
        return softmax(seen @ self._head.coefficients.T + self._head.intercept)
