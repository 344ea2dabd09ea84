import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_ingest.dates import DateColumn, NoDateError, check_pattern, moment


def dates(*values, pattern=""):
    """Reads a column of dates, as a source's rows do."""
    column = DateColumn("created", pattern)
    found = [column.read(value, f"row {row}") for row, value in enumerate(values, start=2)]
    guesses = column.settle()
    return [column.settled(text) for text in found], guesses


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2025-01-06", "2025-01-06T00:00:00"),
        ("2025-01-06T10:11:12Z", "2025-01-06T10:11:12+00:00"),
        ("2025-01-06 10:11:12 UTC", "2025-01-06T10:11:12"),
        ("20250106", "2025-01-06T00:00:00"),
        ("2025/1/6 9:05", "2025-01-06T09:05:00"),
        ("6.1.2025", "2025-01-06T00:00:00"),
        ("06.01.25 17:30", "2025-01-06T17:30:00"),
        ("6 Jan 2025", "2025-01-06T00:00:00"),
        ("06-Jan-2025", "2025-01-06T00:00:00"),
        ("January 6, 2025 at noon", None),
        ("January 6, 2025 5:04 PM", "2025-01-06T17:04:00"),
        ("Sept 6 2025", "2025-09-06T00:00:00"),
        ("Mon, 6 Jan 2025 10:11:12 +0100", "2025-01-06T10:11:12+01:00"),
        ("Wed Oct 10 20:19:24 +0000 2018", "2018-10-10T20:19:24+00:00"),
        ("1736158272", "2025-01-06T10:11:12+00:00"),
        ("1736158272.0", "2025-01-06T10:11:12+00:00"),
        ("1736158272500", "2025-01-06T10:11:12.500000+00:00"),
        (1736158272, "2025-01-06T10:11:12+00:00"),
        (datetime.date(2025, 1, 6), "2025-01-06T00:00:00"),
        (datetime.datetime(2025, 1, 6, 1, tzinfo=datetime.UTC), "2025-01-06T01:00:00+00:00"),
        ("2025-02-30", None), ("31.11.2025", None), ("yesterday", None), ("12", None),
        ("13:00 PM 6 Jan 2025", None), ("6 Jan 2025 13:00 pm", None),
    ],
)  # fmt: skip
def test_dates_of_one_meaning_are_read_and_others_refused(text, iso):
    if iso:
        assert dates(text) == ([iso], [])
    else:
        with pytest.raises(NoDateError):
            dates(text)


def test_the_whole_column_says_whether_day_or_month_comes_first():
    found, (guess,) = dates("1/2/2025", "13/2/2025 10:00")
    assert found == ["2025-02-01T00:00:00", "2025-02-13T10:00:00"]
    assert (
        guess
        == "column 'created': dates have the day first, for there is '13/2/2025 10:00' at row 3"
    )
    assert dates("1/2/25", "2/13/25")[0] == ["2025-01-02T00:00:00", "2025-02-13T00:00:00"]


def test_a_column_that_does_not_say_it_is_refused_until_it_is_told():
    with pytest.raises(InputError, match=r"day or the month\? '1/2/2025' at row 2; give --"):
        dates("1/2/2025", "3/4/2025")
    assert dates("1/2/2025", pattern="mdy") == (["2025-01-02T00:00:00"], [])
    assert dates("1/2/2025", pattern="dmy") == (["2025-02-01T00:00:00"], [])
    assert dates("2025|31|01", pattern="%Y|%d|%m") == (["2025-01-31T00:00:00"], [])


def test_a_column_that_says_both_is_refused_with_both_places():
    with pytest.raises(InputError, match="both day and month come first: '13/2/2025' at row 2 and"):
        dates("13/2/2025", "2/13/2025")


def test_serial_dates_are_read_if_all_are():
    assert dates("45663", "45663.5") == (
        ["2025-01-06T00:00:00", "2025-01-06T12:00:00"],
        ["column 'created': numbers are serial dates of a spreadsheet"],
    )
    with pytest.raises(NoDateError):
        dates("45663", "2025-01-06")


@pytest.mark.parametrize("pattern", ["ymd", "%", "%Q", "day", "%H:%M"])
def test_a_format_that_is_none_is_refused(pattern):
    with pytest.raises(InputError, match=r"--date-format: .* is no format of dates"):
        check_pattern(pattern)


@given(
    st.datetimes(
        min_value=datetime.datetime(1000, 1, 1), timezones=st.none() | st.just(datetime.UTC)
    )
)
def test_what_is_written_is_read_again(date):
    (found,), _ = dates(date.isoformat())
    assert datetime.datetime.fromisoformat(found) == date


@given(st.text() | st.integers() | st.floats())
def test_anything_is_a_date_or_none(value):
    try:
        (found,), _ = dates(value)
    except (NoDateError, InputError):
        return
    assert moment(found).tzinfo
