"""The TensorFlow backend: a SavedModel that takes raw text, its text graph inside."""

import re
from collections.abc import Sequence
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
        encoded = [_encoded(text) for text in texts]
        parts = [
            self._module.serve(np.array(encoded[start : start + BATCH], dtype=object)).numpy()
            for start in range(0, len(encoded), BATCH)
        ]
        if not parts:
            return np.empty((0, len(self.labels)))
        probabilities = np.concatenate(parts).astype(np.float64)
        return probabilities / probabilities.sum(axis=1, keepdims=True)


def _encoded(text: str) -> bytes:
    """Encodes a text; a lone surrogate, which UTF-8 cannot hold, is a space as in every engine."""
    return SURROGATES.sub(" ", text).encode("utf-8")
