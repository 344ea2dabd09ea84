"""Readers of feedback files, one per format, chosen by the file's extension.

A reader is a function of a path and the columns wanted that yields a ``Record`` per row. A new
format is a module with such a function and its extensions in ``READERS``.
"""

import glob
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from sentiment_common.errors import InputError
from sentiment_ingest.readers.delimited import read_csv, read_tsv
from sentiment_ingest.readers.json_lines import read_json_lines
from sentiment_ingest.readers.parquet import read_parquet
from sentiment_ingest.records import Record

Reader = Callable[[Path, Sequence[str]], Iterator[Record]]

READERS: Mapping[str, Reader] = {
    ".csv": read_csv,
    ".tsv": read_tsv,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".json": read_json_lines,
    ".parquet": read_parquet,
}


logger = logging.getLogger(__name__)


def find_files(source: str) -> list[Path]:
    """Returns the files that a path or a glob names, sorted by name.

    Raises:
        InputError: There are none, one is a folder, or the format of one is unknown.
    """
    path = Path(source)
    # A file whose name holds "[" is itself before it is a pattern.
    files = [path] if path.exists() else [Path(name) for name in _matches(source)]
    if not files:
        raise InputError(
            "no such file", where=source, mend='check --source; "default" is the default corpus'
        )
    for file in files:
        if file.is_dir():
            raise InputError("a folder", where=str(file), mend=f"give a glob: {file}/*.csv")
        if file.suffix.lower() not in READERS:
            raise InputError(
                f"unknown format {file.suffix!r}",
                where=str(file),
                mend=f"give a file with one of these extensions: {', '.join(READERS)}",
            )
    return files


def read_files(files: Sequence[Path], columns: Sequence[str]) -> Iterator[Record]:
    """Yields the records of all files, each read by the reader of its extension.

    Raises:
        InputError: A file cannot be read or lacks a column.
    """
    for file in files:
        logger.info("reading %s", file)
        yield from READERS[file.suffix.lower()](file, columns)


def _matches(source: str) -> list[str]:
    return sorted(glob.glob(source, recursive=True))  # noqa: PTH207 (it takes no absolute path)
