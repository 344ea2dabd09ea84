"""Which time is looked at."""

import pytest

from sentiment_common.errors import InputError
from sentiment_monitor.span import Span, choose

NOON = 1_795_435_200.0  # 2026-11-23T12:00:00Z


def test_without_times_it_is_the_last_day_to_the_minute():
    assert choose("", "", "24h", NOON + 17) == Span(NOON - 86_400, NOON)


def test_times_are_taken_as_given():
    span = choose("2026-11-23T11:00:00Z", "2026-11-23T13:00:00+01:00", "24h", 0)
    assert span == Span(NOON - 3_600, NOON)


def test_a_window_has_its_length():
    assert choose("", "2026-11-23T12:00", "90m", 0) == Span(NOON - 5_400, NOON)
    assert choose("", "2026-11-23T12:00", "7d", 0).since == NOON - 7 * 86_400
    assert choose("", "2026-11-23T12:00", "45s", 0).since == NOON - 45


@pytest.mark.parametrize(
    ("since", "until", "window", "said"),
    [
        ("yesterday", "", "24h", "--since: 'yesterday' is no time"),
        ("", "noon", "24h", "--until: 'noon' is no time"),
        ("", "", "24", "'24' is no length; e.g. 24h"),
        ("", "", "0h", "'0h' is no length"),
        ("2026-11-23", "2026-11-23", "24h", "ends before it begins"),
        ("2024-11-23", "2026-11-23", "24h", "a year at most"),
    ],
)
def test_nonsense_is_named(since, until, window, said):
    with pytest.raises(InputError, match=said):
        choose(since, until, window, NOON)
