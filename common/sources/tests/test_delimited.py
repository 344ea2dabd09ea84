import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_ingest.readers.delimited import read_csv, read_tsv

CELLS = st.text(st.characters(codec="utf-8"), max_size=40)


def found(path, *columns, read=read_csv):
    return [(record.row, dict(record.values), record.problem) for record in read(path, columns)]


def test_rows_are_numbered_by_the_line_on_which_they_begin(write):
    path = write("a.csv", 'text,stars\n"two\nlines",5\n\n"quoted ""words""",1\n')
    assert found(path, "text", "stars") == [
        (2, {"text": "two\nlines", "stars": "5"}, ""),
        (5, {"text": 'quoted "words"', "stars": "1"}, ""),
    ]


def test_a_carriage_return_in_a_field_does_not_shift_the_rows(write):
    path = write("a.csv", 'text,stars\r\n"one\rtwo",5\r\nthree,1\r\n')
    assert [row for row, _, _ in found(path, "text")] == [2, 3]


def test_next_line_characters_are_text(write):
    path = write("a.csv", "text,stars\none\x85two\u2028three,5\n")
    assert found(path, "text") == [(2, {"text": "one\x85two\u2028three"}, "")]


def test_tabs_separate_a_tsv_file(write):
    path = write("a.tsv", "id\ttext\n7\tgood, cheap\n")
    assert found(path, "text", read=read_tsv) == [(2, {"text": "good, cheap"}, "")]


def test_spaces_around_column_names_do_not_hide_them(write):
    assert found(write("a.csv", "stars, text \n5,good\n"), "text") == [(2, {"text": "good"}, "")]


def test_a_row_with_too_many_or_too_few_columns_is_a_problem_of_that_row(write):
    path = write("a.csv", "text,stars\ngood,5,7\nbad\nfine,3\n")
    records = list(read_csv(path, ["text"]))
    assert [record.problem for record in records] == ["wrong number of columns"] * 2 + [""]
    assert records[0].detail == "3 columns where the header has 2"
    assert records[1].place == "a.csv, row 3"


def test_text_behind_a_closing_quotation_mark_is_a_problem_of_that_row(write):
    path = write("a.csv", 'text,stars\n"good" stuff,5\nfine,3\n')
    assert [problem for _, _, problem in found(path, "text")] == ["not readable as CSV", ""]


def test_a_quotation_mark_that_is_never_closed_is_named_by_its_row(write):
    path = write("a.csv", 'text,stars\nfine,3\n"good,5\nbad,1\n')
    with pytest.raises(InputError, match="row 3: a quotation mark is opened and never closed"):
        found(path, "text")


def test_a_long_field_is_read_whole(write):
    text = "long " * 100_000
    assert found(write("a.csv", f"text\n{text}\n"), "text") == [(2, {"text": text}, "")]


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_a_file_with_another_separator_is_told_so(write, separator):
    path = write("a.csv", f"text{separator}stars\ngood{separator}5\n")
    with pytest.raises(InputError, match=r"its header is separated by .*, not by ','"):
        found(path, "text")


def test_a_header_alone_is_no_data(write):
    with pytest.raises(InputError, match="holds no rows"):
        found(write("a.csv", "text,stars\n"), "text")


@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8))
def test_what_the_csv_module_writes_is_read_back(tmp_path_factory, rows):
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([("text", "stars"), *rows])
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(stream.getvalue().encode())
    read = [
        (record.values["text"], record.values["stars"])
        for record in read_csv(path, ["text", "stars"])
    ]
    assert read == rows
