"""Loads a model and scores every text with it, the way production will: raw text in."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sentiment_common.errors import InputError
from sentiment_evaluate import cost
from sentiment_evaluate.contenders import Contender
from sentiment_evaluate.cost import Cost
from sentiment_evaluate.metrics import Floats
from sentiment_models import Predictor, load

__all__ = ["Cost", "Scores", "score"]
logger = logging.getLogger(__name__)
CHUNK = 4096


@dataclass(frozen=True)
class Scores:
    """What a model said, and what it cost to have it said.

    Attributes:
        probabilities: By name of the texts, [n, 3] each.
        cost: Time, size and memory.
    """

    probabilities: Mapping[str, Floats]
    cost: Cost


def score(contender: Contender, texts: Mapping[str, Sequence[str]], timed: Sequence[str]) -> Scores:
    """Scores texts with a contender's bundle.

    Args:
        contender: The model.
        texts: Lists of raw texts by name.
        timed: Texts to measure the costs with.

    Raises:
        InputError: The bundle cannot be loaded, or gives what are no probabilities.
    """
    logger.info("scoring with %s", contender.name)
    predictor = load(contender.folder)
    return Scores(
        {name: _probabilities(predictor, name, it, contender) for name, it in texts.items()},
        cost.measure(contender.folder, timed),
    )


def _probabilities(
    predictor: Predictor, name: str, texts: Sequence[str], contender: Contender
) -> Floats:
    parts = []
    for start in range(0, len(texts), CHUNK):
        parts.append(predictor.predict_proba(texts[start : start + CHUNK]))
        if start:
            logger.info("%s: %d of %d rows", name, start, len(texts))
    probabilities: Floats = np.concatenate(parts)
    if not np.isfinite(probabilities).all() or abs(probabilities.sum(axis=1) - 1).max() > 1e-6:
        raise InputError(
            f"model {contender.name!r} gives no probabilities for every {name} text",
            where=str(contender.folder),
            mend="train it again",
        )
    return probabilities
