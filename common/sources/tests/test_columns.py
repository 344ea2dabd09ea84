import pytest

from sentiment_common.errors import InputError
from sentiment_sources.formats.columns import clean, find_columns, propose


def test_names_are_bared_of_what_surrounds_them():
    assert [clean(name) for name in ("\ufeffid", ' "text" ', "'a'", "user name")] == [
        "id", "text", "a", "user name",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "there", ["e\u0301valuation", "Évaluation", "éva\xadluation", "\u202aévaluation"]
)
def test_a_name_that_looks_the_same_is_taken_and_told(write, there):
    told = []
    found = find_columns(write("a.csv", ""), {"text": "évaluation"}, ["id", there], told.append)
    assert found == {"text": 1}
    assert told == [f"a.csv: column 'évaluation' read from {there!a}; pin by naming that"]


def test_a_column_is_reached_by_its_number_unless_one_has_that_name(write):
    file = write("a.csv", "")
    assert find_columns(file, {"text": "column_2"}, ["a", "a"], print) == {"text": 1}
    assert find_columns(file, {"text": "column_2"}, ["column_2", "a"], print) == {"text": 0}
    with pytest.raises(InputError, match="no column 'column_3'"):
        find_columns(file, {"text": "column_3"}, ["a", "a"], print)


def test_a_missing_column_is_answered_with_the_columns_there_are(write):
    with pytest.raises(InputError, match=r"no column 'text'; the columns are 'x', 'stars'$"):
        find_columns(write("a.csv", ""), {"text": "text"}, ["x", "stars"], print)


@pytest.mark.parametrize(
    ("role", "names", "likely"),
    [
        ("text", ["id", "Review Text", "title"], "Review Text"),
        ("text", ["review_id", "review_text", "review_date"], "review_text"),
        ("rating", ["id", "star_rating"], "star_rating"),
        ("created_at", ["id", "created"], "created"),
        ("label", ["id", "stars"], ""),
    ],
)
def test_the_usual_name_is_proposed_for_a_role(role, names, likely):
    assert propose(role, names) == likely


def test_the_longest_column_is_proposed_for_text_if_its_name_says_nothing():
    rows = [["7", "the parcel came two weeks late", "5"], ["8", "it never worked at all", "1"]]
    assert propose("text", ["a", "b", "c"], rows) == "b"
    assert propose("text", ["a", "c"], [["7", "5"]]) == ""
