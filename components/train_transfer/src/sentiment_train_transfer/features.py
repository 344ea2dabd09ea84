"""Reads one split's features: texts, tokens, labels, ratings and groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sentiment_common.errors import InputError
from sentiment_models import LABELS

COLUMNS = ("id", "text", "label", "rating", "group", "tokens")


@dataclass(frozen=True)
class Split:
    """Rows of one split.

    Attributes:
        ids: Id of each row.
        texts: Raw text of each row.
        tokens: Tokens of each row.
        targets: Position of each row's label in LABELS, shape (rows,).
        ratings: Rating of each row, nan where there is none, shape (rows,).
        groups: Rows of one group never part in cross-validation, shape (rows,).
    """

    ids: Sequence[str]
    texts: Sequence[str]
    tokens: Sequence[Sequence[str]]
    targets: NDArray[np.int64]
    ratings: NDArray[np.float64]
    groups: NDArray[np.str_]


def read(folder: Path) -> Split:
    """Reads ``features.parquet``.

    Raises:
        InputError: The file or a column is missing, there are no rows, or a label is unknown.
    """
    path = folder / "features.parquet"
    if not path.is_file():
        raise InputError("no features.parquet here", where=str(folder))
    try:
        stored = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise InputError(f"not a Parquet file ({error})", where=str(path)) from error
    missing = [column for column in COLUMNS if column not in stored.schema_arrow.names]
    if missing:
        raise InputError(f"no column {', '.join(missing)}", where=str(path))
    columns = stored.read(columns=list(COLUMNS)).to_pydict()
    if not columns["label"]:
        raise InputError("no rows", where=str(path))
    unknown = sorted({str(label) for label in columns["label"]} - set(LABELS))
    if unknown:
        raise InputError(
            f"unknown label {unknown[0]!r}", where=str(path), mend=f"known are {', '.join(LABELS)}"
        )
    return Split(
        columns["id"], columns["text"], columns["tokens"],
        np.array([LABELS.index(label) for label in columns["label"]]),
        np.array(columns["rating"], dtype=np.float64),
        np.array(columns["group"], dtype=np.str_),
    )  # fmt: skip


def check_labels(split: Split, where: str) -> None:
    """Refuses a train split that has nothing to tell apart.

    Raises:
        InputError: All rows have the same label.
    """
    if len(np.unique(split.targets)) == 1:
        raise InputError(
            f"all {len(split.targets)} rows are {LABELS[split.targets[0]]}",
            where=where,
            mend="train on examples of at least two labels",
        )
