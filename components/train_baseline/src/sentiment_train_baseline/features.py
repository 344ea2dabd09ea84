"""Reads the features of the train split as the matrix a linear model is fitted to."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from sentiment_common.artifacts import TRANSFORM_GRAPH, read_manifest
from sentiment_common.errors import InputError
from sentiment_models import LABELS

COLUMNS = ("label", "group", "tokens", "ngram_ids", "ngram_tfidf")


@dataclass(frozen=True)
class Graph:
    """What a linear model takes over from the transform graph.

    Attributes:
        text_specification: Folder of the saved text specification.
        vocabulary: n-grams by id.
        idf: Factor of each n-gram, float32, shape (vocabulary,).
        ngram_max: Tokens of the longest n-gram.
    """

    text_specification: Path
    vocabulary: tuple[str, ...]
    idf: NDArray[np.float32]
    ngram_max: int


@dataclass(frozen=True)
class TrainingData:
    """The train split.

    Attributes:
        matrix: TF-IDF, rows of unit length, float64, shape (rows, vocabulary).
        targets: Position of each row's label in LABELS, shape (rows,).
        groups: Rows of one group never part in cross-validation, shape (rows,).
        tokens: Tokens of each row.
        graph: What the features were made with.
    """

    matrix: csr_matrix
    targets: NDArray[np.int64]
    groups: NDArray[np.str_]
    tokens: Sequence[Sequence[str]]
    graph: Graph


def read(train_features: Path, transform_graph: Path) -> TrainingData:
    """Reads features and the vocabulary they refer to.

    Raises:
        InputError: A file or column is missing, there are no rows, labels are unknown or all the
            same, or features and graph are not from one transform.
    """
    path = train_features / "features.parquet"
    graph = _read_graph(transform_graph)
    table = _read_table(path)
    targets = _targets(table["label"].to_pylist(), path)
    matrix = _matrix(table, len(graph.vocabulary), path)
    groups = np.array(table["group"].to_pylist(), dtype=np.str_)
    return TrainingData(matrix, targets, groups, table["tokens"].to_pylist(), graph)


def _read_table(path: Path) -> pa.Table:
    if not path.is_file():
        raise InputError("no features.parquet here", where=str(path.parent))
    try:
        stored = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise InputError(f"not a Parquet file ({error})", where=str(path)) from error
    missing = [column for column in COLUMNS if column not in stored.schema_arrow.names]
    if missing:
        raise InputError(f"no column {', '.join(missing)}", where=str(path))
    table = stored.read(columns=list(COLUMNS))
    if table.num_rows == 0:
        raise InputError("no rows to train on", where=str(path))
    return table


def _read_graph(folder: Path) -> Graph:
    vocabulary = folder / "vocabulary"
    try:
        text = (vocabulary / "ngrams.txt").read_text(encoding="utf-8")
        idf = np.load(vocabulary / "ngram_idf.npy", allow_pickle=False)
    except FileNotFoundError as error:
        raise InputError(f"{error.filename} is missing", where=str(folder)) from error
    terms = tuple(text.removesuffix("\n").split("\n")) if text else ()
    if not terms or idf.shape != (len(terms),) or idf.dtype != np.float32:
        raise InputError(
            f"{len(terms)} n-grams, but factors of shape {idf.shape} and type {idf.dtype}",
            where=str(vocabulary),
            mend="run transform again",
        )
    parameters = read_manifest(folder, TRANSFORM_GRAPH).parameters
    return Graph(folder / "text_spec", terms, idf, int(parameters["ngram_max"]))


def _targets(labels: Sequence[str], path: Path) -> NDArray[np.int64]:
    unknown = sorted({str(label) for label in labels} - set(LABELS))
    if unknown:
        raise InputError(
            f"unknown label {unknown[0]!r}", where=str(path), mend=f"known are {', '.join(LABELS)}"
        )
    if len(set(labels)) == 1:
        raise InputError(
            f"all {len(labels)} rows are {labels[0]}",
            where=str(path),
            mend="train on examples of at least two labels",
        )
    return np.array([LABELS.index(label) for label in labels])


def _matrix(table: pa.Table, size: int, path: Path) -> csr_matrix:
    ids, weights = (table[name].combine_chunks() for name in ("ngram_ids", "ngram_tfidf"))
    lengths = ids.value_lengths().to_numpy()
    columns = ids.flatten().to_numpy()
    values = weights.flatten().to_numpy().astype(np.float64)
    if len(columns) and not 0 <= columns.min() <= columns.max() < size:
        raise InputError(
            f"an n-gram id is not among the {size} of the transform graph",
            where=str(path),
            mend="give features and transform graph of one run",
        )
    rows = np.repeat(np.arange(len(lengths)), lengths)
    values /= np.sqrt(np.bincount(rows, values * values, minlength=len(lengths)))[rows]
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    return csr_matrix((values, columns, bounds), shape=(len(lengths), size))
