"""Formats of feedback files, chosen by the file's extension or a pin.

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
from sentiment_sources.formats.files import SPREADSHEET
from sentiment_sources.formats.json_lines import read_json
from sentiment_sources.formats.parquet import read_parquet
from sentiment_sources.formats.plain_text import read_plain_text
from sentiment_sources.records import Record

Tell = Callable[[str], None]
Format = Callable[[Content, Mapping[str, str], Mapping[str, str], Tell], Iterator[Record]]

FORMATS: Mapping[str, Format] = {
    ".csv": read_csv,
    ".tsv": read_tsv,
    ".jsonl": read_json,
    ".ndjson": read_json,
    ".json": read_json,
    ".parquet": read_parquet,
    ".txt": read_plain_text,
}
WORKBOOKS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers")
logger = logging.getLogger(__name__)


def records(
    content: Content, columns: Mapping[str, str], pins: Mapping[str, str], tell: Tell
) -> Iterator[Record]:
    """Yields the records of a file: one for each of its rows, those that cannot be used included.

    Args:
        content: The file.
        columns: Column by role.
        pins: What is not to be guessed: ``format`` (one of ``FORMATS``, with or without its dot),
            ``encoding``, ``delimiter``, ``quotes`` and ``header``, see the modules of the formats.
        tell: Is told each guess, in words.

    Raises:
        InputError: The file cannot be read, lacks a column, or its format is unknown.
    """
    extension = PurePath(content.name).suffix.lower()
    if pins.get("format"):
        extension = "." + pins["format"].lower().removeprefix(".")
    if extension not in FORMATS:
        known = ", ".join(FORMATS)
        raise InputError(
            f"unknown format {extension!r}",
            where=content.place,
            mend=SPREADSHEET if extension in WORKBOOKS
            else f"give a file with one of these extensions: {known}; or pin the format",
        )  # fmt: skip
    logger.info("reading %s", content.place)
    return FORMATS[extension](content, columns, pins, tell)
