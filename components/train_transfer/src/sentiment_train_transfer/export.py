"""Writes bundle and predictions, and holds the bundle against the trained model."""

import logging
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sentiment_common.text import TextSpecification
from sentiment_models import LABELS, load, reference
from sentiment_models.bundle import Bundle, write_bundle
from sentiment_models.onnx import Head, Valences, save_head, save_valences
from sentiment_train_transfer import encoders
from sentiment_train_transfer.features import Split
from sentiment_train_transfer.training import Fitted

TOLERANCE = 1e-6
logger = logging.getLogger(__name__)


def save(
    folder: Path,
    fitted: Fitted,
    encoder: Path,
    valences: Valences | None,
    text_specification: Path,
    metrics: Mapping[str, float],
) -> None:
    """Writes the bundle; the temperature goes into coefficients and intercept.

    Args:
        folder: An empty folder.
        fitted: The trained head.
        encoder: Folder with the encoder's files.
        valences: What the lexicons say of tokens, if there are any.
        text_specification: Folder of the saved specification that made the tokens.
        metrics: Figures for ``bundle.json``.

    Raises:
        InputError: The text specification is missing or damaged.
    """
    facts = Bundle(
        name="transfer",
        backend="onnx",
        text_specification=TextSpecification.load(text_specification).digest,
        runtime={
            package: version(package)
            for package in ("numpy", "onnxruntime", "tokenizers", "google-re2")
        },
        metrics=metrics,
    )
    write_bundle(folder, facts, text_specification)
    encoders.copy(encoder, folder)
    if valences is not None:
        save_valences(folder, valences)
    weights, temperature = fitted.weights, fitted.temperature
    save_head(folder, Head(weights.coefficients / temperature, weights.intercept / temperature))


def save_reference(
    folder: Path, split: Split, probabilities: NDArray[np.float64], text_specification: Path
) -> None:
    """Writes what the train split looked like to heads that had not seen it.

    Args:
        folder: The saved bundle.
        split: The train split.
        probabilities: Cross-fitted, shape (rows, labels).
        text_specification: Folder of the saved specification that made the tokens.
    """
    specification = TextSpecification.load(text_specification)
    seen = reference.make(
        split.texts, probabilities, split.targets, specification, groups=split.groups
    )
    seen.write(folder)


def save_predictions(folder: Path, split: Split, probabilities: NDArray[np.float64]) -> None:
    """Writes ``predictions.parquet``: a row for each train row, in its order."""
    columns = {
        "id": pa.array(split.ids, pa.string()),
        "label": pa.array([LABELS[target] for target in split.targets], pa.string()),
        "group": pa.array(split.groups.tolist(), pa.string()),
    }
    for position, label in enumerate(LABELS):
        columns[label] = pa.array(probabilities[:, position], pa.float64())
    pq.write_table(pa.table(columns), folder / "predictions.parquet")


def check(folder: Path, texts: Sequence[str], trained: NDArray[np.float64]) -> None:
    """Checks that the bundle gives raw texts the trained model's probabilities.

    The texts are encoded anew: a cache that belongs to another encoder would show here.

    Args:
        folder: The saved bundle.
        texts: Raw texts.
        trained: Probabilities of the trained model, shape (texts, labels).

    Raises:
        RuntimeError: They differ.
    """
    difference = float(np.abs(load(folder).predict_proba(texts) - trained).max())
    logger.info("bundle and training differ by at most %.1e over %d rows", difference, len(texts))
    if not difference <= TOLERANCE:
        raise RuntimeError(
            f"the bundle's probabilities differ from those of training by up to {difference:.1e}"
        )
