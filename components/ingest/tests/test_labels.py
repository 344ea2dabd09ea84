import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_ingest.labels import (
    FIVE_STARS,
    LABELS,
    Thresholds,
    parse_label,
    parse_rating,
    parse_thresholds,
    thresholds_for,
)


def test_thresholds_belong_to_the_outer_labels():
    assert [FIVE_STARS.label(stars) for stars in (1, 2, 2.5, 3, 3.9, 4, 5)] == [
        "negative", "negative", "neutral", "neutral", "neutral", "positive", "positive",
    ]  # fmt: skip


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=2, unique=True).map(sorted),
    st.lists(st.floats(allow_nan=False), min_size=2, max_size=2).map(sorted),
)
def test_a_higher_rating_never_has_a_lower_label(bounds, ratings):
    low, high = (LABELS.index(Thresholds(*bounds).label(rating)) for rating in ratings)
    assert low <= high


@pytest.mark.parametrize("text", ["2", "2,4,5", "4,2", "3,3", "two,four", "nan,4", ","])
def test_thresholds_that_are_not_two_ascending_numbers_are_refused(text):
    with pytest.raises(InputError, match=r"--rating-thresholds: .* is not two ascending numbers"):
        parse_thresholds(text)


def test_thresholds_may_be_negative_or_absent():
    assert parse_thresholds("-0.5, 0.5") == Thresholds(-0.5, 0.5)
    assert parse_thresholds("") is None


def test_ratings_beyond_five_stars_need_thresholds():
    assert thresholds_for([1, 3.5, 5], "stars") == FIVE_STARS
    with pytest.raises(InputError, match="ratings run from 0 to 10, not from 1 to 5"):
        thresholds_for([0, 10, 3], "stars")


def test_labels_are_known_in_any_case():
    assert [parse_label(value) for value in (" Positive", "NEUTRAL", "negative")] == [
        "positive", "neutral", "negative",
    ]  # fmt: skip
    assert [parse_label(value) for value in ("pos", "", 1, None)] == [None] * 4


@given(st.one_of(st.none(), st.text(), st.floats(), st.integers(), st.booleans()))
def test_a_rating_is_a_finite_number_or_none(value):
    rating = parse_rating(value)
    assert rating is None or math.isfinite(rating)


def test_what_is_no_number_is_no_rating():
    assert [parse_rating(value) for value in ("3.5", " 4 ", 10**400, "nan", "4,5", [])] == [
        3.5, 4.0, None, None, None, None,
    ]  # fmt: skip
