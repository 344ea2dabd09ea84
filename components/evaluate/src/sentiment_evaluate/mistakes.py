"""The most confident mistakes of a model, and the words that led it there."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sentiment_evaluate.examples import Split
from sentiment_evaluate.metrics import Floats
from sentiment_models import LABELS, load
from sentiment_models.explanation import Contribution, contributions

MISTAKES, EXPLAINED = 16, 8
MOST_WORDS = 60


@dataclass(frozen=True)
class Mistake:
    """A text that a model got wrong.

    Attributes:
        text: The raw text.
        label: Its true label.
        predicted: The model's.
        confidence: The probability the model gave it.
        source: Where the text comes from.
        words: What each word adds to the predicted label; empty where nobody looked.
    """

    text: str
    label: str
    predicted: str
    confidence: float
    source: str
    words: Sequence[Contribution] = ()


def worst(split: Split, probabilities: Floats, folder: Path) -> list[Mistake]:
    """Returns the most confident mistakes, the first of them explained word by word.

    Args:
        split: The rows.
        probabilities: The model's probabilities for them, [n, 3].
        folder: The model's bundle.
    """
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(predicted != split.truth)
    rows = wrong[np.argsort(-confidence[wrong], kind="stable")][:MISTAKES]
    predictor = load(folder)
    return [
        Mistake(
            split.texts[row],
            LABELS[split.truth[row]],
            LABELS[predicted[row]],
            float(confidence[row]),
            str(split.sources[row]),
            contributions(predictor, split.texts[row], MOST_WORDS) if place < EXPLAINED else (),
        )
        for place, row in enumerate(rows.tolist())
    ]
