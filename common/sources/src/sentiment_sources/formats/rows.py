"""The rows of a delimited file: what is left of them when some are damaged."""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from sentiment_common.errors import InputError
from sentiment_sources.formats.files import REREAD_LIMIT, ROW_LIMIT

DOUBLED, ESCAPED, SPACED, UNQUOTED = "doubled", "escaped", "spaced", "none"
NULL = r"\N"
"""No value, as databases write it."""

UNREADABLE = "not readable as CSV"
WRONG_WIDTH = "wrong number of columns"


@dataclass(frozen=True)
class Dialect:
    """How rows are written.

    Attributes:
        delimiter: What separates columns.
        quotes: How a cell holds delimiters, line ends and quotation marks: ``doubled`` (RFC 4180),
            ``escaped`` (by a backslash), ``spaced`` (doubled, with spaces before the cell) or
            ``none`` (not at all).
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

    Rows that fit are taken from a block of lines as the csv module reads them; from the first on
    that does not, the rest of the block is read with care, line by line.

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
        blocks: Iterable[list[str]],
        damage: MutableMapping[int, tuple[str, str]],
        dialect: Dialect,
        place: str,
    ) -> None:
        """Takes the lines of a file, some at once, and what is known of damaged ones by number."""
        self.width = 0
        self.trimmed = 0
        self._damage, self._place, self._dialect = damage, place, dialect
        self._blocks = _guarded(blocks, dialect) if dialect.quotes == ESCAPED else iter(blocks)
        self._block: list[str] = []
        self._at = 0  # lines of the block that were read
        self._untried = False  # whether rows are still to be taken from it without care
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
        csv.field_size_limit(2 * ROW_LIMIT)  # rows are limited, not fields
        if self._dialect.skip:
            self._read = len(list(islice(self._feed(), self._dialect.skip)))
            self._taken.clear()
        while True:
            if self._carefree():
                yield from self._fitting()
            try:
                for fields in self._reader(self._feed()):
                    if len(self._taken) > 1 and self._misfits(fields):
                        raise _SwallowedError(self._width(fields))
                    row = self._finish(fields)
                    if row is not None:
                        yield row
                    if self._carefree():
                        break
                else:
                    return
            except (csv.Error, _EndlessError, _SwallowedError) as error:
                yield self._give_up(error)

    def _carefree(self) -> bool:
        """Whether rows can be taken as they come: once for each block, and behind no damage."""
        trouble = self._again or self._lost or self._damage
        return self._untried and bool(self.width) and not trouble

    def _fitting(self) -> Iterator[Row]:
        """Yields the rows of the block up to the first that does not fit or goes on behind it."""
        self._untried = False
        lines, before, used = self._block[self._at :], self._read, 0
        reader, width = self._reader(iter(lines)), self.width
        with suppress(csv.Error):  # what it is, is found out with care
            for fields in reader:
                if len(fields) == width:
                    yield Row(before + used + 1, fields)
                elif fields and self._misfits(fields):
                    break
                elif fields:
                    yield self._fit(before + used + 1, fields)
                used = reader.line_num
        self._at += used
        self._read += used
        self._done += sum(map(len, lines[:used]))

    def _reader(self, lines: Iterator[str]) -> Any:
        quotes = self._dialect.quotes
        return csv.reader(
            lines,
            delimiter=self._dialect.delimiter,
            quoting=csv.QUOTE_NONE if quotes == UNQUOTED else csv.QUOTE_MINIMAL,
            escapechar="\\" if quotes == ESCAPED else None,
            skipinitialspace=quotes == SPACED,
            strict=True,
        )

    def _feed(self) -> Iterator[str]:
        while True:
            line = self._again.popleft() if self._again else self._next()
            if line is None:
                return
            self._taken.append(line)
            self._size += len(line)
            if self._size > ROW_LIMIT and len(self._taken) > 1:
                raise _EndlessError
            yield line

    def _next(self) -> str | None:
        while self._at == len(self._block):
            block = next(self._blocks, None)
            if block is None:
                return None
            self._block, self._at, self._untried = block, 0, True
        self._at += 1
        return self._block[self._at - 1]

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


def _guarded(blocks: Iterable[list[str]], dialect: Dialect) -> Iterator[list[str]]:
    """Yields blocks of lines in which a cell of ``NULL`` is not taken for an escaped letter."""
    delimiter = re.escape(dialect.delimiter)
    null = re.compile(rf"(?<![^{delimiter}])\\N(?=[{delimiter}\r\n]|\Z)")
    for block in blocks:
        yield [null.sub(r"\\\\N", line) if NULL in line else line for line in block]


def _reason(error: Exception) -> str:
    # The reader can only run out of lines, or of patience, inside quotation marks.
    if str(error).startswith("new-line character"):
        return "a carriage return in the middle of a row"
    if isinstance(error, _EndlessError) or str(error) == "unexpected end of data":
        return "a quotation mark is opened and never closed"
    return str(error)
