"""The stage: reads, encodes, trains, saves and checks."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score
from threadpoolctl import threadpool_limits

from sentiment_common import lexicon
from sentiment_common.artifacts import Source
from sentiment_common.cli import Task
from sentiment_common.text import TextSpecification, Tokenizer, check_tokens
from sentiment_models import LABELS
from sentiment_models.calibration import negative_log_likelihood
from sentiment_models.encoder import Encoder
from sentiment_models.onnx import Valences
from sentiment_train_transfer import embedding, encoders, export, features, targets
from sentiment_train_transfer.features import Split
from sentiment_train_transfer.settings import Settings
from sentiment_train_transfer.training import TrainingData, train

CHECKED = 500
"""Train rows that are encoded anew to check the bundle, besides the validation split."""


@dataclass(frozen=True)
class Eyes:
    """What sees a text: the encoder, and the lexicons if there are any.

    Attributes:
        encoder: Turns texts into vectors.
        valences: What the lexicons say of tokens, or None.
        sources: The files they were made from.
    """

    encoder: Encoder
    valences: Valences | None
    sources: tuple[Source, ...]

    @property
    def figures(self) -> int:
        """How many numbers of a row are the lexicons'."""
        return self.valences.width if self.valences else 0

    def features(self, split: Split) -> NDArray[np.float64]:
        """Returns vectors and what the lexicons say of a split's rows, shape (rows, features)."""
        vectors = embedding.vectors(self.encoder, split.texts).astype(np.float64)
        if self.valences is None:
            return vectors
        return np.concatenate([vectors, self.valences.features(split.tokens)], axis=1)


def run(task: Task, settings: Settings) -> None:
    """Runs the stage.

    Raises:
        InputError: An input, the encoder or the lexicon cannot be used.
    """
    rows = features.read(task.input("train_features"))
    validation = features.read(task.input("validation_features"))
    features.check_labels(rows, str(task.input("train_features")))
    specification = task.input("transform_graph") / "text_spec"
    tokenizer = Tokenizer(TextSpecification.load(specification))
    for name, split in (("train_features", rows), ("validation_features", validation)):
        check_tokens(tokenizer, split.texts, split.tokens, str(task.input(name)))
    with tempfile.TemporaryDirectory() as scratch:
        eyes = opened(settings, tokenizer, Path(scratch))
        task.sources.extend(eyes.sources)
        data = TrainingData(
            eyes.features(rows), eyes.figures, rows.targets,
            targets.soft(rows.targets, rows.ratings, settings.rating_noise), rows.groups,
        )  # fmt: skip
        # On one thread each, sums do not depend on the cores; the folds share the cores instead.
        with threadpool_limits(1):
            fitted = train(data, settings, task.tracking)
            seen = fitted.predict_proba(eyes.features(validation))
        metrics = {**fitted.metrics, **validated(seen, validation.targets)}
        export.save(
            task.outputs["model"], fitted, Path(scratch), eyes.valences, specification, metrics
        )
    export.save_reference(task.outputs["model"], rows, fitted.predictions, specification)
    export.save_predictions(task.outputs["predictions"], rows, fitted.predictions)
    again = [*validation.texts, *rows.texts[:CHECKED]]
    expected = np.concatenate([seen, fitted.predict_proba(data.features[:CHECKED])])
    export.check(task.outputs["model"], again, expected)
    task.tracking.metrics(metrics)
    task.metadata["model"] = {"backend": "onnx", **metrics}


def opened(settings: Settings, tokenizer: Tokenizer, folder: Path) -> Eyes:
    """Opens encoder and lexicons.

    Args:
        settings: Which ones.
        tokenizer: Executes the text specification, for the lexicons.
        folder: An empty folder for the encoder's files.

    Raises:
        InputError: One of them cannot be had or is damaged.
    """
    words = lexicon.read(settings.lexicon)
    encoder, sources = encoders.prepare(settings, folder, words)
    if not words:
        return Eyes(encoder, None, tuple(sources))
    valences = Valences(lexicon.by_token(words, tokenizer), len(words))
    return Eyes(encoder, valences, (*sources, *(word.source for word in words)))


def validated(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> dict[str, float]:
    """Returns the figures of the validation split, which no choice was made by."""
    found = probabilities.argmax(axis=1)
    present = np.unique(labels)
    macro_f1 = f1_score(labels, found, labels=present, average="macro")
    with np.errstate(divide="ignore"):
        logits = np.log(probabilities)
    known = logits[:, np.isfinite(logits).all(axis=0)]
    figures = {
        "validation_macro_f1": float(macro_f1),
        "validation_accuracy": float(np.mean(found == labels)),
    }
    if known.shape[1] == len(LABELS):
        figures["validation_log_loss"] = negative_log_likelihood(known, labels)
    return figures
