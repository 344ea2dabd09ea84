"""Comma- and tab-separated files, as RFC 4180, spreadsheets and databases write them."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sentiment_common.errors import InputError
from sentiment_sources.content import Content
from sentiment_sources.formats.columns import clean, find_columns, propose
from sentiment_sources.formats.decoding import open_text
from sentiment_sources.formats.dialect import sample_rows, sniff
from sentiment_sources.formats.files import empty_file
from sentiment_sources.formats.lines import Lines
from sentiment_sources.formats.rows import Row, Rows
from sentiment_sources.records import Record

FORMULA = frozenset("=+-@")
LONG_NAME = 50
YES, NO = "yes", "no"


def read_csv(
    content: Content,
    columns: Mapping[str, str],
    pins: Mapping[str, str],
    tell: Callable[[str], None],
) -> Iterator[Record]:
    """Yields the records of a file whose columns are likely separated by commas."""
    return _read(content, columns, pins, tell, ",")


def read_tsv(
    content: Content,
    columns: Mapping[str, str],
    pins: Mapping[str, str],
    tell: Callable[[str], None],
) -> Iterator[Record]:
    """Yields the records of a file whose columns are likely separated by tabs."""
    return _read(content, columns, pins, tell, "\t")


def _read(
    content: Content, columns: Mapping[str, str], pins: Mapping[str, str],
    tell: Callable[[str], None], usual: str,
) -> Iterator[Record]:  # fmt: skip
    text = open_text(content, pins, tell)
    dialect = sniff(text, usual, columns.values(), pins, tell)
    ahead = sample_rows(text, dialect)
    header = _header(content, columns, pins, tell, ahead)
    shown = [row.fields for row in ahead[header.given :]]
    positions = find_columns(content, columns, header.names, tell, shown)
    lines = Lines(text)
    rows = Rows(lines, lines.damage, dialect, content.place)
    found = iter(rows)
    if header.given:
        next(found, None)
    rows.width = len(header.names)
    formulas, some = 0, False
    for row in found:
        some = True
        record = _record(content, header, positions, row)
        formulas += record.values.get("text", "")[:1] in FORMULA
        yield record
    if not some:
        raise empty_file(content)
    if formulas:
        tell(f"{content.name}: texts that begin with =, +, - or @ are kept as they are: {formulas}")
    if rows.trimmed:
        tell(f"{content.name}: empty columns at the end of rows are left out: {rows.trimmed}")


@dataclass(frozen=True)
class _Header:
    """What the columns are called.

    Attributes:
        names: Their names.
        given: 1 if the first row says so, else 0.
    """

    names: list[str]
    given: int


def _record(
    content: Content, header: _Header, positions: Mapping[str, int], row: Row
) -> Record:  # fmt: skip
    if row.problem:
        return Record(content.name, row.line, {}, row.problem, row.detail)
    fields = row.fields
    if header.names[0] in fields[0] and _named(fields) == header.names:
        return Record(content.name, row.line, {}, "header again", "the names of the columns")
    return Record(content.name, row.line, {role: fields[at] for role, at in positions.items()})


def _header(
    content: Content, columns: Mapping[str, str], pins: Mapping[str, str],
    tell: Callable[[str], None], ahead: Sequence[Row],
) -> _Header:  # fmt: skip
    """Returns the columns' names; the first row has them if it names a wanted column.

    Raises:
        InputError: There is no row, or the first row is no header and none is wanted either.
    """
    if not ahead:
        raise empty_file(content)
    first, pin = ahead[0], pins.get("header", "")
    if pin not in ("", YES, NO):
        return _Header(_pinned(content, pin, first), 0)
    if first.problem:
        raise InputError(
            f"unreadable header ({first.problem}: {first.detail})",
            where=f"{content.place}, row {first.line}",
            mend="mend the row, or pin header=no",
        )
    names, numbered = _named(first.fields), _numbered(len(first.fields))
    wanted = {name.casefold() for name in columns.values()}
    named = wanted & {name.casefold() for name in names}
    if pin == NO or (not pin and not named and wanted <= set(numbered)):
        if not pin:
            tell(f"{content.name}: its first row is read as data; pin with header=no")
        return _Header(numbered, 0)
    if not pin and not named:
        _refuse(content, columns, ahead)
    return _Header(names, 1)


def _named(fields: Sequence[str]) -> list[str]:
    """Returns the names that a header gives: empty ones numbered, those at its end left out."""
    names = [clean(field) for field in fields]
    while len(names) > 1 and not names[-1]:
        names.pop()
    return [name or f"column_{number}" for number, name in enumerate(names, start=1)]


def _numbered(count: int) -> list[str]:
    return [f"column_{number}" for number in range(1, count + 1)]


def _pinned(content: Content, pin: str, first: Row) -> list[str]:
    names = [clean(name) for name in next(csv.reader([pin]))]
    if not first.problem and len(first.fields) != len(names):
        raise InputError(
            f"header names {len(names)} columns where there are {len(first.fields)}",
            where=f"{content.place}, row {first.line}",
            mend="name each column once, separated by commas",
        )
    return names


def _refuse(content: Content, columns: Mapping[str, str], ahead: Sequence[Row]) -> None:
    """Raises the error for a first row that names no wanted column but cannot be a header.

    Raises:
        InputError: A row further down is the header, or the first one has numbers or long text.
    """
    wanted = {name.casefold() for name in columns.values()}
    role, name = next(iter(columns.items()))
    for row in ahead[1:]:
        if wanted <= {name.casefold() for name in _named(row.fields or [""])}:
            raise InputError(
                f"no column {name!r} in its first row, but in row {row.line}",
                where=content.place,
                mend="delete the lines above the header",
            )
    if any(_is_data(field) for field in ahead[0].fields):
        names = _numbered(len(ahead[0].fields))
        likely = propose(role, names, [row.fields for row in ahead])
        proposal = f"; the {role} may be in {likely!r}" if likely else ""
        example = ",".join(name if other == likely else other for other in names)
        raise InputError(
            f"no column {name!r}, and its first row looks like data",
            where=content.place,
            mend=f"pin the columns' names, e.g. header={example}, "
            f"or name those you want of {', '.join(names)}{proposal}",
        )


def _is_data(cell: str) -> bool:
    """Whether a cell is too long for a column's name, or begins like a number or a date."""
    return len(cell) > LONG_NAME or cell[:1].isdigit()
