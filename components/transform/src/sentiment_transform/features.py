"""Applies the exported graph to examples and writes their features.

The features come from the SavedModel itself, loaded as a serving process loads it, so what models
are trained on is what they will meet.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow as tf
from numpy.typing import NDArray

from sentiment_common.text import Tokenizer

PROGRESS_ROWS = 50_000
CARRIED = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "text", "label", "source", "group")),
        ("rating", pa.float64()),
    ]
)
SCHEMA = pa.schema(
    [
        *CARRIED,
        ("tokens", pa.list_(pa.string())),
        ("token_ids", pa.list_(pa.int32())),
        ("ngram_ids", pa.list_(pa.int32())),
        ("ngram_tfidf", pa.list_(pa.float32())),
    ]
)
Graph = Callable[[Mapping[str, tf.Tensor]], Mapping[str, Any]]
logger = logging.getLogger(__name__)


def load_graph(transform_fn: Path) -> Graph:
    """Loads the exported graph: {"text": strings [batch]} to the features of each text."""
    graph: Graph = tf.saved_model.load(str(transform_fn)).transform_fn
    return graph


def write_features(
    examples: Iterable[pa.RecordBatch], graph: Graph, tokenizer: Tokenizer, target: Path
) -> int:
    """Writes the features of every example, in the same order.

    Args:
        examples: Batches of rows with the text and the columns that are carried along.
        graph: The exported graph.
        tokenizer: The other engine of the text specification; it must find the same tokens.
        target: The ``features.parquet`` to write.

    Returns:
        The number of rows.

    Raises:
        RuntimeError: The two engines differ on a row.
    """
    rows = 0
    with pq.ParquetWriter(target, SCHEMA, compression="zstd") as writer:
        for batch in examples:
            features = featurized(batch, graph)
            _check_tokens(batch, features, tokenizer)
            writer.write_table(features)
            if (rows + len(batch)) // PROGRESS_ROWS > rows // PROGRESS_ROWS:
                logger.info("features of %s rows", f"{rows + len(batch):,}")
            rows += len(batch)
    return rows


def read_features(path: Path, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    """Yields batches of rows of a ``features.parquet``."""
    yield from pq.ParquetFile(path).iter_batches(columns=list(columns))


def featurized(batch: pa.RecordBatch, graph: Graph) -> pa.Table:
    """Returns the features of a batch of examples."""
    texts = tf.constant(batch["text"].cast(pa.binary()).to_numpy(zero_copy_only=False))
    found = graph({"text": texts})
    values = {
        "tokens": _ragged(found["tokens"]),
        "token_ids": _ragged(found["token_ids"]),
        "ngram_ids": _sparse(found["ngram_ids"]),
        "ngram_tfidf": _sparse(found["ngram_tfidf"]),
    }
    columns = {**{name: batch[name] for name in CARRIED.names}, **values}
    return pa.table([columns[field.name].cast(field.type) for field in SCHEMA], schema=SCHEMA)


def check_engines(texts: Sequence[str], graph: Graph, tokenizer: Tokenizer) -> None:
    """Holds the exported graph against the other engine of the text specification.

    Raises:
        RuntimeError: They differ on a text.
    """
    found = _ragged(graph({"text": tf.constant(texts, tf.string)})["tokens"])
    differing = _first_difference(texts, found.cast(pa.list_(pa.string())).to_pylist(), tokenizer)
    if differing is not None:
        raise RuntimeError(f"the two engines differ on {texts[differing]!r}")


def _check_tokens(examples: pa.RecordBatch, features: pa.Table, tokenizer: Tokenizer) -> None:
    texts = examples["text"].to_pylist()
    row = _first_difference(texts, features["tokens"].to_pylist(), tokenizer)
    if row is not None:
        # The text is a customer's and stays out of the log.
        raise RuntimeError(f"the two engines differ on {examples['id'][row]}")


def _first_difference(
    texts: Sequence[str], found: Sequence[Sequence[str]], tokenizer: Tokenizer
) -> int | None:
    for position, (text, tokens) in enumerate(zip(texts, found, strict=True)):
        if tokenizer.tokens(text) != tokens:
            return position
    return None


def _ragged(tensor: tf.RaggedTensor) -> pa.ListArray:
    return _lists(tensor.row_splits.numpy(), tensor.flat_values.numpy())


def _sparse(tensor: tf.SparseTensor) -> pa.ListArray:
    lengths = np.bincount(tensor.indices[:, 0].numpy(), minlength=int(tensor.dense_shape[0]))
    return _lists(np.concatenate([[0], np.cumsum(lengths)]), tensor.values.numpy())


def _lists(splits: NDArray[Any], values: NDArray[Any]) -> pa.ListArray:
    # An array of bytes objects needs its type said where it is empty.
    flat = pa.array(values, pa.binary() if values.dtype == object else None)
    return pa.ListArray.from_arrays(pa.array(splits, pa.int32()), flat)
