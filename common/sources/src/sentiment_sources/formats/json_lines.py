"""JSON: one object a line, one array of objects, or objects one after the other."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from sentiment_common.errors import InputError
from sentiment_sources.content import Content
from sentiment_sources.formats.columns import missing_column
from sentiment_sources.formats.decoding import Text, open_text
from sentiment_sources.formats.files import empty_file, unusable
from sentiment_sources.formats.json_values import DECODER, NO_OBJECT, Value, Values, check_value
from sentiment_sources.formats.lines import Lines
from sentiment_sources.records import Record

LISTED = 50
"""Keys that a message lists."""


def read_json(
    content: Content,
    columns: Mapping[str, str],
    pins: Mapping[str, str],
    tell: Callable[[str], None],
) -> Iterator[Record]:
    """Yields one record per object; a key that an object lacks is None.

    A column is a key, or a path into nested objects and lists: ``user.name``, ``replies.0.text``.
    """
    text = open_text(content, pins, tell)
    keys = _Keys(columns)
    first, objects = None, 0
    for value in _lines(text) if _is_lines(text) else Values(text):
        first = first or value
        objects += not value.problem
        yield _record(content, columns, keys, value)
    if first is None:
        raise empty_file(content)
    if not objects:
        raise InputError(
            f"holds no row of JSON that can be read ({first.problem}: {first.detail})",
            where=f"{content.place}, row {first.line}",
            mend="write one object a line; if it is something else, pin format=csv or another",
        )
    # Only the whole file says which keys there are.
    keys.check(content)


def _is_lines(text: Text) -> bool:
    """Whether each line has an object of its own, judged by the first two that are not blank."""
    first, *others = [line.strip() for line in text.head.split(text.end) if line.strip()] or [""]
    if first.startswith("["):
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return not first.startswith("{") or (bool(others) and others[0].startswith("{"))
    return True


def _lines(text: Text) -> Iterator[Value]:
    lines = Lines(text)
    for number, line in enumerate(lines, start=1):
        if lines.damage and number in lines.damage:
            yield Value(number, None, *lines.damage.pop(number))
        elif value := line.strip(" \t\r\n\ufeff\x1a"):
            yield _parse(number, value)


def _parse(number: int, line: str) -> Value:
    try:
        value, end = DECODER.raw_decode(line)
    except (ValueError, RecursionError) as error:
        return Value(number, None, NO_OBJECT, str(error).partition(": line")[0])
    if end < len(line):
        return Value(number, None, NO_OBJECT, "Extra data")
    return check_value(number, value)


class _Keys:
    """Which columns there have been, for the message about one that never was."""

    def __init__(self, columns: Mapping[str, str]) -> None:
        self._missing, self._wanted = dict(columns), len(columns)
        self._there: dict[str, None] = {}
        self._lists: dict[str, None] = {}

    def see(self, values: Mapping[str, Any], absent: Collection[str]) -> None:
        """Takes note of an object and of the roles for which it has no key."""
        if not self._missing:
            return
        self._missing = {role: self._missing[role] for role in self._missing if role in absent}
        if len(self._there) < LISTED:
            self._there.update(dict.fromkeys(values))
            self._lists.update(dict.fromkeys(key for key in values if _are_rows(values[key])))

    def check(self, content: Content) -> None:
        """Raises InputError if a column was in no object."""
        if not self._missing:
            return
        role, name = next(iter(self._missing.items()))
        if len(self._lists) == 1 and len(self._missing) == self._wanted:
            key = next(iter(self._lists))
            raise InputError(
                f"no column {name!r}, but a list of objects in {key!r}",
                where=content.place,
                mend=f"write one object a line, e.g. jq -c '.{key}[]' {content.name}",
            )
        raise missing_column(content, role, name, list(self._there))


def _are_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _record(
    content: Content, columns: Mapping[str, str], keys: _Keys, value: Value
) -> Record:  # fmt: skip
    if value.problem:
        return Record(content.name, value.line, {}, value.problem, value.detail)
    values: dict[str, Any] = {}
    absent = []
    for role, name in columns.items():
        there, values[role] = look_up(value.value, name)
        if not there:
            absent.append(role)
    keys.see(value.value, absent)
    problem, detail = unusable(values)
    return Record(content.name, value.line, {} if problem else values, problem, detail)


def look_up(values: Any, name: str) -> tuple[bool, Any]:
    """Returns whether a key or dotted path is there, and its value.

    Args:
        values: An object with its nested objects and lists.
        name: A key, which may have dots in it, or keys and positions from 0 separated by dots.
    """
    if isinstance(values, dict) and name in values:
        return True, values[name]
    first, dot, rest = name.partition(".")
    if dot and isinstance(values, dict) and first in values:
        return look_up(values[first], rest)
    if isinstance(values, list) and first.isdecimal() and int(first) < len(values):
        return look_up(values[int(first)], rest) if dot else (True, values[int(first)])
    return False, None
