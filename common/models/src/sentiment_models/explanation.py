"""Which words of a text speak for which label, for a model of any backend."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from sentiment_models.predictor import Predictor

WORD = re.compile(r"\S+")
LEAST_PROBABILITY = 1e-9
MOST = 200
"""Words of a text that are measured unless more are asked for; each costs a prediction."""


@dataclass(frozen=True)
class Contribution:
    """What one word adds to each label.

    Attributes:
        word: The word as it stands in the text.
        start: Where it begins in the text, in code points.
        values: By label, the change of the label's log-odds that the word makes; positive speaks
            for the label.
    """

    word: str
    start: int
    values: dict[str, float]


def contributions(predictor: Predictor, text: str, most: int = MOST) -> list[Contribution]:
    """Measures each word's share in a prediction by leaving it out.

    The method is representation erasure (Li, Monroe and Jurafsky 2016, arXiv:1612.08220) on whole
    words of the raw text, weighed by log-odds as in Robnik-Sikonja and Kononenko (2008). It asks
    the model alone, so it is the same for every backend; words that matter only together (``not
    bad``) each get the whole of their common effect.

    Args:
        predictor: A loaded bundle.
        text: One raw text.
        most: Words of the text that are measured, from its beginning; each costs a prediction.

    Returns:
        One entry a word, in the order of the text.
    """
    texts = variants(text, most)
    return shares(predictor.labels, text, predictor.predict_proba(texts)) if texts[1:] else []


def variants(text: str, most: int = MOST) -> list[str]:
    """Returns a text, and then it without each of its first words: what a model is asked."""
    words = islice(WORD.finditer(text), most)
    return [text, *(text[: word.start()] + text[word.end() :] for word in words)]


def shares(
    labels: Sequence[str], text: str, probabilities: NDArray[np.float64]
) -> list[Contribution]:
    """Returns what ``contributions`` does, given what a model has answered.

    Args:
        labels: The labels in the order of the columns.
        text: The raw text.
        probabilities: Of its ``variants``, shape (1 + words, labels).
    """
    log_odds = _log_odds(probabilities)
    changes = log_odds[0] - log_odds[1:]
    return [
        Contribution(word[0], word.start(), dict(zip(labels, row, strict=True)))
        for word, row in zip(WORD.finditer(text), changes.tolist(), strict=False)
    ]


def _log_odds(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    # A label no training row had keeps probability 0: its odds do not change, instead of nan.
    share = np.clip(probabilities, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    return np.log(share / (1 - share))
