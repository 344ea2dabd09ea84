"""From records to rows: what the cells of a source say, before labels and repeats are decided."""

import hashlib

from sentiment_common.errors import InputError
from sentiment_ingest.dates import DateColumn, NoDateError
from sentiment_ingest.labels import DROP, LABELS, label_key, mend_for, parse_label
from sentiment_ingest.privacy import Redactor
from sentiment_ingest.ratings import RatingRange, parse_rating
from sentiment_ingest.rows import Dropped, Row, Rules, UnusableError
from sentiment_sources import Record
from sentiment_sources.cells import looks_mangled_id

MOST_UNKNOWN = 50
"""So many different values that are no labels are remembered."""


class Cells:
    """Reads the records of one source, and knows in the end what only all of them say.

    Attributes:
        rules: How they are understood.
        dates: Its dates.
        thresholds: What its ratings mean, from ``settle`` on.
    """

    def __init__(self, rules: Rules, redactor: Redactor) -> None:
        self.rules = rules
        self.dates = DateColumn(rules.columns.created_at, rules.date_format)
        self.thresholds = rules.thresholds
        self._redactor = redactor
        self._ratings = RatingRange()
        self._numbers: dict[float, float] = {}
        self._names: dict[str, str] = {}
        self._unknown: dict[str, str] = {}
        self._mangled = ""

    def read(self, record: Record) -> Row | Dropped:
        """Returns the row of a record, or why it is dropped."""
        message = self._redactor.message
        if record.problem:
            return Dropped(record.file, record.row, record.problem, message(record.detail))
        identity = None
        try:
            identity = self._id(record)
            return self._row(record, identity)
        except UnusableError as found:
            self._redactor.take()
            return Dropped(record.file, record.row, found.reason, message(found.detail), identity)

    def settle(self) -> list[str]:
        """Decides what only all records say, and returns what was guessed, in words.

        Raises:
            InputError: A value is no label, ratings need thresholds, or dates a format.
        """
        columns = self.rules.columns
        if self._unknown:
            raise self._no_label()
        guesses = [self._mangled] if self._mangled else []
        if columns.rating:
            self._ratings.check(columns.rating)
        if columns.rating and not columns.label and not self.thresholds:
            self.thresholds = self._ratings.thresholds(columns.rating)
            guesses.append(
                f"column {columns.rating!r}: five-star ratings, up to "
                f"{self.thresholds.negative_to:g} negative, from "
                f"{self.thresholds.positive_from:g} positive"
            )
        guesses += self.dates.settle()
        return [f"{self.rules.name}: {guess}" if self.rules.name else guess for guess in guesses]

    def _row(self, record: Record, identity: str | None) -> Row:
        columns = self.rules.columns
        text = record.values["text"]
        if text is not None and not isinstance(text, str):
            raise UnusableError("text is not a string", f"{type(text).__name__} instead")
        text = _usable(text or "", columns.text)
        # Zero-width characters and byte order marks are neither white space nor anything to read.
        if not any(character.isprintable() and not character.isspace() for character in text):
            raise UnusableError("no text")
        group = _cell(record, "group", columns.group)
        return Row(
            file=record.file,
            row=record.row,
            spec=record.spec,
            text=self._redactor.text(text),
            label=self._label(record) if columns.label else None,
            rating=self._rating(record) if columns.rating else None,
            id=identity,
            group=self._redactor.name(group) if group else None,
            source=self._source(record),
            created_at=self._date(record) if columns.created_at else None,
            personal=self._redactor.take(),
        )

    def _id(self, record: Record) -> str | None:
        """Returns the id that a record gives, unless a spreadsheet has cut it."""
        given = _cell(record, "id", self.rules.columns.id)
        if given is None:
            return None
        if looks_mangled_id(given):
            self._mangled = self._mangled or (
                f"column {self.rules.columns.id!r}: a spreadsheet has cut ids such as {given} at "
                f"{record.place}, hashes of source and text stand in their stead"
            )
            return None
        return self._redactor.name(given)

    def _source(self, record: Record) -> str:
        name = _cell(record, "source", self.rules.columns.source) or record.origin
        found = self._names.get(name)
        if found is None:
            # A million rows share a few names.
            found = self._names[name] = self._redactor.name(name)
        return found

    def _label(self, record: Record) -> str | None:
        value = _cell(record, "label", self.rules.columns.label)
        if value is None:
            raise UnusableError("no label")
        label = (self.rules.labels and self.rules.labels.get(label_key(value))) or (
            parse_label(value)
        )
        if label == DROP:
            raise UnusableError("label left out", repr(value))
        if label is None:
            if len(self._unknown) < MOST_UNKNOWN:
                self._unknown.setdefault(value, record.place)
            return None
        return LABELS[LABELS.index(label)]

    def _no_label(self) -> InputError:
        value, place = next(iter(self._unknown.items()))
        column = self.rules.columns.label
        return InputError(
            f"{self._redactor.message(repr(value))} is not a label",
            where=f"{place}, column {column!r}",
            mend="use negative, neutral, positive; "
            + self._redactor.message(mend_for(self._unknown, column)),
        )

    def _rating(self, record: Record) -> float | None:
        value = record.values.get("rating")
        text = None if value is None else _usable(str(value), self.rules.columns.rating).strip()
        if not text:
            # With a label the rating is only carried along.
            if self.rules.columns.label:
                return None
            raise UnusableError("no rating")
        rating = parse_rating(value)
        if rating is None:
            raise UnusableError("unreadable rating", repr(text))
        self._ratings.add(rating)
        return self._numbers.setdefault(rating.value, rating.value)

    def _date(self, record: Record) -> str | None:
        value = record.values.get("created_at")
        text = None if value is None else _usable(str(value), self.rules.columns.created_at).strip()
        if not text:
            return None
        try:
            return self.dates.read(value, record.place)
        except NoDateError as error:
            raise UnusableError("unreadable date", repr(text)) from error


def made_up_id(*parts: str) -> str:
    """Returns an id for a row that has none: a hash of what it is."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _cell(record: Record, role: str, column: str) -> str | None:
    value = record.values.get(role)
    return None if value is None else _usable(str(value), column).strip() or None


def _usable(text: str, column: str) -> str:
    if "\0" in text:
        raise UnusableError("NUL character", f"in column {column!r}")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        # JSON can spell half a surrogate pair, which is no character.
        raise UnusableError("half a surrogate pair", f"in column {column!r}") from error
    return text
