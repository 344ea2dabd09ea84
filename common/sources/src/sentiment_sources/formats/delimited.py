"""Comma- and tab-separated files, as RFC 4180, spreadsheets and databases write them."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sentiment_common.errors import InputError
from sentiment_sources.content import Content
from sentiment_sources.formats.columns import clean, find_columns, fold, propose
from sentiment_sources.formats.decoding import open_text
from sentiment_sources.formats.dialect import LOOK, sample_rows, sniff
from sentiment_sources.formats.files import empty_file
from sentiment_sources.formats.lines import Lines
from sentiment_sources.formats.rows import NULL, Row, Rows
from sentiment_sources.records import Record

FORMULA = frozenset("=+-@")
LONG_NAME = 50
YES, NO = "yes", "no"
ENOUGH = 3
"""Rows by which a column without a name is told."""


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
    shown = [row.fields for row in ahead if row.line > header.line]
    positions = find_columns(content, columns, header.names, tell, shown)
    lines = Lines(text)
    rows = Rows(lines.blocks(), lines.damage, dialect, content.place)
    found = iter(rows)
    where = f"that is row {header.line}"
    while header.line and (row := next(found)).line < header.line:
        yield Record(content.name, row.line, {}, "above the header", where)
    rows.width = len(header.names)
    cells = list(positions.items())
    formulas, some = 0, False
    for row in found:
        some = True
        record = _record(content.name, header.names, cells, row)
        formulas += (record.values.get("text") or "")[:1] in FORMULA
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
        line: The line that says so; 0 if there is none.
    """

    names: list[str]
    line: int


def _record(name: str, header: list[str], cells: list[tuple[str, int]], row: Row) -> Record:
    line, fields, problem, detail = row
    if problem:
        return Record(name, line, {}, problem, detail)
    if header[0] in fields[0] and _named(fields) == header:
        return Record(name, line, {}, "header again", "the names of the columns")
    values = {role: None if (cell := fields[at]) == NULL else cell for role, at in cells}
    return Record(name, line, values)


def _header(
    content: Content, columns: Mapping[str, str], pins: Mapping[str, str],
    tell: Callable[[str], None], ahead: Sequence[Row],
) -> _Header:  # fmt: skip
    """Returns the columns' names: from the first row that names a wanted column.

    Raises:
        InputError: There is no row, or the first row is no header and none is wanted either.
    """
    if not ahead:
        raise empty_file(content)
    pin = pins.get("header", "")
    if pin not in ("", YES, NO) and not pin.isdecimal():
        return _Header(_pinned(content, pin, ahead[0]), 0)
    at = _header_row(content, columns, pin, ahead)
    row = ahead[at]
    if row.problem:
        raise InputError(
            f"unreadable header ({row.problem}: {row.detail})",
            where=f"{content.place}, row {row.line}",
            mend="mend the row, or pin header=no",
        )
    names, numbered = _named(row.fields), _numbered(len(row.fields))
    wanted, named = _folded(columns.values()), _wanted_in(columns, row)
    if pin == NO or (not pin and not named and wanted <= set(numbered)):
        if not pin:
            tell(f"{content.name}: its first row is read as data; pin with header=no")
        return _Header(numbered, 0)
    if not pin and not named:
        _refuse(content, columns, ahead)
    if at and not pin:
        told = f"its header is read from row {row.line}, those above it are dropped: {at}"
        tell(f"{content.name}: {told}; pin with header={row.line}")
    if _have_numbers(ahead[at + 1 :], len(names)):
        tell(f"{content.name}: its rows begin with a number that the header has no name for")
        names = _named(["", *names])
    return _Header(names, row.line)


def _header_row(
    content: Content, columns: Mapping[str, str], pin: str, ahead: Sequence[Row]
) -> int:  # fmt: skip
    """Returns which row has the names: the first, unless one near it names all wanted columns.

    One wanted name alone may be a cell of data, unless it has more beside it than what is above.

    Raises:
        InputError: No row begins on the line that is pinned.
    """
    if pin.isdecimal():
        for at, row in enumerate(ahead):
            if row.line == int(pin):
                return at
        raise InputError(
            f"no row begins in line {pin}", where=content.place, mend="pin header to one that does"
        )
    if pin or ahead[0].problem or _wanted_in(columns, ahead[0]):
        return 0
    at = _naming_all(columns, ahead)
    alone = len(_folded(columns.values())) == 1
    wider = all(_filled(row) < _filled(ahead[at]) for row in ahead[:at])
    return 0 if alone and not wider else at


def _naming_all(columns: Mapping[str, str], ahead: Sequence[Row]) -> int:
    """Returns the first row that names all wanted columns; 0 if none does."""
    wanted = _folded(columns.values())
    rows = enumerate(ahead[:LOOK])
    return next((at for at, row in rows if _wanted_in(columns, row) == wanted), 0)


def _filled(row: Row) -> int:
    return sum(bool(field.strip()) for field in row.fields)


def _folded(names: Iterable[str]) -> set[str]:
    return {fold(name) for name in names}


def _wanted_in(columns: Mapping[str, str], row: Row) -> set[str]:
    """Returns the wanted columns that a row names."""
    return _folded(columns.values()) & _folded(clean(field) for field in row.fields)


def _have_numbers(rows: Sequence[Row], width: int) -> bool:
    """Whether rows begin with their number, as R writes them, and the header has no name for it."""
    first = [row.fields[0] for row in rows if len(row.fields) == width + 1 and row.fields[-1]]
    some = len(first) == len(rows) >= ENOUGH
    return some and len(set(first)) == len(first) and all(cell.isdecimal() for cell in first)


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
        InputError: It is JSON, a row below may be the header, or it has numbers or long text.
    """
    role, name = next(iter(columns.items()))
    if ahead[0].fields[0].startswith(("{", "[{")):
        raise InputError("JSON, not columns", where=content.place, mend="pin format=jsonl")
    if at := _naming_all(columns, ahead):
        raise InputError(
            f"no column {name!r} in its first row, but in row {ahead[at].line}",
            where=content.place,
            mend=f"pin header={ahead[at].line} if that is the header, else header=no",
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
