"""Reads the features of the train split."""

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
class TrainingData:
    """The train split.

    Attributes:
        ids: Identifier of each row.
        texts: Raw text of each row.
        tokens: Tokens of each row.
        targets: Position of each row's label in LABELS, shape (rows,).
        groups: Rows of one group never part in cross-validation, shape (rows,).
        ratings: The number behind each label, nan where unknown, shape (rows,).
        text_specification: Folder of the saved text specification.
        tokenizer: Executes it.
    """

    ids: Sequence[str]
    texts: Sequence[str]
    tokens: Sequence[Sequence[str]]
    targets: NDArray[np.int64]
    groups: NDArray[np.str_]
    ratings: NDArray[np.float64]
    text_specification: Path
    tokenizer: Tokenizer


def read(train_features: Path, transform_graph: Path) -> TrainingData:
    """Reads features and the text specification that made their tokens.

    Raises:
        InputError: A file or column is missing, there are no rows, labels are unknown or all the
            same, or features and graph are not from one transform.
    """
    path = train_features / "features.parquet"
    specification = transform_graph / "text_spec"
    tokenizer = Tokenizer(TextSpecification.load(specification))
    table = _read_table(path)
    texts, tokens = table["text"].to_pylist(), table["tokens"].to_pylist()
    check_tokens(tokenizer, texts, tokens, str(path))
    ratings = table["rating"].cast(pa.float64()).combine_chunks()
    return TrainingData(
        table["id"].to_pylist(),
        texts,
        tokens,
        _targets(table["label"].to_pylist(), path),
        np.array(table["group"].to_pylist(), dtype=np.str_),
        ratings.to_numpy(zero_copy_only=False).astype(np.float64),
        specification,
        tokenizer,
    )


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
