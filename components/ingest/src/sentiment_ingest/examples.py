"""From records to labelled examples: what is kept, what is dropped and why."""

import datetime
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sentiment_common.artifacts import Source
from sentiment_common.errors import InputError
from sentiment_ingest.labels import Thresholds, parse_label, parse_rating, thresholds_for
from sentiment_sources import Record


@dataclass(frozen=True)
class Columns:
    """Which column holds what; an empty name means that there is none."""

    text: str
    label: str = ""
    rating: str = ""
    id: str = ""
    group: str = ""
    source: str = ""
    created_at: str = ""

    def by_role(self) -> dict[str, str]:
        """Returns the columns to read by role."""
        return {role: name for role, name in asdict(self).items() if name}


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled text, with the fields of the examples artifact and where it stands in the source.

    Attributes:
        file: Name of the file it stands in.
        row: Its row there, as in ``Record``.
    """

    id: str
    text: str
    label: str
    rating: float | None
    source: str
    group: str
    created_at: str | None
    file: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True)
class Dropped:
    """A row that is left out.

    Attributes:
        file: Name of the file it stands in.
        row: Its row there, as in ``Record``.
        reason: One of a few fixed phrases, counted in ``summary.json``.
        detail: What was found in this row.
        id: Its id, if the source gives one.
        kept_id: Id of the row that is kept in its stead.
        split: The split it has stood in until now, which stays its own should it come back.
    """

    file: str
    row: int
    reason: str
    detail: str = ""
    id: str | None = None
    kept_id: str | None = None
    split: str | None = None


@dataclass(frozen=True)
class Ingested:
    """All rows of a source: each is either kept or dropped.

    Attributes:
        sources: The files or packages they were read from.
    """

    examples: list[Example]
    dropped: list[Dropped]
    sources: Sequence[Source] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    """A record whose cells are read, before thresholds are known."""

    record: Record
    text: str
    label: str | None
    rating: float | None
    id: str | None
    group: str | None
    source: str
    created_at: str | None


class _UnusableError(Exception):
    """A row is to be dropped, for this reason."""

    def __init__(self, reason: str, detail: str = "", kept_id: str | None = None) -> None:
        super().__init__(reason)
        self.reason, self.detail, self.kept_id = reason, detail, kept_id


def label_records(
    records: Iterable[Record], columns: Columns, thresholds: Thresholds | None
) -> Ingested:
    """Turns records into examples.

    Rows without text or label, unreadable rows, repeated texts (equal after folding white space and
    case; the first is kept) and repeated ids are dropped, each with its reason.

    Args:
        records: The rows of the source, in order.
        columns: Which column holds what: text, and a label or a rating.
        thresholds: What ratings mean; None if they have to be five-star ratings.

    Raises:
        InputError: A value in the label column is no label, or ratings need thresholds.
    """
    rows = [_row_or_dropped(record, columns) for record in records]
    if not columns.label and thresholds is None:
        ratings = [row.rating for row in rows if isinstance(row, _Row) and row.rating is not None]
        thresholds = thresholds_for(ratings, columns.rating)
    ingested = Ingested([], [])
    seen = _FirstSeen()
    for row in rows:
        if isinstance(row, Dropped):
            ingested.dropped.append(row)
            continue
        example = _example(row, thresholds)
        try:
            seen.check(row.record.place, example)
        except _UnusableError as found:
            ingested.dropped.append(_drop(row.record, found, row.id))
        else:
            ingested.examples.append(example)
    if not ingested.examples:
        raise _nothing_left(ingested.dropped)
    return ingested


def _nothing_left(dropped: Sequence[Dropped]) -> InputError:
    counts = ", ".join(f"{reason} {count}" for reason, count in reasons(dropped).items())
    first = dropped[0]
    detail = f", here {first.detail}" if first.detail else ""
    return InputError(
        f"none of {len(dropped)} rows can be used ({counts}{detail})",
        where=f"{first.file}, row {first.row}",
        mend="check the columns you named",
    )


def fold(text: str) -> str:
    """Returns a text with case and white space folded: what repeated texts are recognised by."""
    return " ".join(text.split()).casefold()


class _FirstSeen:
    """Remembers which texts and ids there are, and where they came first."""

    def __init__(self) -> None:
        self._texts: dict[bytes, tuple[str, Example]] = {}
        self._ids: dict[str, str] = {}

    def check(self, place: str, example: Example) -> None:
        key = hashlib.sha256(fold(example.text).encode()).digest()
        if key in self._texts:
            where, kept = self._texts[key]
            if kept.label == example.label:
                raise _UnusableError("repeated text", f"the text of {where}", kept.id)
            detail = f"the text of {where}, {kept.label} there, {example.label} here"
            raise _UnusableError("repeated text with another label", detail, kept.id)
        if example.id in self._ids:
            raise _UnusableError("repeated id", f"the id of {self._ids[example.id]}", example.id)
        self._texts[key] = place, example
        self._ids[example.id] = place


def _row_or_dropped(record: Record, columns: Columns) -> _Row | Dropped:
    if record.problem:
        return Dropped(record.file, record.row, record.problem, record.detail)
    given_id = None
    try:
        given_id = _cell(record, "id", columns.id)
        return _row(record, columns, given_id)
    except _UnusableError as found:
        return _drop(record, found, given_id)


def _row(record: Record, columns: Columns, given_id: str | None) -> _Row:
    text = record.values["text"]
    if text is not None and not isinstance(text, str):
        raise _UnusableError("text is not a string", f"{type(text).__name__} instead")
    text = _usable(text or "", columns.text)
    # Zero-width characters and byte order marks are neither white space nor anything to read.
    if not any(character.isprintable() and not character.isspace() for character in text):
        raise _UnusableError("no text")
    return _Row(
        record=record,
        text=text,
        label=_label(record, columns.label) if columns.label else None,
        rating=_rating(record, columns) if columns.rating else None,
        id=given_id,
        group=_cell(record, "group", columns.group),
        source=_cell(record, "source", columns.source) or record.origin,
        created_at=_date(_cell(record, "created_at", columns.created_at, _isoformat)),
    )


def _label(record: Record, column: str) -> str:
    value = _cell(record, "label", column)
    if value is None:
        raise _UnusableError("no label")
    label = parse_label(value)
    if label is None:
        raise InputError(
            f"{value!r} is not a label",
            where=f"{record.place}, column {column!r}",
            mend="use negative, neutral or positive, or --rating-column for numbers",
        )
    return label


def _rating(record: Record, columns: Columns) -> float | None:
    value = _cell(record, "rating", columns.rating)
    if value is None:
        # With a label the rating is only carried along.
        if columns.label:
            return None
        raise _UnusableError("no rating")
    rating = parse_rating(value)
    if rating is None:
        raise _UnusableError("unreadable rating", repr(value))
    return rating


def _cell(record: Record, role: str, column: str, spell: Callable[[Any], str] = str) -> str | None:
    value = record.values.get(role)
    return None if value is None else _usable(spell(value), column).strip() or None


def _usable(text: str, column: str) -> str:
    if "\0" in text:
        raise _UnusableError("NUL character", f"in column {column!r}")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        # JSON can spell half a surrogate pair, which is no character.
        raise _UnusableError("half a surrogate pair", f"in column {column!r}") from error
    return text


def _isoformat(value: Any) -> str:
    return str(value.isoformat() if isinstance(value, datetime.date) else value)


def _date(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return datetime.datetime.fromisoformat(text).isoformat()
    except ValueError as error:
        raise _UnusableError("date not in ISO 8601", repr(text)) from error


def _example(row: _Row, thresholds: Thresholds | None) -> Example:
    label = row.label or _label_by(thresholds, row.rating)
    identity = row.id or _hash(row.source, row.text)
    return Example(
        identity, row.text, label, row.rating, row.source, row.group or identity, row.created_at,
        row.record.file, row.record.row,
    )  # fmt: skip


def _label_by(thresholds: Thresholds | None, rating: float | None) -> str:
    if thresholds is None or rating is None:
        raise ValueError("a row has neither a label nor a rating with thresholds")
    return thresholds.label(rating)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _drop(record: Record, found: _UnusableError, given_id: str | None) -> Dropped:
    return Dropped(record.file, record.row, found.reason, found.detail, given_id, found.kept_id)


def reasons(dropped: Sequence[Dropped]) -> dict[str, int]:
    """Counts dropped rows by reason."""
    counts: dict[str, int] = {}
    for row in dropped:
        counts[row.reason] = counts.get(row.reason, 0) + 1
    return counts
