"""The factors of the exported TF-IDF as a file, for engines that do without the graph."""

from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from sentiment_transform.features import read_features


def document_counts(features: Path, size: int) -> NDArray[np.int64]:
    """Returns in how many rows of the features each of ``size`` n-grams occurs."""
    counts = np.zeros(size, np.int64)
    for batch in read_features(features, ("ngram_ids",)):
        counts += np.bincount(batch["ngram_ids"].flatten(), minlength=size)
    return counts


def idf(counts: NDArray[np.int64], rows: int) -> NDArray[np.float32]:
    """Returns ``1 + log((1 + rows) / (1 + counts))`` in float32, of the shape of ``counts``.

    TensorFlow computes it, as in the graph: a logarithm's last bit varies between libraries.
    """
    ratio = (tf.constant(rows, tf.float32) + 1.0) / (1.0 + tf.constant(counts, tf.float32))
    factors: NDArray[np.float32] = (tf.math.log(ratio) + 1.0).numpy()
    return factors


def check_weights(features: Path, factors: NDArray[np.float32], ngram_max: int) -> None:
    """Recomputes every weight of the features from the factors, to the last bit.

    Raises:
        RuntimeError: A weight of the graph is not the product that the factors give.
    """
    for batch in read_features(features, ("tokens", "ngram_ids", "ngram_tfidf")):
        weights = batch["ngram_tfidf"].flatten().to_numpy()
        gathered = factors[batch["ngram_ids"].flatten().to_numpy()]
        tokens = batch["tokens"].value_lengths().to_numpy()
        sizes = np.repeat(_ngrams(tokens, ngram_max), batch["ngram_tfidf"].value_lengths())
        occurrences = np.rint(weights.astype(np.float64) / gathered * sizes)
        if not np.array_equal((occurrences / sizes).astype(np.float32) * gathered, weights):
            raise RuntimeError(f"{features}: weights differ from the factors of the vocabulary")


def _ngrams(tokens: NDArray[np.int32], ngram_max: int) -> NDArray[np.int64]:
    """Returns how many n-grams of 1 to ``ngram_max`` tokens texts of so many tokens have."""
    counts = [np.maximum(tokens - length + 1, 0) for length in range(1, ngram_max + 1)]
    return np.sum(counts, axis=0, dtype=np.int64)
