import pytest

from sentiment_common.errors import InputError
from sentiment_sources.formats.columns import clean, find_columns, propose


def test_names_are_bared_of_what_surrounds_them():
    assert [clean(name) for name in ("\ufeffid", ' "text" ', "'a'", "user name")] == [
        "id", "text", "a", "user name",
    ]  # fmt: skip


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
