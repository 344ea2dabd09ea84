import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_ingest import examples
from sentiment_ingest.examples import reasons
from sentiment_ingest.ratings import FIVE_STARS, Thresholds
from sentiment_ingest.rows import Columns, Rules
from sentiment_sources import Record

LABELLED = Columns(text="text", label="label")
RATED = Columns(text="text", rating="stars")


def label_records(rows, columns, thresholds=None, **rules):
    return examples.label_records(rows, [Rules(columns, thresholds=thresholds, **rules)])


def records(*rows):
    return [
        Record("a.csv", number, values, origin="a") for number, values in enumerate(rows, start=2)
    ]


def dropped(rows, columns, thresholds=None):
    """What was dropped, beside one row that is kept."""
    good = {
        "text": "a good row",
        "label": "positive",
        "rating": "5",
        "id": "good",
        "created_at": None,
    }
    ingested = label_records(records(good, *rows), columns, thresholds)
    assert len(ingested.examples) + len(ingested.dropped) == len(rows) + 1
    return [(row.row, row.reason, row.detail) for row in ingested.dropped]


@pytest.mark.parametrize("text", ["", "  \n", None, "\u200b\ufeff", "\u3000"])
def test_a_row_without_text_is_dropped_and_listed(text):
    assert dropped([{"text": text, "label": "neutral"}], LABELLED) == [(3, "no text", "")]


def test_a_row_without_label_or_rating_is_dropped():
    assert dropped([{"text": "fine", "label": " "}], LABELLED) == [(3, "no label", "")]
    assert dropped([{"text": "fine", "rating": ""}], RATED) == [(3, "no rating", "")]


def test_a_rating_that_is_no_number_is_dropped():
    assert dropped([{"text": "fine", "rating": "five"}], RATED) == [
        (3, "unreadable rating", "'five'")
    ]


def test_text_that_cannot_be_stored_is_dropped():
    rows = [
        {"text": "nul \0 character", "label": "neutral"},
        {"text": "half \ud83d pair", "label": "neutral"},
        {"text": 7, "label": "neutral"},
    ]
    assert dropped(rows, LABELLED) == [
        (3, "NUL character", "in column 'text'"),
        (4, "half a surrogate pair", "in column 'text'"),
        (5, "text is not a string", "int instead"),
    ]


def test_a_row_the_reader_could_not_read_keeps_its_reason():
    rows = [*records({"text": "fine", "label": "neutral"}), Record("a.csv", 9, {}, "wrong", "why")]
    ingested = label_records(rows, LABELLED, None)
    assert [(row.row, row.reason, row.detail) for row in ingested.dropped] == [(9, "wrong", "why")]
    assert reasons(ingested.dropped) == {"wrong": 1}


def test_a_value_that_is_no_label_is_named_with_row_and_column():
    with pytest.raises(InputError) as caught:
        label_records(records({"text": "fine", "label": "meh"}), LABELLED, None)
    assert str(caught.value).startswith("a.csv, row 2, column 'label': 'meh' is not a label; use")
    assert "--labels 'meh=negative'" in str(caught.value) or "--labels meh=negative" in str(
        caught.value
    )


def test_of_repeated_texts_the_first_is_kept_and_conflicts_are_told():
    rows = [
        {"text": "It  broke", "label": "negative"},
        {"text": "it broke\n", "label": "negative"},
        {"text": "IT BROKE", "label": "neutral"},
    ]
    assert dropped(rows, LABELLED) == [
        (4, "repeated text", "the text of a.csv, row 3"),
        (
            5,
            "repeated text with another label",
            "the text of a.csv, row 3, negative there, neutral here",
        ),
    ]


def test_a_repeated_id_is_dropped_with_the_id():
    columns = Columns(text="text", label="label", id="id")
    rows = records(
        {"text": "one", "label": "neutral", "id": 7}, {"text": "two", "label": "neutral", "id": "7"}
    )
    ingested = label_records(rows, columns, None)
    assert [(row.reason, row.detail, row.id, row.kept_id) for row in ingested.dropped] == [
        ("repeated id", "the id of a.csv, row 2", "7", "7")
    ]


def test_a_repeated_text_is_dropped_with_the_id_of_the_row_that_is_kept():
    columns = Columns(text="text", label="label", id="id")
    rows = records(
        {"text": "One", "label": "neutral", "id": "7"},
        {"text": "one ", "label": "neutral", "id": "8"},
        {"text": "ONE", "label": "positive", "id": "9"},
    )
    ingested = label_records(rows, columns, None)
    assert [(row.id, row.kept_id) for row in ingested.dropped] == [("8", "7"), ("9", "7")]


def test_an_example_knows_where_it_stands():
    rows = records({"text": "a", "rating": 3}, {"text": "b", "rating": 3})
    found = label_records(rows, RATED, None).examples
    assert [(example.file, example.row) for example in found] == [("a.csv", 2), ("a.csv", 3)]


def test_without_columns_for_them_id_group_and_source_have_their_defaults():
    (example,) = label_records(records({"text": "fine", "rating": 3}), RATED, None).examples
    assert (example.label, example.rating, example.source) == ("neutral", 3.0, "a")
    assert example.group == example.id
    assert len(example.id) == 16


def test_the_made_up_id_depends_on_source_and_text_alone():
    def identity(file, row, text):
        record = Record(file, row, {"text": text, "rating": 3}, origin=file.removesuffix(".csv"))
        return label_records([record], RATED, None).examples[0].id

    assert identity("a.csv", 2, "fine") == identity("a.csv", 9, "fine")
    assert (
        len(
            {
                identity("a.csv", 2, "fine"),
                identity("b.csv", 2, "fine"),
                identity("a.csv", 2, "bad"),
            }
        )
        == 3
    )


