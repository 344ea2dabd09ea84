"""Dates as files have them, read as ISO 8601.

Where day and month may be swapped, the whole column says which comes first.
"""

import datetime
import email.utils
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sentiment_common.errors import InputError
from sentiment_sources.cells import serial_date

DAY_FIRST, MONTH_FIRST = "dmy", "mdy"

TIME = r"(?:[T ,]+(\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?: ?[AaPp]\.?[Mm]\.?)?))?"
EPOCH = re.compile(r"([1-3]\d{9}|[1-3]\d{12}|[1-3]\d{15}|[1-3]\d{18})(?:\.\d+)?")
SWAPPABLE = re.compile(rf"(\d{{1,2}})([/-])(\d{{1,2}})\2(\d{{4}}|\d{{2}}){TIME}")
DOTTED = re.compile(rf"(\d{{1,2}})\.(\d{{1,2}})\.(\d{{4}}|\d{{2}}){TIME}")
YEAR_FIRST = re.compile(rf"(\d{{4}})[/.-](\d{{1,2}})[/.-](\d{{1,2}}){TIME}")
NAMED = (
    re.compile(rf"(?:[A-Za-z]{{3,9}},? )?(\d{{1,2}})[ -]([A-Za-z]{{3,9}})\.?,?[ -](\d{{4}}){TIME}"),
    re.compile(rf"(?:[A-Za-z]{{3,9}},? )?([A-Za-z]{{3,9}})\.? (\d{{1,2}}),? (\d{{4}}){TIME}"),
)
MONTHS = {
    name[:length]: number
    for number, name in enumerate(
        "january february march april may june july august september october november "
        "december".split(), start=1,
    )
    for length in {3, 4, len(name)}
}  # fmt: skip


class NoDateError(ValueError):
    """A text is no date."""


@dataclass
class DateColumn:
    """The dates of one source.

    Attributes:
        name: The column's name.
        pattern: ``dmy``, ``mdy`` or a pattern of ``strptime`` if the user says what they are.
        first_place: Where the first date stands that could be read both ways.
    """

    name: str
    pattern: str = ""
    first_place: str = ""
    _orders: dict[str, str] = field(default_factory=dict)
    _serial: bool = False
    _other: bool = False

    def read(self, value: Any, place: str) -> str:
        """Returns a date in ISO 8601, or as it came if ``settle`` has to see the others first.

        Raises:
            NoDateError: It is none.
        """
        if isinstance(value, datetime.date):
            return _iso(value)
        text = str(value).strip()
        if "%" in self.pattern:
            return _strptime(text, self.pattern)
        if match := SWAPPABLE.fullmatch(text):
            self._see(match, text, place)
            return text
        if serial_date(text):
            self._serial = True
            return text
        self._other = True
        return _unambiguous(text)

    def settle(self) -> list[str]:
        """Decides what may be read in two ways, and returns what was guessed, in words.

        Raises:
            InputError: Nothing tells whether the day or the month comes first, or some dates say
                this and some that.
        """
        where = f"column {self.name!r}"
        if not self.first_place or self.pattern:
            return [f"{where}: numbers are serial dates of a spreadsheet"] if self.serial else []
        if len(self._orders) != 1:
            what = "both day and month come first: " if self._orders else "the day or the month? "
            shown = " and ".join(self._orders.values()) or self.first_place
            raise InputError(
                f"{what}{shown}", where=where,
                mend=f"give --date-format {DAY_FIRST}, {MONTH_FIRST} or a pattern such as %d/%m/%Y",
            )  # fmt: skip
        (order, shown), = self._orders.items()  # fmt: skip
        first = "day" if order == DAY_FIRST else "month"
        return [f"{where}: dates have the {first} first, for there is {shown}"]

    @property
    def serial(self) -> bool:
        """Whether all dates are serial numbers of a spreadsheet."""
        return self._serial and not self._other and not self.first_place

    def settled(self, text: str) -> str:
        """Returns a date that ``read`` gave, in ISO 8601.

        Raises:
            NoDateError: It is none after all.
        """
        if text[4:5] == "-" and text[10:11] == "T":
            return text
        if match := SWAPPABLE.fullmatch(text):
            order = self.pattern or next(iter(self._orders))
            one, _, other, year, time = match.groups()
            day, month = (one, other) if order == DAY_FIRST else (other, one)
            return _date(year, month, day, time)
        if self.serial and (found := serial_date(text)):
            return _iso(found)
        raise NoDateError(text)

    def _see(self, match: re.Match[str], text: str, place: str) -> None:
        self.first_place = self.first_place or f"{text!r} at {place}"
        one, other = int(match[1]), int(match[3])
        if one > 12 >= other:
            self._orders.setdefault(DAY_FIRST, f"{text!r} at {place}")
        elif other > 12 >= one:
            self._orders.setdefault(MONTH_FIRST, f"{text!r} at {place}")


