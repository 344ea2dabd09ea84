"""What databases have in their cells, as readers of files give it."""

import json
import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

MOST_DIGITS = 40


def plain(value: Any) -> Any:
    """Returns a cell as text, number, truth, date or None.

    Bytes are UTF-8 text; decimals are whole numbers if they are whole; what is no number is None;
    times with a zone are in UTC; arrays and documents are JSON; all else, e.g. a UUID, is its text.

    Raises:
        UnicodeDecodeError: The bytes are no UTF-8.
    """
    for kinds, convert in CONVERTERS:
        if isinstance(value, kinds):
            return convert(value)
    return str(value)


def _same(value: Any) -> Any:
    return value


def _float(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _decimal(value: Decimal) -> int | float | None:
    # An id has some twenty digits; Python writes no integer of thousands.
    if value.is_finite() and value.adjusted() < MOST_DIGITS and value == value.to_integral_value():
        return int(value)
    return _float(float(value))


def _bytes(value: bytes | bytearray | memoryview) -> str:
    return bytes(value).decode()


def _time(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC) if value.tzinfo else value
    except OverflowError:  # the last day there is, which stands for "never", is over in UTC
        return value


def _document(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


CONVERTERS: tuple[tuple[tuple[type, ...], Callable[[Any], Any]], ...] = (
    ((type(None), str, bool, int), _same),
    ((float,), _float),
    ((Decimal,), _decimal),
    ((bytes, bytearray, memoryview), _bytes),
    ((datetime,), _time),  # which is a date as well
    ((date,), _same),
    ((dict, list), _document),
)
"""The first that fits is taken."""
