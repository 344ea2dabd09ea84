"""Comma- and tab-separated files, as RFC 4180 and spreadsheets write them."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sentiment_common.errors import InputError
from sentiment_sources.content import Content
from sentiment_sources.formats.files import check_columns, empty_file, read_text
from sentiment_sources.records import Record

FIELD_LIMIT = 16 * 1024 * 1024
"""Characters in one field. The csv module's own limit of 131,072 refuses long letters; a field
longer than this is a quotation mark that nobody closed."""

UNCLOSED = ("unexpected end of data", "field larger than field limit")


def read_csv(
    content: Content,
    columns: Mapping[str, str],
    pins: Mapping[str, str],
    tell: Callable[[str], None],
) -> Iterator[Record]:
    """Yields the records of a comma-separated file with a header."""
    return _read(content, columns, ",")


def read_tsv(
    content: Content,
    columns: Mapping[str, str],
    pins: Mapping[str, str],
    tell: Callable[[str], None],
) -> Iterator[Record]:
    """Yields the records of a tab-separated file with a header."""
    return _read(content, columns, "\t")


def _read(content: Content, columns: Mapping[str, str], delimiter: str) -> Iterator[Record]:
    rows = _rows(content, delimiter)
    _, header, problem = next(rows)
    if header is None:
        raise InputError(f"unreadable header ({problem})", where=content.place)
    names = [name.strip() for name in header]
    _check_separator(content, names, delimiter)
    check_columns(content, columns.values(), names)
    positions = {role: names.index(name) for role, name in columns.items()}
    count = 0
    for line, row, problem in rows:
        count += 1
        if row is None:
            yield Record(content.name, line, {}, "not readable as CSV", problem)
        elif len(row) != len(names):
            detail = f"{len(row)} columns where the header has {len(names)}"
            yield Record(content.name, line, {}, "wrong number of columns", detail)
        else:
            yield Record(content.name, line, {role: row[at] for role, at in positions.items()})
    if not count:
        raise empty_file(content)


def _check_separator(content: Content, names: Sequence[str], delimiter: str) -> None:
    for other in ",;\t|":
        if len(names) == 1 and other != delimiter and other in names[0]:
            raise InputError(
                f"its header is separated by {other!r}, not by {delimiter!r}",
                where=content.place,
                mend="save it as .csv with commas or as .tsv with tabs",
            )


def _rows(content: Content, delimiter: str) -> Iterator[tuple[int, list[str] | None, str]]:
    """Yields (first line, fields or None, problem) of each row that is not blank."""
    csv.field_size_limit(FIELD_LIMIT)
    # Lines end at \n alone: a carriage return inside a field must not shift the count of lines.
    stream = io.StringIO(read_text(content), newline="\n")
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
                    where=f"{content.place}, row {line}",
                    mend="close it, or double it if it is part of the text",
                ) from error
            yield line, None, str(error)
            continue
        if row:
            yield line, row, ""