def check_pattern(pattern: str) -> str:
    """Returns a date format if it is one.

    Raises:
        InputError: It is neither ``dmy`` nor ``mdy`` nor a pattern of ``strptime``.
    """
    if pattern in ("", DAY_FIRST, MONTH_FIRST):
        return pattern
    try:
        now = datetime.datetime(2025, 3, 4).strftime(pattern)
        usable = "%" in pattern and datetime.datetime.strptime(now, pattern).year == 2025
    except ValueError:
        usable = False
    if not usable:
        raise InputError(
            f"{pattern!r} is no format of dates", where="--date-format",
            mend=f"give {DAY_FIRST}, {MONTH_FIRST} or a pattern such as %d/%m/%Y %H:%M",
        )  # fmt: skip
    return pattern


def moment(text: str) -> datetime.datetime:
    """Returns a date in ISO 8601 as a point in time; without a zone it is taken for UTC.

    Raises:
        NoDateError: It is none.
    """
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise NoDateError(text) from error
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


def _unambiguous(text: str) -> str:
    for read in READERS:
        if found := read(text):
            return found
    raise NoDateError(text)


def _iso_8601(text: str) -> str | None:
    try:
        return datetime.datetime.fromisoformat(text.removesuffix(" UTC")).isoformat()
    except ValueError:
        return None


def _epoch(text: str) -> str | None:
    """Reads seconds, milli-, micro- or nanoseconds since 1970, between 2001 and 2100."""
    match = EPOCH.fullmatch(text)
    if not match:
        return None
    digits = len(match[1])
    microseconds = int(match[1]) * 10**6 // 10 ** (digits - 10)
    origin = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    return _iso(origin + datetime.timedelta(microseconds=microseconds))


def _numbers(text: str) -> str | None:
    if match := YEAR_FIRST.fullmatch(text):
        year, month, day, time = match.groups()
        return _date(year, month, day, time)
    if match := DOTTED.fullmatch(text):
        day, month, year, time = match.groups()
        return _date(year, month, day, time)
    return None


def _named(text: str) -> str | None:
    for pattern in NAMED:
        if match := pattern.fullmatch(text):
            one, other, year, time = match.groups()
            day, name = (one, other) if one.isdigit() else (other, one)
            if month := MONTHS.get(name.casefold()):
                return _date(year, str(month), day, time)
    return None


def _mail(text: str) -> str | None:
    """Reads RFC 2822, and the form of C's ``ctime`` with or without a zone."""
    if not re.search(r"[A-Za-z]{3}.*\d:\d", text):
        return None
    try:
        return email.utils.parsedate_to_datetime(text).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


READERS: tuple[Callable[[str], str | None], ...] = (_iso_8601, _epoch, _numbers, _named, _mail)


def _strptime(text: str, pattern: str) -> str:
    try:
        return datetime.datetime.strptime(text, pattern).isoformat()
    except ValueError as error:
        raise NoDateError(text) from error


def _date(year: str, month: str, day: str, time: str | None) -> str:
    # Two digits of a year as POSIX has them: 69 and above are of the last century.
    century = (1900 if int(year) > 68 else 2000) if len(year) == 2 else 0
    try:
        date = datetime.datetime(century + int(year), int(month), int(day))
        return datetime.datetime.combine(date, _time(time)).isoformat() if time else _iso(date)
    except ValueError as error:
        raise NoDateError(f"{year}-{month}-{day} {time or ''}".strip()) from error


def _time(text: str) -> datetime.time:
    clock, half = re.fullmatch(r"([\d:.]+) ?(.*)", text).groups()  # type: ignore[union-attr]
    hour, _, rest = clock.partition(":")
    if half:
        if not 1 <= int(hour) <= 12:
            raise NoDateError(text)
        hour = str(int(hour) % 12 + (12 if half[0] in "Pp" else 0))
    return datetime.time.fromisoformat(f"{int(hour):02d}:{rest}")


def _iso(value: datetime.date) -> str:
    """Returns a date in ISO 8601 with its time, which is midnight if it has none."""
    text = value.isoformat()
    return text if isinstance(value, datetime.datetime) else f"{text}T00:00:00"
