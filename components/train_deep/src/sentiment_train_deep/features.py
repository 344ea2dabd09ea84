"""Reads one split's features: texts, tokens, labels and groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sentiment_common.errors import InputError
from sentiment_common.text import TextSpecification, Tokenizer, check_tokens
from sentiment_models import LABELS

COLUMNS = ("id", "text", "label", "group", "rating", "tokens")


@dataclass(frozen=True)
class Split:
    """Rows of one split.

    Attributes:
        ids: Identifier of each row.
        texts: Raw text of each row.
        tokens: Tokens of each row, never none.
        targets: Position of each row's label in LABELS, shape (rows,).
        groups: Rows of one group never part when rows are set aside, shape (rows,).
        ratings: Shape (rows,); NaN where there is none.
    """

    ids: Sequence[str]
    texts: Sequence[str]
    tokens: Sequence[Sequence[str]]
    targets: NDArray[np.int64]
    groups: NDArray[np.str_]
    ratings: NDArray[np.float64]


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
    targets = np.array([LABELS.index(label) for label in columns["label"]])
    groups = np.array(columns["group"], dtype=np.str_)
    ratings = np.array(columns["rating"], dtype=np.float64)
    return Split(columns["id"], columns["text"], columns["tokens"], targets, groups, ratings)


def check_texts(folder: Path, split: Split, transform_graph: Path) -> None:
    """Checks that a split's tokens are those that the transform graph makes of its texts.

    Raises:
        InputError: They are another graph's, or the graph has no specification.
    """
    tokenizer = Tokenizer(TextSpecification.load(transform_graph / "text_spec"))
    check_tokens(tokenizer, split.texts, split.tokens, str(folder / "features.parquet"))


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
