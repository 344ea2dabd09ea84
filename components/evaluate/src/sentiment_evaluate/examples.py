"""Reads the rows that models are compared on: the same ones for every model."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sentiment_common.errors import InputError
from sentiment_models import LABELS

COLUMNS = ("text", "label", "source", "group")
MORE_COLUMNS = ("rating", "created_at")
FILE = "examples.parquet"
SPLITS = ("train", "validation", "test")
WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")


@dataclass(frozen=True)
class Split:
    """The rows of one split.

    Attributes:
        name: What the rows are called: ``validation``, ``test`` or ``out_of_domain``.
        texts: Raw texts, [n].
        truth: Index of the label in ``LABELS``, int64 [n].
        sources: Where each row comes from, str [n].
        groups: Rows of one group depend on each other (sentences of one review), int64 [n].
        ratings: The rating behind each label, NaN where there is none, float64 [n]; None where no
            row has one.
        created: Date of each row in ISO 8601, empty where there is none, str [n]; None where no row
            has one.
    """

    name: str
    texts: list[str]
    truth: NDArray[np.int64]
    sources: NDArray[np.str_]
    groups: NDArray[np.int64]
    ratings: NDArray[np.float64] | None = None
    created: NDArray[np.str_] | None = None

    def __len__(self) -> int:
        """Returns the number of rows."""
        return len(self.texts)


def read_split(examples: Path, name: str) -> Split:
    """Reads a split of an examples artifact.

    Args:
        examples: The artifact's folder.
        name: ``validation`` or ``test``.

    Raises:
        InputError: The split is missing or empty, lacks a column or holds an unknown label.
    """
    path = examples / name / FILE
    if not path.is_file():
        raise InputError("the split is missing", where=str(path), mend="run ingest again")
    table = _read(path)
    if table.num_rows == 0:
        raise InputError("the split has no rows", where=str(path), mend="give ingest more rows")
    return _split(name, table, _label_indices(table["label"], path))


def read_out_of_domain(examples: Path, rows: int, seed: int) -> Split:
    """Reads examples that no model was trained for; every split of them is for judging here.

    Args:
        examples: The artifact's folder.
        rows: At most so many rows of a source, drawn at random.
        seed: Seed of the draw.

    Raises:
        InputError: There are no rows, a column is missing or a label unknown.
    """
    paths = [path for name in SPLITS if (path := examples / name / FILE).is_file()]
    tables = [_read(path) for path in paths]
    if not sum(table.num_rows for table in tables):
        raise InputError("it has no rows", where=str(examples), mend="give ingest more rows")
    truth = np.concatenate([
        _label_indices(table["label"], path) for table, path in zip(tables, paths, strict=True)
    ])  # fmt: skip
    whole = pa.concat_tables(tables, promote_options="default")
    kept = _drawn(_sources(whole), rows, np.random.default_rng(seed))
    return _split("out_of_domain", whole.take(pa.array(kept)), truth[kept])


def read_words(examples: Path) -> frozenset[str]:
    """Returns the words of the train split's texts; no label is read."""
    path = examples / "train" / FILE
    if not path.is_file():
        raise InputError("the split is missing", where=str(path), mend="run ingest again")
    texts = pq.read_table(path, columns=["text"])["text"].to_pylist()
    return frozenset(word for text in texts for word in words(text))


def words(text: str) -> list[str]:
    """Returns the words of a text, in lower case: letters with apostrophes between them."""
    return WORD.findall(text.lower())


def _read(path: Path) -> pa.Table:
    try:
        names = pq.read_schema(path).names
    except pa.ArrowInvalid as error:
        raise InputError(
            f"not a Parquet file ({error})", where=str(path), mend="run ingest again"
        ) from error
    missing = set(COLUMNS) - set(names)
    if missing:
        raise InputError(f"no column {sorted(missing)[0]!r}", where=str(path))
    return pq.read_table(path, columns=[*COLUMNS, *(it for it in MORE_COLUMNS if it in names)])


def _split(name: str, table: pa.Table, truth: NDArray[np.int64]) -> Split:
    ratings = _column(table, "rating")
    created = _column(table, "created_at")
    return Split(
        name,
        table["text"].to_pylist(),
        truth,
        _sources(table),
        _codes(table["group"]),
        None if ratings is None else np.array(ratings, dtype=np.float64),
        None if created is None else np.array([it or "" for it in created], dtype=np.str_),
    )


def _column(table: pa.Table, name: str) -> list[Any] | None:
    """Returns an optional column's values; None where it is absent or says nothing."""
    if name not in table.column_names:
        return None
    values: list[Any] = table[name].to_pylist()
    return values if any(value not in (None, "") for value in values) else None


def _sources(table: pa.Table) -> NDArray[np.str_]:
    return np.array([source or "" for source in table["source"].to_pylist()], dtype=np.str_)


def _drawn(
    sources: NDArray[np.str_], rows: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Draws at most so many rows of each source; they keep their order."""
    parts = []
    for source in np.unique(sources):
        held = np.flatnonzero(sources == source)
        parts.append(generator.permutation(held)[:rows])
    return np.sort(np.concatenate(parts))


def _label_indices(column: pa.ChunkedArray, path: Path) -> NDArray[np.int64]:
    index = {label: position for position, label in enumerate(LABELS)}
    labels = column.to_pylist()
    for row, label in enumerate(labels, start=1):
        if label not in index:
            raise InputError(
                f"label {label!r} is none of {', '.join(LABELS)}", where=f"{path}, row {row}"
            )
    return np.array([index[label] for label in labels], dtype=np.int64)


def _codes(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Numbers the groups; a row without one is a group of its own."""
    keys = [(0, value) if value else (1, str(row)) for row, value in enumerate(column.to_pylist())]
    numbers: dict[tuple[int, str], int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
