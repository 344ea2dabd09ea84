"""Reads one split of the examples: the same rows for every model."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sentiment_common.errors import InputError
from sentiment_models import LABELS

COLUMNS = ["text", "label", "source", "group"]


@dataclass(frozen=True)
class Split:
    """The rows of one split.

    Attributes:
        name: ``validation`` or ``test``.
        texts: Raw texts, [n].
        truth: Index of the label in ``LABELS``, int64 [n].
        sources: Where each row comes from, str [n].
        groups: Rows of one group depend on each other (sentences of one review), int64 [n].
    """

    name: str
    texts: list[str]
    truth: NDArray[np.int64]
    sources: NDArray[np.str_]
    groups: NDArray[np.int64]

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
    path = examples / name / "examples.parquet"
    if not path.is_file():
        raise InputError("the split is missing", where=str(path), mend="run ingest again")
    missing = set(COLUMNS) - set(pq.read_schema(path).names)
    if missing:
        raise InputError(f"no column {sorted(missing)[0]!r}", where=str(path))
    table = pq.read_table(path, columns=COLUMNS)
    if table.num_rows == 0:
        raise InputError("the split has no rows", where=str(path), mend="give ingest more rows")
    return Split(
        name,
        table["text"].to_pylist(),
        _label_indices(table["label"], path),
        np.array([source or "" for source in table["source"].to_pylist()], dtype=np.str_),
        _codes(table["group"]),
    )


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
