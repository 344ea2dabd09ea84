"""Writes the trained model as a bundle, and holds the bundle against the model."""

import logging
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import numpy as np

from sentiment_common.text import TextSpecification
from sentiment_models import load, reference
from sentiment_models.bundle import Bundle, write_bundle
from sentiment_models.calibration import softmax
from sentiment_models.linear import (
    LexiconWeights,
    LinearPredictor,
    LinearWeights,
    SubwordWeights,
    save_linear,
)
from sentiment_train_baseline import vectors
from sentiment_train_baseline.features import TrainingData
from sentiment_train_baseline.training import Fitted, Selected, expanded
from sentiment_train_baseline.vectors import PIECE_SCALE, Counts

TOLERANCE = 1e-9
logger = logging.getLogger(__name__)


def save(
    folder: Path,
    fitted: Fitted,
    counts: Counts,
    valences: Mapping[str, tuple[float, ...]],
    text_specification: Path,
) -> None:
    """Writes the bundle; temperature and scales go into the coefficients.

    Args:
        folder: An empty folder.
        fitted: The trained model.
        counts: Names of its features.
        valences: By token its valence in each lexicon; empty without lexicons.
        text_specification: Folder of the text specification it was trained with.

    Raises:
        InputError: The text specification is missing or damaged.
    """
    facts = Bundle(
        name="baseline",
        backend="linear",
        text_specification=TextSpecification.load(text_specification).digest,
        runtime={package: version(package) for package in ("numpy", "google-re2")},
        metrics=fitted.metrics,
    )
    write_bundle(folder, facts, text_specification)
    save_linear(folder, weights(fitted, counts, valences))


def weights(
    fitted: Fitted, counts: Counts, valences: Mapping[str, tuple[float, ...]]
) -> LinearWeights:
    """Returns what a predictor needs of a trained model."""
    learned, settings = fitted.vectorizer, counts.settings
    coefficients, intercept = expanded(fitted.model)
    coefficients /= fitted.temperature
    words, of_pieces, measured = np.split(coefficients, learned.bounds, axis=1)
    subwords = lexicon = None
    if settings.piece_sizes:
        names = tuple(counts.pieces[column] for column in learned.pieces)
        scaled = of_pieces * PIECE_SCALE
        subwords = SubwordWeights(names, *settings.piece_sizes, learned.piece_idf, scaled)
    if valences:
        lexicons = len(next(iter(valences.values())))
        lexicon = LexiconWeights(valences, lexicons, measured * learned.scales)
    return LinearWeights(
        tuple(counts.terms[column] for column in learned.words),
        settings.word_ngrams,
        learned.word_idf,
        words,
        intercept / fitted.temperature,
        logarithmic=True,
        subwords=subwords,
        lexicon=lexicon,
    )


def save_reference(folder: Path, data: TrainingData, selected: Selected) -> None:
    """Writes what the train split looked like to models that had not seen it."""
    specification = TextSpecification.load(data.text_specification)
    seen = reference.make(
        data.texts, selected.probabilities, data.targets, specification, groups=data.groups
    )
    seen.write(folder)


def check(folder: Path, fitted: Fitted, data: TrainingData, counts: Counts) -> None:
    """Checks that the bundle gives the trained model's probabilities on every row it was fitted to.

    Raises:
        RuntimeError: It does not: serving would compute other features than training.
    """
    predictor = load(folder)
    if not isinstance(predictor, LinearPredictor):
        raise TypeError(f"a linear bundle was saved, {type(predictor).__name__} came back")
    served = predictor.predict_proba(data.texts)
    matrix = vectors.transform(counts, fitted.vectorizer, np.arange(len(data.targets)))
    difference = float(np.abs(served - softmax(fitted.logits(matrix))).max())
    logger.info("bundle and training differ by at most %.1e over %d rows", difference, len(served))
    if not difference <= TOLERANCE:
        raise RuntimeError(
            f"the bundle's probabilities differ from those of training by up to {difference:.1e}"
        )
