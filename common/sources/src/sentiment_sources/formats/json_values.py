"""The values of a JSON text as a stream: one array, or values one after the other.

A parser of events (ijson) stops for good at the first mistake; here a damaged object costs its own
row and reading goes on behind it.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from sentiment_common.errors import InputError
from sentiment_sources.formats.decoding import Chunk, Text
from sentiment_sources.formats.files import REREAD_LIMIT, ROW_LIMIT

NO_OBJECT = "not a JSON object"

_GAP = re.compile(r"[\s,\x1a\ufeff]*")
_SCALAR = re.compile(r'"(?:[^"\\\n]|\\[^\n])*+"?|[^\s,\[\]{}"]+')
_BRACKET = re.compile(r'(?:[^"\[\]{}]++|"(?:[^"\\\n]|\\[^\n])*+"?)*+([\[\]{}])')
"""The next bracket that is in no string; a string that is not closed ends with its line."""
_PAIRS = {"}": "{", "]": "["}


class Value(NamedTuple):
    """A value, or what is wrong with it.

    Attributes:
        line: The line on which it begins, from 1.
        value: The value; None if it has a problem.
        problem: Why it cannot be used; empty if it can.
        detail: What was found there.
    """

    line: int
    value: Any
    problem: str = ""
    detail: str = ""


def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Returns an object's keys and values.

    Raises:
        ValueError: A key is there twice.
    """
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a key is there twice")
    return values


DECODER = json.JSONDecoder(object_pairs_hook=object_of, parse_constant=lambda _: None)
"""Reads NaN and Infinity, which are no JSON but what some libraries write, as no value."""


def check_value(line: int, value: Any) -> Value:
    """Returns a value as a row: only objects are rows."""
    if isinstance(value, dict):
        return Value(line, value)
    return Value(line, None, NO_OBJECT, f"a {type(value).__name__} instead")


class Values:
    """The values of a JSON text; iterate over it once."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._chunks: Iterator[Chunk] = text.chunks()
        self._buffer, self._at, self._line = "", 0, 1
        self._suspect = self._ended = False
        self._gap = "\n"  # what stands between the last value and this one
        self._again = self._done = 0  # characters read again, and of all values before

    def __iter__(self) -> Iterator[Value]:
        """Yields the objects in the text or in its arrays, and a problem for anything else.

        Raises:
            InputError: An object is opened and never closed, and none is to be found behind it.
        """
        inside = False
        while self._skip_gap():
            first = self._buffer[self._at]
            if first == ("]" if inside else "["):
                inside = not inside
                self._move(self._at + 1)
            elif first in "{[":
                yield self._whole()
            else:
                yield self._stray()
            self._gap = ""

    def _skip_gap(self) -> bool:
        """Moves to the next value; returns whether there is one."""
        while True:
            end = _end(_GAP, self._buffer, self._at)
            self._gap += self._buffer[self._at : end]
            self._move(end)
            if end < len(self._buffer):
                return True
            if not self._more():
                return False

    def _more(self) -> bool:
        """Reads on, unless all is read or what is at hand is too long to be one value.

        As much again as there is: a long value is looked at a few times, not once per chunk.
        """
        size = len(self._buffer) - self._at
        if self._ended or size > ROW_LIMIT:
            return False
        pieces, read = [self._buffer[self._at :]], 0
        for chunk in self._chunks:
            pieces.append(chunk.text)
            read += len(chunk.text)
            self._suspect = self._suspect or chunk.suspect
            if read >= size:
                break
        self._buffer, self._at, self._ended = "".join(pieces), 0, not read
        return bool(read)

    def _move(self, end: int) -> None:
        self._line += self._buffer.count(self._text.end, self._at, end)
        self._done += end - self._at
        self._at = end

    def _stray(self) -> Value:
        """Returns the problem of what is neither an object nor a list."""
        while (end := _end(_SCALAR, self._buffer, self._at)) == len(self._buffer) and self._more():
            pass
        found = Value(self._line, None, NO_OBJECT, "a value outside of an object")
        self._move(max(end, self._at + 1))
        return found

    def _whole(self) -> Value:
        """Returns the object or list that begins here."""
        while True:
            try:
                value, end = DECODER.raw_decode(self._buffer, self._at)
            except (ValueError, RecursionError) as error:
                closed, end = _extent(self._buffer, self._at)
                if end < 0 and self._more():
                    continue
                return self._broken(str(error).partition(": line")[0], closed, end)
            return self._take(value, end)

    def _take(self, value: Any, end: int) -> Value:
        line, problem, detail = self._line, "", ""
        if self._suspect:
            problem, detail = self._text.damage(self._buffer[self._at : end])
        self._move(end)
        return Value(line, None, problem, detail) if problem else check_value(line, value)

    def _broken(self, why: str, closed: bool, end: int) -> Value:
        found = Value(self._line, None, NO_OBJECT, why if closed else "its brackets never close")
        if not closed:
            end = self._behind(end)
        self._move(end)
        return found

    def _behind(self, end: int) -> int:
        """Returns where to go on behind a value whose brackets do not match."""
        *above, indent = self._gap.split(self._text.end)
        begin = re.compile(re.escape(self._text.end + indent) + r"(?=\{)")
        sibling = begin.search(self._buffer, self._at + 1) if above else None
        if sibling:
            self._again += (len(self._buffer) if end < 0 else end) - sibling.start()
            if self._again <= REREAD_LIMIT + self._done:
                return sibling.start()
        elif end >= 0:
            return end
        elif self._ended:
            return len(self._buffer)
        raise InputError(
            "brackets are opened and never closed",
            where=f"{self._text.content.place}, row {self._line}",
            mend="write one object a line",
        )


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start


def _extent(text: str, start: int) -> tuple[bool, int]:
    """Finds where the object or list that begins here ends.

    Returns:
        Whether its brackets match, and where they end or cease to match; -1 if behind the text.
    """
    opened: list[str] = []
    while found := _BRACKET.match(text, start):
        mark, start = found[1], found.end()
        if mark in "{[":
            opened.append(mark)
        elif opened.pop() != _PAIRS[mark]:
            return False, start
        elif not opened:
            return True, start
    return False, -1
