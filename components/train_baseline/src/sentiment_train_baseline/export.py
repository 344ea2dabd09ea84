"""Writes the trained model as a bundle, and holds the bundle against the model."""

import logging
from importlib.metadata import version
from pathlib import Path

import numpy as np

from sentiment_common.text import TextSpecification
from sentiment_models import load
from sentiment_models.bundle import Bundle, write_bundle
from sentiment_models.calibration import softmax
from sentiment_models.linear import LinearPredictor, LinearWeights, save_linear
from sentiment_train_baseline.features import Graph, TrainingData
from sentiment_train_baseline.training import Fitted, expanded

TOLERANCE = 1e-9
logger = logging.getLogger(__name__)


def save(folder: Path, fitted: Fitted, graph: Graph) -> None:
    """Writes the bundle; the temperature goes into coefficients and intercept.

    Args:
        folder: An empty folder.
        fitted: The trained model.
        graph: The vocabulary and text specification it was trained with.

    Raises:
        InputError: The graph's text specification is missing or damaged.
    """
    coefficients, intercept = expanded(fitted.model)
    weights = LinearWeights(
        graph.vocabulary, graph.ngram_max, graph.idf,
        coefficients / fitted.temperature, intercept / fitted.temperature,
    )  # fmt: skip
    facts = Bundle(
        name="baseline",
        backend="linear",
        text_specification=TextSpecification.load(graph.text_specification).digest,
        runtime={package: version(package) for package in ("numpy", "google-re2")},
        metrics=fitted.metrics,
    )
    write_bundle(folder, facts, graph.text_specification)
    save_linear(folder, weights)


def check(folder: Path, fitted: Fitted, data: TrainingData) -> None:
    """Checks that the bundle gives the trained model's probabilities on every row it was fitted to.

    Raises:
        RuntimeError: It does not: serving would compute other features than training.
    """
    predictor = load(folder)
    if not isinstance(predictor, LinearPredictor):
        raise TypeError(f"a linear bundle was saved, {type(predictor).__name__} came back")
    served = predictor.predict_proba_of_tokens(data.tokens)
    difference = float(np.abs(served - softmax(fitted.logits(data.matrix))).max())
    logger.info("bundle and training differ by at most %.1e over %d rows", difference, len(served))
    if not difference <= TOLERANCE:
        raise RuntimeError(
            f"the bundle's probabilities differ from those of training by up to {difference:.1e}"
        )
