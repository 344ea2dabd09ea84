"""From rows to labelled examples: what is kept, what is dropped and why."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sentiment_common.artifacts import Source
from sentiment_common.errors import InputError
from sentiment_ingest.cells import Cells, made_up_id
from sentiment_ingest.dates import NoDateError
from sentiment_ingest.increments import NOTHING, Increment
from sentiment_ingest.privacy import Redactor
from sentiment_ingest.rows import Dropped, Example, Row, Rules, UnusableError
from sentiment_ingest.split import TRAIN
from sentiment_sources import Record


@dataclass
class Ingested:
    """All rows of the sources: each is kept, dropped, before an increment, or known from it.

    Attributes:
        examples: The rows that were carried over, then those that are new.
        dropped: The rows that were read now and are left out.
        before: How many rows are from before the increment.
        late: How many of these were not carried over: they came late, or were changed.
        known: How many rows were carried over and read once more.
        relabelled: How many rows have another label now, for a later row says so.
        seen: Places of the rows carried over that the source has, too, or others with their text.
        personal: Personal data that were taken out of a row, by its id and kind.
        guesses: What was guessed, in words.
        sources: The files or packages they were read from.
    """

    examples: list[Example]
    dropped: list[Dropped] = field(default_factory=list)
    before: int = 0
    late: int = 0
    known: int = 0
    relabelled: int = 0
    seen: set[int] = field(default_factory=set)
    personal: dict[str, Mapping[str, int]] = field(default_factory=dict)
    guesses: list[str] = field(default_factory=list)
    sources: Sequence[Source] = ()


def label_records(
    records: Iterable[Record],
    rules: Sequence[Rules],
    *,
    redact: bool = False,
    increment: Increment = NOTHING,
) -> Ingested:
    """Turns records into examples.

    Rows without text or label, unreadable rows, repeated texts (equal after folding white space and
    case; the first is kept) and repeated ids are dropped, each with its reason. In a replay the
    first takes over the label of the last, unless models are judged on it.

    Args:
        records: The rows of the sources, in order.
        rules: How the cells of each source are understood, by ``Record.spec``.
        redact: Whether personal data are taken out, before repeats are looked for.
        increment: What is carried over, and which rows are old.

    Raises:
        InputError: A value in the label column is no label, ratings need thresholds, dates a
            format, or no row can be used.
    """
    redactor = Redactor(active=redact)
    cells = [Cells(each, redactor) for each in rules]
    rows: list[Row | Dropped | None] = [cells[record.spec].read(record) for record in records]
    guesses = [guess for each in cells for guess in each.settle()]
    sieve = _Sieve(cells, increment)
    for place, row in enumerate(rows):
        rows[place] = None  # a million rows are not to be held twice
        if isinstance(row, Dropped):
            sieve.ingested.dropped.append(row)
        elif row:
            sieve.add(row)
    sieve.ingested.guesses = guesses
    if not sieve.ingested.examples:
        raise _nothing_left(sieve.ingested)
    return sieve.ingested


def _nothing_left(ingested: Ingested) -> InputError:
    dropped = ingested.dropped
    if not dropped:
        return InputError(
            f"all {ingested.before} rows are from before that date",
            where="--since", mend="give an earlier one",
        )  # fmt: skip
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


class _Sieve:
    """Keeps the first row of each text and id, and knows which rows are old."""

    def __init__(self, cells: Sequence[Cells], increment: Increment) -> None:
        self._cells, self._increment = cells, increment
        self.ingested = Ingested(list(increment.examples))
        self._texts = {_key(row.text): at for at, row in enumerate(increment.examples)}
        self._ids = {row.id: at for at, row in enumerate(increment.examples)}
        self._dropped = {(row.file, row.row) for row in increment.dropped}

    def add(self, row: Row) -> None:
        """Keeps a row, drops it, or counts it as old."""
        try:
            example = self._example(row)
            if self._increment.before(example):
                self.ingested.before += 1
                self.ingested.late += self._is_late(row, example)
            elif self._is_known(example):
                self.ingested.known += 1
                self.ingested.seen.add(self._ids[example.id])
            elif not self._is_relabelled(example):
                self._keep(example)
                if row.personal:
                    self.ingested.personal[example.id] = row.personal
        except UnusableError as found:
            dropped = Dropped(row.file, row.row, found.reason, found.detail, row.id, found.kept_id)
            self.ingested.dropped.append(dropped)

    def _example(self, row: Row) -> Example:
        cells = self._cells[row.spec]
        created_at = row.created_at
        try:
            created_at = created_at and cells.dates.settled(created_at)
        except NoDateError as error:
            raise UnusableError("unreadable date", repr(created_at)) from error
        label = row.label
        if label is None:
            if cells.thresholds is None or row.rating is None:
                raise ValueError("a row has neither a label nor a rating with thresholds")
            label = cells.thresholds.label(row.rating)
        identity = row.id or made_up_id(row.source, row.text)
        return Example(
            identity, row.text, label, row.rating, row.source, row.group or identity, created_at,
            row.file, row.row,
        )  # fmt: skip

    def _is_late(self, row: Row, example: Example) -> bool:
        """Tells whether a row from before the increment is none that was read then."""
        if self._is_known(example) or (row.file, row.row) in self._dropped:
            return False
        return row.id is not None or _key(example.text) not in self._texts

    def _is_known(self, example: Example) -> bool:
        """Tells whether a row was carried over: only then is nothing of it lost."""
        at = self._ids.get(example.id)
        if at is None or at >= len(self._increment.examples):
            return False
        known = self._increment.examples[at]
        return (fold(known.text), known.label, known.created_at) == (
            fold(example.text), example.label, example.created_at,
        )  # fmt: skip

    def _is_relabelled(self, example: Example) -> bool:
        """Gives a text its later label in a replay; its row keeps id and group, and so its split.

        What models are judged on is not for others to say: a row of validation or test takes the
        later label of nobody but itself. Else whoever sends its text once more would move it
        to his own source, and be judged by his own word.

        Returns:
            Whether the row is the one that was carried over, so that there is none to account for.

        Raises:
            UnusableError: It is another one of the same text.
        """
        at = self._texts.get(_key(example.text))
        if at is None or not self._increment.replay:
            return False
        kept = self.ingested.examples
        first = kept[at]
        if first.label == example.label or (self._is_judged_on(at) and first.id != example.id):
            return False
        # Where a label is from is said by the source: an old row of a new one is no old row.
        kept[at] = replace(
            example, id=first.id, group=first.group, file=first.file, row=first.row
        )  # fmt: skip
        self.ingested.relabelled += 1
        self.ingested.seen.add(at)
        if example.id == first.id and at < len(self._increment.examples):
            self.ingested.known += 1
            return True
        detail = f"the text of {first.place}, {first.label} there until now, {example.label} here"
        raise UnusableError("repeated text, label taken over", detail, first.id)

    def _is_judged_on(self, at: int) -> bool:
        splits = self._increment.splits
        return at < len(splits) and splits[at] != TRAIN

    def _keep(self, example: Example) -> None:
        kept = self.ingested.examples
        key = _key(example.text)
        if (at := self._texts.get(key)) is not None:
            first = kept[at]
            self.ingested.seen.add(at)
            if first.label == example.label:
                raise UnusableError("repeated text", f"the text of {first.place}", first.id)
            detail = f"the text of {first.place}, {first.label} there, {example.label} here"
            raise UnusableError("repeated text with another label", detail, first.id)
        if (at := self._ids.get(example.id)) is not None:
            self.ingested.seen.add(at)
            raise UnusableError("repeated id", f"the id of {kept[at].place}", example.id)
        self._texts[key] = self._ids[example.id] = len(kept)
        kept.append(example)


def _key(text: str) -> bytes:
    return hashlib.blake2b(fold(text).encode(), digest_size=16).digest()


def reasons(dropped: Iterable[Dropped]) -> dict[str, int]:
    """Counts dropped rows by reason."""
    counts: dict[str, int] = {}
    for row in dropped:
        counts[row.reason] = counts.get(row.reason, 0) + 1
    return counts
