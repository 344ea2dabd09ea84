"""Formats of feedback files, chosen by the file's extension.

A format is a function of a content, the column by role, the pins and where to tell a guess, that
yields a ``Record`` per row. A new one is a module with such a function and its extensions in
``FORMATS``.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath

from sentiment_common.errors import InputError
from sentiment_sources.content import Content
from sentiment_sources.formats.delimited import read_csv, read_tsv
from sentiment_sources.formats.json_lines import read_json_lines
from sentiment_sources.formats.parquet import read_parquet
from sentiment_sources.records import Record

Tell = Callable[[str], None]
Format = Callable[[Content, Mapping[str, str], Mapping[str, str], Tell], Iterator[Record]]

FORMATS: Mapping[str, Format] = {
    ".csv": read_csv,
    ".tsv": read_tsv,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".json": read_json_lines,
    ".parquet": read_parquet,
}
logger = logging.getLogger(__name__)


def records(
    content: Content, columns: Mapping[str, str], pins: Mapping[str, str], tell: Tell
) -> Iterator[Record]:
    """Yields the records of a file, read in the format of its extension.

    Args:
        content: The file.
        columns: Column by role.
        pins: What is not to be guessed, see ``SourceSpec``.
        tell: Is told each guess, in words.

    Raises:
        InputError: The file cannot be read, lacks a column, or its format is unknown.
    """
    extension = PurePath(content.name).suffix.lower()
    if extension not in FORMATS:
        raise InputError(
            f"unknown format {extension!r}",
            where=content.place,
            mend=f"give a file with one of these extensions: {', '.join(FORMATS)}",
        )
    logger.info("reading %s", content.place)
    return FORMATS[extension](content, columns, pins, tell)
