"""Comma- and tab-separated files, as RFC 4180 and spreadsheets write them."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError
from sentiment_ingest.readers.files import check_columns, empty_file, read_text
from sentiment_ingest.records import Record

FIELD_LIMIT = 16 * 1024 * 1024
"""Characters in one field. The csv module's own limit of 131,072 refuses long letters; a field
longer than this is a quotation mark that nobody closed."""

UNCLOSED = ("unexpected end of data", "field larger than field limit")


def read_csv(path: Path, columns: Sequence[str]) -> Iterator[Record]:
    """Yields the records of a comma-separated file with a header."""
    return _read(path, columns, ",")


def read_tsv(path: Path, columns: Sequence[str]) -> Iterator[Record]:
    """Yields the records of a tab-separated file with a header."""
    return _read(path, columns, "\t")


def _read(path: Path, columns: Sequence[str], delimiter: str) -> Iterator[Record]:
    rows = _rows(path, delimiter)
    _, header, problem = next(rows)
    if header is None:
        raise InputError(f"unreadable header ({problem})", where=str(path))
    names = [name.strip() for name in header]
    _check_separator(path, names, delimiter)
    check_columns(path, columns, names)
    positions = {name: names.index(name) for name in columns}
    count = 0
    for line, row, problem in rows:
        count += 1
        if row is None:
            yield Record(path.name, line, {}, "not readable as CSV", problem)
        elif len(row) != len(names):
            detail = f"{len(row)} columns where the header has {len(names)}"
            yield Record(path.name, line, {}, "wrong number of columns", detail)
        else:
            yield Record(path.name, line, {name: row[at] for name, at in positions.items()})
    if not count:
        raise empty_file(path)


def _check_separator(path: Path, names: Sequence[str], delimiter: str) -> None:
    for other in ",;\t|":
        if len(names) == 1 and other != delimiter and other in names[0]:
            raise InputError(
                f"its header is separated by {other!r}, not by {delimiter!r}",
                where=str(path),
                mend="save it as .csv with commas or as .tsv with tabs",
            )


def _rows(path: Path, delimiter: str) -> Iterator[tuple[int, list[str] | None, str]]:
    """Yields (first line, fields or None, problem) of each row that is not blank."""
    csv.field_size_limit(FIELD_LIMIT)
    # Lines end at \n alone: a carriage return inside a field must not shift the count of lines.
    stream = io.StringIO(read_text(path), newline="\n")
    reader: Any = csv.reader(stream, delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if str(error).startswith(UNCLOSED):
                raise InputError(
                    "a quotation mark is opened and never closed",
                    where=f"{path}, row {line}",
                    mend="close it, or double it if it is part of the text",
                ) from error
            yield line, None, str(error)
            continue
        if row:
            yield line, row, ""
