import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_ingest.labels import LABELS
from sentiment_ingest.ratings import (
    FIVE_STARS,
    Rating,
    RatingRange,
    Thresholds,
    parse_rating,
    parse_thresholds,
)


def seen(*values):
    found = RatingRange()
    for value in values:
        found.add(parse_rating(value))
    return found


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
    assert seen(1, 3.5, "5 stars").thresholds("stars") == FIVE_STARS
    with pytest.raises(InputError, match="ratings run from 0 to 10, not from 1 to 5"):
        seen(0, 10, 3).thresholds("stars")


def test_ratings_that_say_their_scale_are_held_to_it():
    assert seen("4/5", "2 out of 5").thresholds("stars") == FIVE_STARS
    with pytest.raises(InputError, match="ratings out of 10, not out of 5"):
        seen("4/10", "2/10").thresholds("stars")
    with pytest.raises(InputError, match="ratings out of 5 and out of 10 in one column"):
        seen("4/10", "2/5").check("stars")


def test_classes_in_a_column_of_ratings_are_told_to_be_labels():
    with pytest.raises(InputError, match="for classes give --label-column y and --labels"):
        seen(0, 1, 1).thresholds("y")


@pytest.mark.parametrize(
    ("text", "rating"),
    [
        ("5 stars", Rating(5)), ("1 Star", Rating(1)), ("4/5", Rating(4, 5)),
        ("4.5 out of 5 stars", Rating(4.5, 5)), ("4,0 von 5 Sternen", Rating(4, 5)),
        ("3,0 sur 5 étoiles", Rating(3, 5)), ("2 de 5 estrellas", Rating(2, 5)),
        ("4,5", Rating(4.5)), ("★★★★☆", Rating(4, 5)), ("⭐⭐⭐", Rating(3)),
        ("★★½", Rating(2.5)), ("8/10", Rating(8, 10)), (" 4 ", Rating(4)), ("1e0", Rating(1)),
    ],
)  # fmt: skip
def test_the_well_known_spellings_are_read(text, rating):
    assert parse_rating(text) == rating


@pytest.mark.parametrize(
    "value", ["1,000", "6/5", "five", "", "☆☆☆", "nan", "inf", "4/5/6", True, 10**400, [], "1e999"]
)
def test_what_is_no_rating_is_none(value):
    assert parse_rating(value) is None


@given(st.one_of(st.none(), st.text(), st.floats(), st.integers(), st.booleans()))
def test_a_rating_is_a_finite_number_or_none(value):
    rating = parse_rating(value)
    assert rating is None or math.isfinite(rating.value)
