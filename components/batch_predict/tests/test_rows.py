"""Every record is in a part, in order, and is refused for a reason or has a text."""

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_batch_predict.rows import Columns, parse_columns, parts
from sentiment_common.errors import InputError
from sentiment_sources import Record

COLUMNS = Columns("text", "id", ("stars",))
VALUES = st.none() | st.integers() | st.floats() | st.text(st.characters()) | st.binary(max_size=3)


def record(text, row=1, identity="a", stars=None, problem=""):
    values = {} if problem else {"text": text, "id": identity, "keep:stars": stars}
    return Record("reviews.csv", row, values, problem, "what was found" if problem else "")


def only(text, columns=COLUMNS, **fields):
    [part] = parts([record(text, **fields)], columns)
    return part


@given(st.lists(st.tuples(VALUES, VALUES, VALUES, st.sampled_from(["", "unreadable"]))))
def test_every_record_is_in_one_part_in_order(given_values):
    records = [
        record(text, row, identity, stars, problem)
        for row, (text, identity, stars, problem) in enumerate(given_values)
    ]
    found = list(parts(records, COLUMNS, size=3))
    assert [line for part in found for line in part.lines] == list(range(len(records)))
    assert sorted(part.name for part in found) == [part.name for part in found]
    for part in found:
        for text, reason in zip(part.texts, part.reasons, strict=True):
            assert (reason is None) == bool(text)
            assert "\0" not in text
            text.encode()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "no text"),
        ("", "no text"),
        (" \u200b\ufeff\n", "no text"),
        (5, "text is not a string"),
        ("a\0b", "NUL character"),
        ("half \ud83d", "half a surrogate pair"),
        ("x" * 100_001, "text too long"),
    ],
)
def test_a_text_that_cannot_be_scored_is_refused_with_a_reason(text, reason):
    part = only(text)
    assert part.reasons == [reason]
    assert part.texts == [""]
    assert part.ids == ["a"]


def test_a_longest_text_is_still_scored():
    assert only("x" * 100_000).reasons == [None]


def test_what_the_reader_could_not_read_keeps_the_readers_reason():
    part = only("", problem="wrong number of columns")
    assert (part.reasons, part.details) == (["wrong number of columns"], ["what was found"])


def test_without_a_column_of_ids_a_rows_place_is_its_id():
    assert only("fine", Columns("text", "", ("stars",)), row=17).ids == ["reviews.csv:17"]


@pytest.mark.parametrize("identity", [None, "", "  "])
def test_a_row_without_its_id_is_refused(identity):
    assert only("fine", identity=identity).reasons == ["no id"]


def test_a_kept_value_that_no_output_can_hold_refuses_the_row():
    part = only("fine", stars="\ud800")
    assert (part.reasons, part.details) == (
        ["half a surrogate pair"], ["in column 'stars'"]
    )  # fmt: skip
    assert part.kept == [[None]]


def test_kept_values_keep_their_type_and_nested_ones_become_json():
    assert only("fine", stars=datetime.date(2026, 1, 2)).kept == [[datetime.date(2026, 1, 2)]]
    assert only("fine", stars={"of": [5, None]}).kept == [['{"of": [5, null]}']]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Decimal("12.50"), "12.50"),
        (datetime.time(10, 0), "10:00:00"),
        (datetime.timedelta(seconds=5), "0:00:05"),
        ({"price": Decimal("1.5")}, '{"price": "1.5"}'),
    ],
)
def test_kept_values_of_other_types_become_plain_text(value, told):
    assert only("fine", stars=value).kept == [[told]]


def test_personal_data_are_taken_out_of_kept_columns_and_not_of_what_is_scored():
    columns = Columns("text", "", ("text",), redacted=True)
    row = Record("a.csv", 2, {"text": "ask joe@example.org", "keep:text": "ask joe@example.org"})
    [part] = parts([row], columns)
    assert part.texts == ["ask joe@example.org"]
    assert "joe" not in part.kept[0][0]


def test_a_part_has_another_digest_when_a_row_or_the_work_is_another():
    digests = {only("fine").digest("w"), only("fine").digest("v"), only("Fine").digest("w"),
               only("fine", row=2).digest("w"), only("fine", stars="5").digest("w"),
               only("fine", stars=5).digest("w")}  # fmt: skip
    assert len(digests) == 6
    assert only("fine").digest("w") in digests


def test_columns_may_have_commas_and_those_named_as_ours_get_another_name():
    assert parse_columns('stars, "city, country",,label') == ["stars", "city, country", "label"]
    assert Columns("text", kept=("id", "stars", "label")).outputs == [
        "source_id", "stars", "source_label",
    ]  # fmt: skip


@pytest.mark.parametrize("names", ["stars,stars", "label,source_label"])
def test_two_columns_of_one_name_are_refused(names):
    with pytest.raises(InputError, match="named twice"):
        parse_columns(names)
