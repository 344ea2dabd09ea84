"""Loads a model and scores the splits with it, the way production will: raw text in."""

import logging
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sentiment_common.errors import InputError
from sentiment_evaluate.contenders import Contender
from sentiment_evaluate.examples import Split
from sentiment_evaluate.metrics import Floats
from sentiment_models import Predictor, load

logger = logging.getLogger(__name__)
CHUNK, TIMED_TEXTS, WARM_UP = 4096, 50, 5


@dataclass(frozen=True)
class Scores:
    """What a model said.

    Attributes:
        validation: Probabilities [n, 3].
        test: Probabilities [n, 3].
        milliseconds_per_text: Median time of a call with one text.
    """

    validation: Floats
    test: Floats
    milliseconds_per_text: float


def score(contender: Contender, validation: Split, test: Split) -> Scores:
    """Scores both splits with a contender's bundle.

    Raises:
        InputError: The bundle cannot be loaded, or gives what are no probabilities.
    """
    logger.info("scoring with %s", contender.name)
    predictor = load(contender.folder)
    return Scores(
        _probabilities(predictor, validation, contender),
        _probabilities(predictor, test, contender),
        _milliseconds_per_text(predictor, test.texts[:TIMED_TEXTS]),
    )


def _probabilities(predictor: Predictor, split: Split, contender: Contender) -> Floats:
    parts = []
    for start in range(0, len(split), CHUNK):
        parts.append(predictor.predict_proba(split.texts[start : start + CHUNK]))
        if start:
            logger.info("%s: %d of %d rows", split.name, start, len(split))
    probabilities: Floats = np.concatenate(parts)
    if not np.isfinite(probabilities).all() or abs(probabilities.sum(axis=1) - 1).max() > 1e-6:
        raise InputError(
            f"model {contender.name!r} gives no probabilities for every {split.name} text",
            where=str(contender.folder),
            mend="train it again",
        )
    return probabilities


def _milliseconds_per_text(predictor: Predictor, texts: Sequence[str]) -> float:
    seconds = []
    for text in [*texts[:WARM_UP], *texts]:
        start = time.perf_counter()
        predictor.predict_proba([text])
        seconds.append(time.perf_counter() - start)
    return 1000 * statistics.median(seconds[len(texts[:WARM_UP]) :])