def test_columns_for_id_group_source_and_date_are_taken_over():
    columns = Columns("text", "label", "stars", "id", "customer", "channel", "created")
    values = {
        "text": " fine ", "label": "Neutral", "rating": None, "id": 7, "group": " c1 ",
        "source": "shop", "created_at": datetime.date(2025, 1, 6),
    }  # fmt: skip
    (example,) = label_records(records(values), columns, None).examples
    assert (example.id, example.text, example.label, example.rating) == (
        "7",
        " fine ",
        "neutral",
        None,
    )
    assert (example.group, example.source) == ("c1", "shop")
    assert example.created_at == "2025-01-06T00:00:00"


def test_what_is_no_date_is_dropped():
    columns = Columns(text="text", label="label", created_at="created")
    rows = [{"text": "fine", "label": "neutral", "created_at": "some day"}]
    assert dropped(rows, columns) == [(3, "unreadable date", "'some day'")]


def test_of_two_orders_of_day_and_month_the_column_says_which():
    columns = Columns(text="text", label="label", created_at="created")
    dates = ("01/02/2025", "13/02/2025")
    rows = records(*({"text": it, "label": "neutral", "created_at": it} for it in dates))
    ingested = label_records(rows, columns)
    assert [row.created_at[:10] for row in ingested.examples] == ["2025-02-01", "2025-02-13"]
    (guess,) = ingested.guesses
    assert guess.endswith("dates have the day first, for there is '13/02/2025' at a.csv, row 3")
    with pytest.raises(InputError, match="give --date-format dmy, mdy"):
        label_records(rows[:1], columns)


def test_ids_that_a_spreadsheet_has_cut_are_made_up_anew_and_no_row_is_lost():
    columns = Columns(text="text", label="label", id="id")
    rows = [{"text": text, "label": "neutral", "id": "5.69587E+17"} for text in ("one", "two")]
    ingested = label_records(records(*rows), columns)
    assert len({row.id for row in ingested.examples}) == 2
    assert ingested.dropped == []
    assert "a spreadsheet has cut ids such as 5.69587E+17 at a.csv, row 2" in ingested.guesses[0]


def test_values_of_a_known_scheme_are_refused_with_the_option_that_maps_them():
    rows = records(*({"text": f"row {it}", "label": it % 2} for it in range(4)))
    with pytest.raises(InputError, match=r"give --labels 0=negative,1=positive$"):
        label_records(rows, LABELLED)
    mapped = label_records(rows, LABELLED, labels={"0": "negative", "1": "positive"}).examples
    assert [row.label for row in mapped] == ["negative", "positive"] * 2


def test_a_value_that_is_to_be_dropped_is_dropped_and_listed():
    rows = records({"text": "a", "label": "spam"}, {"text": "b", "label": "neutral"})
    ingested = label_records(rows, LABELLED, labels={"spam": "drop"})
    assert [(row.row, row.reason, row.detail) for row in ingested.dropped] == [
        (2, "label left out", "'spam'")
    ]


def test_each_source_has_its_own_rules():
    rows = [
        Record("a.csv", 2, {"text": "one", "label": "1"}, origin="a"),
        Record("b.csv", 2, {"text": "two", "rating": "1"}, origin="b", spec=1),
    ]
    rules = [Rules(LABELLED, {"1": "positive"}, name="a"), Rules(RATED, name="b")]
    ingested = examples.label_records(rows, rules)
    assert [row.label for row in ingested.examples] == ["positive", "negative"]
    assert ingested.guesses == [
        "b: column 'stars': five-star ratings, up to 2 negative, from 4 positive"
    ]


def test_given_thresholds_decide_on_any_scale():
    rows = records(*({"text": f"row {stars}", "rating": stars} for stars in (0, 5, 10)))
    found = label_records(rows, RATED, Thresholds(4, 7)).examples
    assert [example.label for example in found] == ["negative", "neutral", "positive"]
    with pytest.raises(InputError, match="column 'stars': ratings run from 0 to 10"):
        label_records(rows, RATED, None)


def test_if_no_row_can_be_used_the_reasons_are_told():
    rows = records({"text": "", "rating": 1}, {"text": "fine", "rating": ""})
    with pytest.raises(InputError, match=r"none of 2 rows can be used \(no text 1, no rating 1\)"):
        label_records(rows, RATED, None)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "text": st.one_of(
                    st.none(), st.integers(), st.text(alphabet="aB \0\ud800é", max_size=4)
                ),
                "rating": st.one_of(st.none(), st.floats(), st.text(alphabet="15.x", max_size=2)),
                "id": st.one_of(st.none(), st.text(alphabet="ab\0", max_size=2)),
            }
        ),
        max_size=20,
    )
)
def test_every_row_is_kept_or_dropped_and_ids_and_texts_are_unique(rows):
    good = {"text": "a good row", "rating": 5, "id": "good"}
    columns = Columns(text="text", rating="stars", id="id")
    ingested = label_records(records(good, *rows), columns, FIVE_STARS)
    numbers = [row.row for row in ingested.dropped]
    assert len(ingested.examples) + len(numbers) == len(rows) + 1
    assert len(set(numbers)) == len(numbers)
    assert len({example.id for example in ingested.examples}) == len(ingested.examples)
    assert len({example.text.casefold() for example in ingested.examples}) == len(ingested.examples)
