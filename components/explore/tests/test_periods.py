import datetime

import planted
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_explore.periods import EARLIEST, LATEST, MOST_PERIODS, UNITS, timeline
from sentiment_explore.reading import LABELS, read_rows


def dated(days, tmp_path):
    examples = [
        planted.Example(f"{at}", "x", LABELS[at % 3], None, "s", f"{at}", day)
        for at, day in enumerate(days)
    ]
    return read_rows(planted.write(tmp_path / "dated", examples))


@pytest.mark.parametrize(
    ("last", "unit", "periods"),
    [
        ("2024-01-01", "day", 1),
        ("2024-02-09", "day", 40),
        ("2024-02-10", "week", 6),
        ("2024-12-31", "month", 12),
        ("2027-04-30", "month", 40),
        ("2027-05-01", "quarter", 14),
        ("2063-05-01", "year", 40),
    ],
)
def test_the_shortest_period_that_can_be_read_is_taken(tmp_path, last, unit, periods):
    found = timeline(dated(["2024-01-01", f"{last}T10:00:00+02:00"], tmp_path))
    assert (found.unit, len(found.starts)) == (unit, periods)
    assert (found.first, found.last, found.starts[0]) == ("2024-01-01", last, "2024-01-01")


def test_without_dates_there_is_no_time_line(tmp_path):
    assert timeline(dated([None, None], tmp_path)) is None


DAYS = st.dates(datetime.date(1900, 1, 1), datetime.date(2150, 1, 1))


@given(st.lists(st.one_of(st.none(), DAYS), min_size=1, max_size=20))
def test_every_dated_row_is_in_the_period_of_its_day(tmp_path_factory, days):
    texts = [day.isoformat() if day else None for day in days]
    rows = dated(texts, tmp_path_factory.mktemp("days"))
    found = timeline(rows)
    real = [day for day in days if day and str(EARLIEST) <= str(day) <= str(LATEST)]
    if found is None:
        assert real == []
        return
    assert found.undated == days.count(None)
    assert found.undated + found.implausible == len(days) - len(real)
    assert sum(map(sum, found.counts)) == len(real)
    assert found.unit in UNITS
    assert len(found.starts) == len(set(found.starts))
    assert len(found.starts) <= MOST_PERIODS or found.unit == "year"
    ends = [*found.starts[1:], "9999"]
    for start, end, counts in zip(found.starts, ends, found.counts, strict=True):
        assert sum(start <= str(day) < end for day in real) == sum(counts)
