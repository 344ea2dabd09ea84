import datetime
import uuid
from decimal import Decimal

import pytest

from sentiment_sources.places.values import plain

TOKYO = datetime.timezone(datetime.timedelta(hours=9))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None), ("é", "é"), (True, True), (7, 7), (2.5, 2.5), (float("nan"), None),
        (Decimal("4.0"), 4), (Decimal("4.5"), 4.5), (Decimal("NaN"), None),
        (Decimal("Infinity"), None),
        (Decimal("12345678901234567890123"), 12345678901234567890123),
        (Decimal("1E+5000"), None), (Decimal("1E+50"), 1e50),
        (b"caf\xc3\xa9", "café"), (memoryview(b"a"), "a"), (bytearray(b"a"), "a"),
        (datetime.date(2026, 11, 2), datetime.date(2026, 11, 2)),
        (datetime.datetime(2026, 11, 2, 1), datetime.datetime(2026, 11, 2, 1)),
        ({"a": ["é"]}, '{"a": ["é"]}'), ([1, 2], "[1, 2]"),
        (uuid.UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (datetime.timedelta(days=1), "1 day, 0:00:00"),
    ],
)  # fmt: skip
def test_cells_become_what_files_have_in_theirs(value, expected):
    assert plain(value) == expected
    assert type(plain(value)) is type(expected)


def test_times_with_a_zone_are_in_utc():
    value = datetime.datetime(2026, 11, 2, 1, tzinfo=TOKYO)
    assert plain(value).isoformat() == "2026-11-01T16:00:00+00:00"


def test_the_last_day_that_stands_for_never_keeps_its_zone():
    never = datetime.datetime.max.replace(tzinfo=datetime.timezone(-datetime.timedelta(hours=5)))
    assert plain(never) == never


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(UnicodeDecodeError):
        plain(b"caf\xe9")
