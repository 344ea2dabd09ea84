"""Reads the examples of a split in batches."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sentiment_common.errors import InputError

BATCH_ROWS = 512
"""Rows the graph works on at a time: more gain little speed, and long texts take memory."""


def read_batches(examples: Path, split: str, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    """Yields batches of rows of one split of an examples artifact, in the order of the file.

    Raises:
        InputError: The split or a column is missing, or a row has no text.
    """
    path = _file(examples, split)
    file = pq.ParquetFile(path)
    if absent := sorted(set(columns) - set(file.schema_arrow.names)):
        raise InputError(f"no column {', '.join(absent)}", where=str(path), mend="run ingest again")
    row = 0
    for batch in file.iter_batches(BATCH_ROWS, columns=list(columns)):
        if batch["text"].null_count:
            first = row + batch["text"].is_null().index(True).as_py() + 1
            raise InputError("no text", where=f"{path}, row {first}", mend="drop the row")
        row += len(batch)
        yield batch


def count_rows(examples: Path, split: str) -> int:
    """Returns the number of rows of one split.

    Raises:
        InputError: The split is missing.
    """
    return int(pq.ParquetFile(_file(examples, split)).metadata.num_rows)


def _file(examples: Path, split: str) -> Path:
    path = examples / split / "examples.parquet"
    if not path.is_file():
        raise InputError("the file is missing", where=str(path), mend="run ingest again")
    return path
