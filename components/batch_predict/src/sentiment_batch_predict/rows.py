"""Rows of a source in parts: what is scored, what is kept of it, and what is refused and why."""

import csv
import datetime
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sentiment_common.errors import InputError
from sentiment_common.redaction import redact
from sentiment_sources import Record

PART_ROWS = 10_000
"""Rows that are finished, and kept, together: seconds of work for most models."""
SCORES = ("label", "negative", "neutral", "positive")
OWN_COLUMNS = ("id", *SCORES)
PLAIN = (bool, int, float, str, datetime.datetime, datetime.date)


@dataclass(frozen=True)
class Columns:
    """What is read of each row.

    Attributes:
        text: Column with the text.
        id: Column with the id; empty where the row's place is its id.
        kept: Columns that are carried through.
        longest_text: Most characters of a text that is scored.
        redacted: Whether personal data are taken out of what is carried through.
    """

    text: str
    id: str = ""
    kept: Sequence[str] = ()
    longest_text: int = 100_000
    redacted: bool = False

    @property
    def by_role(self) -> dict[str, str]:
        """The columns by role, as readers want them."""
        roles = {"text": self.text} | ({"id": self.id} if self.id else {})
        return roles | {_role(name): name for name in self.kept}

    @property
    def outputs(self) -> list[str]:
        """Names of the columns carried through, none of them one of ours."""
        return [f"source_{name}" if name in OWN_COLUMNS else name for name in self.kept]


def parse_columns(names: str) -> list[str]:
    """Returns the columns that a comma-separated list names.

    Raises:
        InputError: One is named twice.
    """
    listed = next(csv.reader([names], skipinitialspace=True), [])
    columns = [name.strip() for name in listed if name.strip()]
    if len({*Columns("", kept=columns).outputs}) < len(columns):
        raise InputError("a column is named twice", where="--keep-columns", mend="name each once")
    return columns


@dataclass
class Part:
    """Consecutive rows of a source, column by column.

    Attributes:
        name: Its place among all parts, in the order of their names.
        files: Name of the file of each row.
        lines: Line or number of each row there, as in ``Record``.
        ids: Id of each row; None where it cannot be known.
        texts: Text of each row; empty where the row is refused.
        reasons: Why a row is refused; None where it is not.
        details: What exactly was found there.
        kept: Values of each column that is carried through.
    """

    name: str
    files: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    ids: list[str | None] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    reasons: list[str | None] = field(default_factory=list)
    details: list[str | None] = field(default_factory=list)
    kept: list[list[Any]] = field(default_factory=list)

    def __len__(self) -> int:
        """Returns its number of rows."""
        return len(self.lines)

    def digest(self, work: str) -> str:
        """Digests all that the scored rows depend on.

        Args:
            work: Digest of what is done with the rows.
        """
        return hashlib.sha256(f"{work}\n{self!r}".encode()).hexdigest()


def parts(
    records: Iterable[Record], columns: Columns, prefix: str = "", size: int = PART_ROWS
) -> Iterator[Part]:
    """Yields all rows of a source in parts; every record is in one of them.

    Args:
        records: The rows, in order.
        columns: What is read of each.
        prefix: What the parts' names begin with.
        size: Rows of a part; the last has fewer.
    """
    part, number = _empty(prefix, 0, columns), 0
    for record in records:
        _add(part, record, columns)
        if len(part) == size:
            yield part
            number += 1
            part = _empty(prefix, number, columns)
    if len(part):
        yield part


def _empty(prefix: str, number: int, columns: Columns) -> Part:
    return Part(f"{prefix}{number:07}", kept=[[] for _ in columns.kept])


class _RefusedError(Exception):
    """A row is not scored, for this reason."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


def _add(part: Part, record: Record, columns: Columns) -> None:
    identity, text, kept = None, "", [None] * len(columns.kept)
    reason, detail = record.problem, record.detail
    if not reason:
        try:
            identity = _id(record, columns)
            text = _text(record.values["text"], columns)
            kept = [_kept(record.values, name, columns) for name in columns.kept]
        except _RefusedError as found:
            reason, detail, text = found.reason, found.detail, ""
    part.files.append(record.file)
    part.lines.append(record.row)
    part.ids.append(identity)
    part.texts.append(text)
    part.reasons.append(reason or None)
    part.details.append(_printable(detail) if reason and detail else None)
    for values, value in zip(part.kept, kept, strict=True):
        values.append(value)


def _text(text: Any, columns: Columns) -> str:
    if text is None:
        raise _RefusedError("no text")
    if not isinstance(text, str):
        raise _RefusedError("text is not a string", f"{type(text).__name__} instead")
    _check(text, columns.text)
    # Zero-width characters and byte order marks are neither white space nor anything to read.
    if not any(character.isprintable() and not character.isspace() for character in text):
        raise _RefusedError("no text")
    if len(text) > columns.longest_text:
        raise _RefusedError("text too long", f"{len(text)} characters")
    return text


def _id(record: Record, columns: Columns) -> str:
    if not columns.id:
        return f"{record.file}:{record.row}"
    value = record.values["id"]
    identity = "" if value is None else str(value).strip()
    _check(identity, columns.id)
    if not identity:
        raise _RefusedError("no id")
    return identity


def _kept(values: Mapping[str, Any], name: str, columns: Columns) -> Any:
    value = values[_role(name)]
    if value is not None and not isinstance(value, PLAIN):
        value = spelled(value)
    if isinstance(value, str):
        _check(value, name)
        return redact(value) if columns.redacted else value
    return value


def spelled(value: Any) -> str:
    """Returns a value as text.

    Numbers, truth values and what is nested are as in JSON, dates and times in ISO 8601; of others
    (decimals, durations) it is what Python prints.
    """
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bool | int | float | dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _check(text: str, column: str) -> None:
    if "\0" in text:
        raise _RefusedError("NUL character", f"in column {column!r}")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            # JSON can spell half a surrogate pair, which is no character.
            raise _RefusedError("half a surrogate pair", f"in column {column!r}") from error


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _role(name: str) -> str:
    return f"keep:{name}"
