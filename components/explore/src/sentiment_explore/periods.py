"""Feedback over time: periods of a length that fits, and the labels in each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sentiment_explore.reading import LABELS, Rows

UNITS = ("day", "week", "month", "quarter", "year")
MOST_PERIODS = 40
"""More bars than this cannot be told apart on a telephone."""

EARLIEST, LATEST = np.datetime64("1970-01-02"), np.datetime64("2100-01-01")
"""Days outside are what a program writes that knows no date: 1900-01-01, 9999-12-31."""

MONDAY = np.datetime64("1970-01-05")

Days = NDArray[np.datetime64]


@dataclass(frozen=True)
class Timeline:
    """Labels by period.

    Attributes:
        unit: One of ``UNITS``.
        starts: The first day of each period, without a gap, ISO 8601.
        counts: Rows by label, in the order of ``LABELS``, for each period.
        undated: Rows without a date.
        implausible: Rows dated before ``EARLIEST`` or after ``LATEST``, which are in no period.
        first: The earliest day.
        last: The latest day.
    """

    unit: str
    starts: list[str]
    counts: list[list[int]]
    undated: int
    implausible: int
    first: str
    last: str


def timeline(rows: Rows) -> Timeline | None:
    """Counts labels by the shortest period that leaves at most ``MOST_PERIODS``; years if none do.

    Returns:
        None where no row has a plausible date.
    """
    missing = np.isnat(rows.days)
    dated = (rows.days >= EARLIEST) & (rows.days <= LATEST)
    if not dated.any():
        return None
    days = rows.days[dated]
    first, last = days.min(), days.max()
    unit = next((it for it in UNITS if _count(first, last, it) <= MOST_PERIODS), UNITS[-1])
    at = _number(days, unit) - _number(first, unit)
    counts = np.zeros([int(at.max()) + 1, len(LABELS)], np.int64)
    np.add.at(counts, (at, rows.labels[dated]), 1)
    base = _number(first, unit)
    starts = [str(_start(base + step, unit)) for step in range(len(counts))]
    undated, implausible = int(missing.sum()), int((~missing & ~dated).sum())
    return Timeline(unit, starts, counts.tolist(), undated, implausible, str(first), str(last))


def _count(first: np.datetime64, last: np.datetime64, unit: str) -> int:
    return int(_number(last, unit) - _number(first, unit)) + 1


def _number(days: Days | np.datetime64, unit: str) -> NDArray[np.int64]:
    """Numbers the period that a day is in, from some period on."""
    if unit == "day":
        return days.astype("datetime64[D]").astype(np.int64)
    if unit == "week":
        return (days - MONDAY).astype(np.int64) // 7
    if unit == "quarter":
        return days.astype("datetime64[M]").astype(np.int64) // 3
    return days.astype("datetime64[M]" if unit == "month" else "datetime64[Y]").astype(np.int64)


def _start(number: int, unit: str) -> np.datetime64:
    """Returns the first day of the period with this number."""
    if unit == "day":
        return np.datetime64(int(number), "D")
    if unit == "week":
        return MONDAY + np.timedelta64(int(number) * 7, "D")
    if unit == "year":
        return np.datetime64(int(number), "Y").astype("datetime64[D]")
    months = int(number) * (3 if unit == "quarter" else 1)
    return np.datetime64(months, "M").astype("datetime64[D]")
