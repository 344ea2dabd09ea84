"""What earlier examples say: which row stood in which split."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sentiment_common.errors import InputError
from sentiment_ingest.split import SPLITS

COLUMNS = ["id", "text", "group"]


@dataclass(frozen=True, slots=True)
class Previous:
    """A row of earlier examples.

    Attributes:
        split: Where it stood.
        text: Its text; None if it had a split and was dropped, so that nobody can have its text.
        group: Its group, as joined by near-duplicates then.
    """

    id: str
    split: str
    text: str | None
    group: str


def read_previous(folder: Path | None) -> Iterator[Previous]:
    """Yields the rows of an examples artifact; none if there is no artifact or it is empty.

    Raises:
        InputError: A file of it cannot be read or lacks a column.
    """
    if folder is None:
        return
    for split in SPLITS:
        for path in sorted((folder / split).glob("*.parquet")):
            yield from _rows(path, split)
    dropped = folder / "dropped.jsonl"
    if dropped.is_file():
        yield from _dropped(dropped)


def _rows(path: Path, split: str) -> Iterator[Previous]:
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=COLUMNS):
                columns = (batch.column(name).to_pylist() for name in COLUMNS)
                for identity, text, group in zip(*columns, strict=True):
                    yield Previous(identity, split, text, group)
    except (pa.ArrowException, OSError, KeyError) as error:
        raise unreadable(path, error) from error


def _dropped(path: Path) -> Iterator[Previous]:
    for line in path.read_text("utf-8").split("\n"):
        if line:
            try:
                entry = json.loads(line)
                if entry.get("split") in SPLITS:
                    yield Previous(entry["id"], entry["split"], None, entry["id"])
            except (ValueError, KeyError, AttributeError) as error:
                raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> InputError:
    """Returns the error for a file that ingest did not make."""
    return InputError(
        f"not readable as earlier examples ({error})",
        where=str(path),
        mend="give --previous-examples a folder that ingest made, or leave it out",
    )
