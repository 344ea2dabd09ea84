"""Increments: only rows that are new are read, and the earlier examples are carried over.

The account stays whole. Every row that was ever read is counted once, as kept or dropped: an old
row that is read again is recognised, a kept one by its id, text, label and date, a dropped one by
its file, row and reason. So the same data once more give the same artifact.

A replay (see ``replay``) carries the earlier rows over in the same way and reads all rows of the
source, whatever their date, for feedback arrives late. What it says of a text counts.
"""

import datetime
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sentiment_common.errors import InputError
from sentiment_ingest.dates import NoDateError, moment
from sentiment_ingest.previous import unreadable
from sentiment_ingest.privacy import Redactor
from sentiment_ingest.rows import Dropped, Example
from sentiment_ingest.split import SPLITS

AUTO = "auto"


@dataclass(frozen=True)
class Increment:
    """What is carried over from earlier examples, and from when on rows are new.

    Attributes:
        examples: The earlier rows, split by split.
        dropped: The rows that were dropped earlier.
        personal: Personal data that were taken out of the earlier rows, by kind.
        guesses: What was guessed earlier, in words.
        since: For each source the date from which on its rows are read.
        floor: That date for sources without one of their own; None to read them whole.
        active: Whether this is an increment at all.
        splits: The split of each earlier row.
        replay: Whether it is a replay: what is read now is later than what was read before.
    """

    examples: Sequence[Example] = ()
    dropped: Sequence[Dropped] = ()
    personal: Mapping[str, int] = field(default_factory=dict)
    guesses: Sequence[str] = ()
    since: Mapping[str, datetime.datetime] = field(default_factory=dict)
    floor: datetime.datetime | None = None
    active: bool = False
    splits: Sequence[str] = ()
    replay: bool = False

    def before(self, example: Example) -> bool:
        """Tells whether a row is from before the increment: one without a date never is.

        A row of the very moment is not, for others of that moment may come late.
        """
        since = self.since.get(example.source, self.floor)
        if since is None or example.created_at is None:
            return False
        return moment(example.created_at) < since

    def oldest(self, sources: Iterable[str]) -> str:
        """Returns a date before which no row of some sources is wanted; empty if there is none.

        Args:
            sources: Their names; an empty one is not known before its rows are read.
        """
        dates = [self.since.get(source, self.floor) for source in sources]
        known = [date for date in dates if date is not None]
        if not known or len(known) < len(dates):
            return ""
        # Whoever leaves rows out leaves out those of the very moment as well.
        return (min(known) - datetime.timedelta(microseconds=1)).isoformat()

    def account(self, kept: Iterable[Example], dropped: Iterable[Dropped]) -> list[Dropped]:
        """Returns all rows that are dropped, those of earlier first, each of them once.

        A row is the same where file, row and id are, and without an id where the reason is. In a
        replay one that was dropped may come back; it is then not dropped any more.

        Args:
            kept: The rows that are kept.
            dropped: The rows that are dropped now.
        """
        back = self._back(kept) if self.replay else lambda row: False
        earlier = [row for row in self.dropped if not back(row)]
        known = set(map(_identity, earlier))
        return [*earlier, *(row for row in dropped if _identity(row) not in known)]

    def _back(self, kept: Iterable[Example]) -> Callable[[Dropped], bool]:
        places = {row.id: (row.file, row.row) for row in kept if row.file}
        ids = {place: identity for identity, place in places.items()}

        def back(row: Dropped) -> bool:
            place = row.file, row.row
            if row.id in places and place in (NOWHERE, places[row.id]):
                return True
            return row.id is None and place in ids

        return back


NOWHERE = ("", 0)
"""Where a row stands that was carried over."""


def _identity(row: Dropped) -> tuple[str, int, str]:
    return row.file, row.row, row.id or row.reason


NOTHING = Increment()


