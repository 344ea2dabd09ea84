"""What every backend gives, and what every backend takes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Predictor(Protocol):
    """What every backend gives.

    Attributes:
        name: Name of the model, e.g. ``baseline``.
        labels: Labels in the order of the probability columns.
    """

    name: str
    labels: tuple[str, ...]

    def predict_proba(self, texts: Sequence[str]) -> "NDArray[np.float64]":
        """Returns calibrated probabilities of raw texts.

        Args:
            texts: Raw texts; none is too short or too strange to get probabilities.

        Returns:
            Probabilities, shape (texts, labels); rows sum to 1.

        Raises:
            TypeError: A single string was given, whose characters would count as texts.
        """
        ...


def check_texts(texts: Sequence[str]) -> None:
    """Refuses a single string where a sequence of texts belongs.

    Raises:
        TypeError: ``texts`` is a string.
    """
    if isinstance(texts, str):
        raise TypeError("predict_proba takes a list of texts, got a single string")
