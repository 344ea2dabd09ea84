"""Composes text graph, network and temperature into one SavedModel, and checks what comes back."""

import hashlib
import json
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from sentiment_common.text import TextSpecification, Tokenizer
from sentiment_models import load, reference
from sentiment_models.bundle import Bundle, write_bundle
from sentiment_models.calibration import softmax
from sentiment_models.tensorflow import SAVED_MODEL
from sentiment_train_deep import vocabulary
from sentiment_train_deep.features import Split
from sentiment_train_deep.fitting import logits
from sentiment_train_deep.training import Trained
from sentiment_train_deep.transform_graph import TransformGraph

TOLERANCE = 1e-6
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Model:
    """Everything a deep bundle is made of.

    Attributes:
        trained: The network and its temperature.
        words: Maps tokens to its inputs.
        max_length: Tokens of a text that are read.
        graph: Turns raw texts into tokens.
    """

    trained: Trained
    words: vocabulary.Vocabulary
    max_length: int
    graph: TransformGraph

    def predict_proba_of_tokens(self, rows: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        """Returns calibrated probabilities of texts that are tokens already, (rows, labels)."""
        identifiers = self.words.identifiers(rows, self.max_length)
        return softmax(logits(self.trained.network, identifiers) / self.trained.temperature)


def save(folder: Path, model: Model) -> dict[str, str]:
    """Writes the bundle.

    Args:
        folder: An empty folder.
        model: What to save.

    Returns:
        The digest that stands for the SavedModel, whose bytes vary between saves, by its folder.

    Raises:
        InputError: The text specification is missing or damaged.
    """
    facts = Bundle(
        name="deep",
        backend="tensorflow",
        text_specification=TextSpecification.load(model.graph.text_specification).digest,
        runtime={package: version(package) for package in ("tensorflow-cpu", "numpy")},
        metrics=model.trained.metrics,
    )
    write_bundle(folder, facts, model.graph.text_specification)
    with tempfile.TemporaryDirectory() as scratch:
        words = Path(scratch) / "words.txt"
        text = "".join(f"{word}\n" for word in model.words.words)
        words.write_text(text, encoding="utf-8", newline="\n")
        tf.saved_model.save(composed(model, words), str(folder / SAVED_MODEL))
    return {SAVED_MODEL: digest(model)}


def save_reference(folder: Path, split: Split, model: Model) -> None:
    """Writes what the train split looked like to networks that had not seen it, if there were any.

    Args:
        folder: The saved bundle.
        split: The train split.
        model: What was saved.
    """
    if model.trained.out_of_fold is None:
        logger.info("without --cross-fit-folds the bundle has no reference: drift is not measured")
        return
    specification = TextSpecification.load(model.graph.text_specification)
    seen = reference.make(
        split.texts, model.trained.out_of_fold, split.targets, specification, groups=split.groups
    )
    seen.write(folder)


def composed(model: Model, words: Path) -> tf.Module:
    """Returns what is saved.

    Its ``serve`` takes raw texts, strings [batch], and returns calibrated probabilities. Its
    ``tokens`` returns what the text graph makes of them, ragged strings [batch, tokens], so that
    whoever takes the bundle over can hold it against the Python engine.

    Args:
        model: What it is composed of.
        words: File of the vocabulary, which the SavedModel takes along as an asset.
    """
    network, temperature = model.trained.network, model.trained.temperature
    module = tf.Module(name="served")
    module.transform = transform = model.graph.module
    module.identifiers = identifiers = tf.lookup.StaticHashTable(
        tf.lookup.TextFileInitializer(
            str(words), tf.string, tf.lookup.TextFileIndex.WHOLE_LINE,
            tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER,
        ),
        default_value=vocabulary.UNKNOWN - vocabulary.FIRST_WORD,
    )  # fmt: skip
    # The variables alone are tracked: the network would bring Keras' own functions along.
    module.weights = {weight.path: weight.value for weight in network.weights}

    texts_in = [tf.TensorSpec([None], tf.string, name="text")]

    @tf.function(input_signature=texts_in)
    def tokens(texts: Any) -> Any:
        return transform.transform_fn({"text": texts})["tokens"]

    @tf.function(input_signature=texts_in)
    def serve(texts: Any) -> Any:
        read = tokens(texts)[:, : model.max_length]
        numbers = identifiers.lookup(read.flat_values) + vocabulary.FIRST_WORD
        rows = read.with_flat_values(tf.cast(numbers, tf.int32)).to_tensor(vocabulary.PADDING)
        return tf.nn.softmax(network(rows, training=False) / temperature)

    module.tokens, module.serve = tokens, serve
    return module


def digest(model: Model) -> str:
    """Returns the SHA-256 of everything that decides the probabilities, weights by name."""
    words = "\n".join(model.words.words)
    settings = [model.graph.digest, model.max_length, model.trained.temperature, words]
    digested = hashlib.sha256(json.dumps(settings).encode())
    for weight in sorted(model.trained.network.weights, key=lambda weight: weight.path):
        values = weight.numpy()
        digested.update(f"{weight.path} {values.dtype} {values.shape}".encode())
        digested.update(values.tobytes())
    return digested.hexdigest()


def check(folder: Path, model: Model, rows: Sequence[Sequence[str]]) -> None:
    """Checks that the bundle gives the probabilities of the network in memory.

    The rows' tokens, joined by spaces, are the raw texts. What the Python engine makes of them goes
    to the network in memory, so the bundle's text graph is held against that engine as well.

    Args:
        folder: The saved bundle.
        model: What was saved.
        rows: Tokens of the validation rows.

    Raises:
        RuntimeError: They differ.
    """
    texts = [" ".join(tokens) for tokens in rows]
    tokenizer = Tokenizer(TextSpecification.load(folder / "text_spec"))
    trained = model.predict_proba_of_tokens([tokenizer.tokens(text) for text in texts])
    difference = float(np.abs(load(folder).predict_proba(texts) - trained).max())
    logger.info("bundle and training differ by at most %.1e over %d rows", difference, len(texts))
    if not difference <= TOLERANCE:
        raise RuntimeError(
            f"the bundle's probabilities differ from those of training by up to {difference:.1e}"
        )