def parse_since(text: str) -> datetime.datetime | None:
    """Returns the date that ``--since`` gives; None for ``auto`` or if it is empty.

    Raises:
        InputError: It is no date in ISO 8601.
    """
    if text in ("", AUTO):
        return None
    try:
        return moment(text)
    except NoDateError as error:
        raise InputError(
            f"{text!r} is no date",
            where="--since",
            mend=f"give {AUTO} or a date in ISO 8601, e.g. 2025-01-31 or 2025-01-31T12:00",
        ) from error


def read_increment(
    folder: Path | None, since: str, *, redact: bool, replay: bool = False
) -> Increment:
    """Returns what an increment or a replay carries over.

    Args:
        folder: The earlier examples; None if there are none.
        since: ``auto`` for the last date of each source in them, or a date; empty for no increment.
        redact: Whether to take personal data out of the earlier rows as well.
        replay: Whether to carry over and leave out no row for its date.

    Raises:
        InputError: The date cannot be understood, or the earlier examples cannot be read.
    """
    floor = parse_since(since)
    if folder is None or not (since or replay):
        return replace(NOTHING, floor=floor, active=bool(since), replay=replay)
    redactor = Redactor(active=redact)
    examples: list[Example] = []
    splits: list[str] = []
    for split in SPLITS:
        examples += _examples(folder, split)
        splits += [split] * (len(examples) - len(splits))
    personal: dict[str, int] = dict(_summary(folder).get("personal_data", {}))
    if redact:
        for at, row in enumerate(examples):
            examples[at], found = _redacted(row, redactor)
            for kind, count in found.items():
                personal[kind] = personal.get(kind, 0) + count
    dropped = [_redacted_entry(row, redactor) for row in _dropped(folder)]
    dates = {} if floor or replay else watermarks(examples)
    return Increment(
        examples, dropped, personal, _summary(folder).get("guesses", ()),
        {source: moment(date) for source, date in dates.items()}, floor, active=bool(since),
        splits=splits, replay=replay,
    )  # fmt: skip


def watermarks(examples: Iterable[Example]) -> dict[str, str]:
    """Returns the last date of each source that has dates."""
    last: dict[str, tuple[datetime.datetime, str]] = {}
    for row in examples:
        if row.created_at is not None:
            found = moment(row.created_at), row.created_at
            if row.source not in last or found > last[row.source]:
                last[row.source] = found
    return {source: date for source, (_, date) in sorted(last.items())}


def _examples(folder: Path, split: str) -> Iterable[Example]:
    shared: dict[str, str] = {}
    for path in sorted((folder / split).glob("*.parquet")):
        try:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches():
                    for values in batch.to_pylist():
                        # A million rows share few of these.
                        for name in ("label", "source"):
                            values[name] = shared.setdefault(values[name], values[name])
                        yield Example(**values)
        except (pa.ArrowException, OSError, KeyError, TypeError) as error:
            raise unreadable(path, error) from error


def _dropped(folder: Path) -> Iterable[Dropped]:
    path = folder / "dropped.jsonl"
    if not path.is_file():
        return
    for line in path.read_text("utf-8").split("\n"):
        if line:
            try:
                yield Dropped(**json.loads(line))
            except (ValueError, TypeError) as error:
                raise unreadable(path, error) from error


def _summary(folder: Path) -> Mapping[str, Any]:
    path = folder / "summary.json"
    try:
        found = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    except ValueError as error:
        raise unreadable(path, error) from error
    if not isinstance(found, dict):
        raise unreadable(path, ValueError("not an object"))
    return found


def _redacted(row: Example, redactor: Redactor) -> tuple[Example, Mapping[str, int]]:
    """Returns an earlier row without personal data, and what was taken out of it now."""
    clean = replace(
        row,
        id=redactor.name(row.id),
        text=redactor.text(row.text),
        group=redactor.name(row.group),
        source=redactor.name(row.source),
    )
    found = redactor.take() or {}
    # What stands in the place of an address is found as one again.
    return clean, found if clean != row else {}


def _redacted_entry(row: Dropped, redactor: Redactor) -> Dropped:
    return replace(
        row,
        detail=redactor.message(row.detail),
        id=row.id and redactor.name(row.id),
        kept_id=row.kept_id and redactor.name(row.kept_id),
    )
