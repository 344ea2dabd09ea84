"""The rows of a delimited file: what is left of them when some are damaged."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sentiment_common.errors import InputError
from sentiment_sources.formats.files import REREAD_LIMIT, ROW_LIMIT

DOUBLED, ESCAPED, UNQUOTED = "doubled", "escaped", "none"
UNREADABLE = "not readable as CSV"
WRONG_WIDTH = "wrong number of columns"


@dataclass(frozen=True)
class Dialect:
    """How rows are written.

    Attributes:
        delimiter: What separates columns.
        quotes: How a cell holds delimiters, line ends and quotation marks: ``doubled`` (RFC 4180),
            ``escaped`` (by a backslash) or ``none`` (not at all).
        skip: Lines before the first row.
    """

    delimiter: str
    quotes: str = DOUBLED
    skip: int = 0


class Row(NamedTuple):
    """A row.

    Attributes:
        line: The line on which it begins, from 1.
        fields: Its cells; empty if it has a problem.
        problem: Why it cannot be used; empty if it can.
        detail: What was found there.
    """

    line: int
    fields: list[str]
    problem: str = ""
    detail: str = ""


class _EndlessError(Exception):
    """A row has more than ``ROW_LIMIT`` characters."""


class _SwallowedError(Exception):
    """A row over several lines is of the wrong width: it may hold rows of their own."""


class Rows:
    """The rows of a file that are not blank; iterate over it once.

    Where the csv module cannot read on, a quotation mark is never closed, or a row over several
    lines is of the wrong width, one line is given up and reading goes on behind it. From there on a
    row with an odd number of quotation marks is not trusted, for it can be the end of a cell whose
    beginning is lost, until one fits again.

    Attributes:
        width: Columns that a row has to have; 0 as long as any number will do.
        trimmed: Rows with empty cells behind the last column, which were left out.
    """

    def __init__(
        self,
        lines: Iterable[str],
        damage: MutableMapping[int, tuple[str, str]],
        dialect: Dialect,
        place: str,
    ) -> None:
        self.width = 0
        self.trimmed = 0
        self._lines, self._damage, self._place = iter(lines), damage, place
        self._dialect = dialect
        self._read = 0  # lines of all rows before the one at hand
        self._taken: list[str] = []  # lines of the one at hand
        self._size = 0
        self._again: deque[str] = deque()
        self._again_size = self._done = 0  # characters read again, and of all rows before
        self._lost = False

    def __iter__(self) -> Iterator[Row]:
        """Yields the rows, damaged ones included.

        Raises:
            InputError: So many quotation marks are never closed that nothing can be made of it.
        """
        for _ in range(self._dialect.skip):
            next(self._lines, None)
            self._read += 1
        csv.field_size_limit(2 * ROW_LIMIT)  # rows are limited, not fields
        while True:
            try:
                for fields in self._reader():
                    if len(self._taken) > 1 and self._misfits(fields):
                        raise _SwallowedError(self._width(fields))
                    row = self._finish(fields)
                    if row is not None:
                        yield row
                return
            except (csv.Error, _EndlessError, _SwallowedError) as error:
                yield self._give_up(error)

    def _reader(self) -> Any:
        quotes = self._dialect.quotes
        return csv.reader(
            self._feed(),
            delimiter=self._dialect.delimiter,
            quoting=csv.QUOTE_NONE if quotes == UNQUOTED else csv.QUOTE_MINIMAL,
            escapechar="\\" if quotes == ESCAPED else None,
            strict=True,
        )

    def _feed(self) -> Iterator[str]:
        while True:
            line = self._again.popleft() if self._again else next(self._lines, None)
            if line is None:
                return
            self._taken.append(line)
            self._size += len(line)
            if self._size > ROW_LIMIT and len(self._taken) > 1:
                raise _EndlessError
            yield line

    def _finish(self, fields: list[str]) -> Row | None:
        first = self._read + 1
        lost = self._lost and sum(line.count('"') for line in self._taken) % 2 == 1
        self._read += len(self._taken)
        self._taken.clear()
        self._done += self._size
        self._size = 0
        if self._damage:
            found = [self._damage.pop(n) for n in range(first, self._read + 1) if n in self._damage]
            if found:
                return Row(first, [], *found[0])
        if not fields or (len(fields) == 1 and self.width != 1 and not fields[0].strip()):
            return None
        if lost:
            return Row(first, [], UNREADABLE, "the end of a cell whose beginning is lost")
        return self._fit(first, fields)

    def _misfits(self, fields: list[str]) -> bool:
        return bool(self.width) and (len(fields) < self.width or any(fields[self.width :]))

    def _width(self, fields: list[str]) -> str:
        return f"{len(fields)} columns where the header has {self.width}"

    def _fit(self, first: int, fields: list[str]) -> Row:
        if self._misfits(fields):
            return Row(first, [], WRONG_WIDTH, self._width(fields))
        if self.width and len(fields) > self.width:
            self.trimmed += 1
            del fields[self.width :]
        self._lost = False
        return Row(first, fields)

    def _give_up(self, error: Exception) -> Row:
        first = self._read + 1
        self._read = first
        problem = WRONG_WIDTH if isinstance(error, _SwallowedError) else UNREADABLE
        problem, detail = self._damage.pop(first, (problem, _reason(error)))
        behind = self._taken[1:]
        self._again.extendleft(reversed(behind))
        self._again_size += self._size - len(self._taken[0])
        self._taken.clear()
        self._size = 0
        self._lost = True
        if self._again_size > REREAD_LIMIT + self._done:
            raise InputError(
                "too many quotation marks are opened and never closed",
                where=f"{self._place}, row {first}",
                mend="double those that are part of the text, or pin quotes=none or the delimiter",
            ) from error
        return Row(first, [], problem, detail)


def _reason(error: Exception) -> str:
    # The reader can only run out of lines, or of patience, inside quotation marks.
    if isinstance(error, _EndlessError) or str(error) == "unexpected end of data":
        return "a quotation mark is opened and never closed"
    return str(error)
