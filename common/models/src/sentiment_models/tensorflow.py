"""The TensorFlow backend: a SavedModel that takes raw text, its text graph inside."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentiment_common.errors import InputError
from sentiment_models.bundle import Bundle
from sentiment_models.predictor import check_texts

SAVED_MODEL = "saved_model"
BATCH = 256
SURROGATES = re.compile("[\ud800-\udfff]")


class TensorflowPredictor:
    """Scores texts by a SavedModel's ``serve``: string tensor [batch] to float tensor [batch, 3].

    Its ``tokens``, if it has one, tells what its text graph makes of them: string tensor [batch]
    to ragged strings [batch, tokens].

    Args:
        bundle: The bundle's facts.
        module: The loaded SavedModel; it owns the variables and tables that ``serve`` uses.
    """

    def __init__(self, bundle: Bundle, module: Any) -> None:
        self.name, self.labels = bundle.name, bundle.labels
        self._module = module

    @classmethod
    def load(cls, folder: Path, bundle: Bundle) -> "TensorflowPredictor":
        """Loads the SavedModel of a bundle.

        Raises:
            InputError: TensorFlow is not installed, or there is no SavedModel with ``serve``.
        """
        try:
            import tensorflow as tf
        except ModuleNotFoundError as error:
            raise InputError(
                f"model {bundle.name!r} needs TensorFlow, which is not installed",
                where=str(folder),
                mend="install sentiment-models[tensorflow]",
            ) from error
        path = folder / SAVED_MODEL
        if not (path / "saved_model.pb").is_file():
            raise InputError(f"no SavedModel in {SAVED_MODEL}", where=str(folder))
        module = tf.saved_model.load(str(path))
        if not hasattr(module, "serve"):
            raise InputError("the SavedModel has no function 'serve'", where=str(path))
        return cls(bundle, module)

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Returns calibrated probabilities of raw texts, shape (texts, labels).

        Raises:
            TypeError: A single string was given.
        """
        check_texts(texts)
        parts = [self._module.serve(batch).numpy() for batch in _batches(texts)]
        if not parts:
            return np.empty((0, len(self.labels)))
        probabilities = np.concatenate(parts).astype(np.float64)
        return probabilities / probabilities.sum(axis=1, keepdims=True)

    @property
    def tells_tokens(self) -> bool:
        """Whether the SavedModel tells the tokens of its text graph; early ones do not."""
        return hasattr(self._module, "tokens")

    def tokens(self, texts: Sequence[str]) -> list[list[str]]:
        """Returns the tokens that the SavedModel's text graph makes of raw texts.

        Raises:
            AttributeError: It does not tell them, see ``tells_tokens``.
            TypeError: A single string was given.
        """
        check_texts(texts)
        rows = (row for batch in _batches(texts) for row in self._module.tokens(batch).to_list())
        return [[token.decode(errors="backslashreplace") for token in row] for row in rows]


def _batches(texts: Sequence[str]) -> Iterator[NDArray[np.object_]]:
    for start in range(0, len(texts), BATCH):
        yield np.array([_encoded(text) for text in texts[start : start + BATCH]], dtype=object)


def _encoded(text: str) -> bytes:
    """Encodes a text; a lone surrogate, which UTF-8 cannot hold, is a space as in every engine."""
    return SURROGATES.sub(" ", text).encode("utf-8")
