import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_common.text import Tokenizer, current
from sentiment_sources.formats.files import ROW_LIMIT

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)


def test_rows_are_numbered_by_the_line_on_which_they_begin(read):
    found = read("a.csv", 'text,stars\n"two\nlines",5\n\n"quoted ""words""",1\n', "text", "stars")
    assert found.kept == [(2, "two\nlines", "5"), (5, 'quoted "words"', "1")]
    assert not found.dropped
    assert not found.told


def test_a_carriage_return_in_a_field_does_not_shift_the_rows(read):
    found = read("a.csv", 'text,stars\r\n"one\rtwo",5\r\nthree,1\r\n')
    assert found.kept == [(2, "one\rtwo"), (3, "three")]


@pytest.mark.parametrize("character", ["\x85", "\u2028", "\u2029", "\v", "\f", "\x1c", "\x1e"])
def test_what_other_programs_take_for_line_ends_is_text(read, character):
    found = read("a.csv", f"text,stars\none{character}two,5\n", "text", "stars")
    assert found.kept == [(2, f"one{character}two", "5")]


def test_carriage_returns_alone_end_the_lines_of_an_old_mac(read):
    found = read("a.csv", 'text,stars\rgood,5\r"two\rlines",1\r', "text", "stars")
    assert found.kept == [(2, "good", "5"), (3, "two\rlines", "1")]


def test_tabs_separate_a_tsv_file(read):
    assert read("a.tsv", "id\ttext\n7\tgood, cheap\n").kept == [(2, "good, cheap")]


@pytest.mark.parametrize(
    "header",
    ["stars, text ", '"stars","text"', "\ufeffstars,text", "stars,'text'", " stars ,text",
     "stars,\u200ftext\u200e", "stars\xa0,\u200btext", "ï»¿stars,text"],
)  # fmt: skip
def test_spaces_quotes_and_marks_around_column_names_do_not_hide_them(read, header):
    found = read("a.csv", f"{header}\n5,good\n", "text", "stars")
    assert found.kept == [(2, "good", "5")]
    assert not found.told


def test_a_name_in_another_case_is_told(read):
    found = read("a.csv", "Text,STARS\ngood,5\n", "text")
    assert found.kept == [(2, "good")]
    assert found.told == ["a.csv: column 'text' read from 'Text'; pin by naming that"]
    assert read("a.csv", "Text,text\nbad,good\n", "text").kept == [(2, "good")]
    with pytest.raises(InputError, match="two columns 'TEXT'"):
        read("a.csv", "Text,text\nbad,good\n", "TEXT")


def test_a_row_with_too_many_or_too_few_columns_is_a_problem_of_that_row(read):
    found = read("a.csv", "text,stars\ngood,5,7\nbad\nfine,3\n")
    assert found.kept == [(4, "fine")]
    assert found.dropped == [
        (2, "wrong number of columns", "3 columns where the header has 2"),
        (3, "wrong number of columns", "1 columns where the header has 2"),
    ]


@pytest.mark.parametrize("header", ["text,stars", "text,stars,"])
def test_empty_columns_at_the_end_of_rows_are_left_out_and_told(read, header):
    found = read("a.csv", f"{header}\ngood,5,\nbad,1,,\nfine,3\n", "text", "stars")
    assert found.kept == [(2, "good", "5"), (3, "bad", "1"), (4, "fine", "3")]
    assert found.told == ["a.csv: empty columns at the end of rows are left out: 2"]


def test_text_behind_a_closing_quotation_mark_is_a_problem_of_that_row(read):
    found = read("a.csv", 'text,stars\n"good" stuff,5\nfine,3\n')
    assert found.dropped == [(2, "not readable as CSV", "',' expected after '\"'")]
    assert found.kept == [(3, "fine")]


def test_a_quotation_mark_that_is_never_closed_costs_its_own_row(read):
    found = read("a.csv", 'text,stars\nfine,3\n"good,5\nbad,1\nnice,4\n')
    assert found.kept == [(2, "fine"), (4, "bad"), (5, "nice")]
    assert found.dropped == [
        (3, "not readable as CSV", "a quotation mark is opened and never closed")
    ]


def test_the_end_of_a_cell_whose_beginning_is_lost_is_no_row(read):
    found = read("a.csv", 'text,stars\n"one\ntwo "big" three\nfour",5\nfine,3\n')
    assert found.kept == [(5, "fine")]
    assert [row for row, _, _ in found.dropped] == [2, 3, 4]


def test_rows_behind_many_unclosed_quotation_marks_are_found_in_linear_time(read):
    text = 'text,stars\n"good,5\n' + "fine,3\n" * 100_000 + '"bad,5\n' + "fine,3\n" * 1000
    found = read("a.csv", text)
    assert len(found.kept) == 101_000
    assert [row for row, _, _ in found.dropped] == [2, 100_003]


def test_a_file_of_nothing_but_unclosed_quotation_marks_is_given_up_in_one_line(read):
    with pytest.raises(InputError, match=r"row \d+: too many quotation marks are opened and nev"):
        read("a.csv", "text,stars,n\n" + 'a","b\n' * 100_000, quotes="doubled")


def test_a_long_row_is_read_whole(read):
    text = "long " * 1_000_000
    assert read("a.csv", f"text\n{text}\n").kept == [(2, text)]


def test_a_row_beyond_the_limit_is_dropped_and_the_next_is_read(read):
    found = read("a.csv", f"text,stars\n{'long ' * (ROW_LIMIT // 4)},1\nfine,3\n")
    assert found.dropped == [(2, "row too long", "more than 16,777,216 characters")]
    assert found.kept == [(3, "fine")]


@pytest.mark.parametrize(
    ("delimiter", "name"), [(";", "semicolon"), ("\t", "tab"), ("|", "pipe"), (",", "comma")]
)
def test_the_delimiter_is_found_told_and_can_be_pinned(read, delimiter, name):
    text = delimiter.join(["text", "stars"]) + "\n" + delimiter.join(['"a;b,c|d\te"', "4"]) + "\n"
    found = read("a.csv", text, "text", "stars")
    assert found.kept == [(2, "a;b,c|d\te", "4")]
    told = f"a.csv: read as columns separated by {name}; pin with delimiter={name}"
    assert found.told == ([] if name == "comma" else [told])
    for pin in (name, delimiter):
        assert read("a.csv", text, "text", "stars", delimiter=pin)._replace(told=[]) == (
            found._replace(told=[])
        )


def test_decimal_commas_do_not_make_commas_delimiters(read):
    rows = "1;4,5;good\n2;3,5;bad, really\n"
    assert read("a.csv", "id;stars;text\n" + rows, "text", "stars").kept == [
        (2, "good", "4,5"), (3, "bad, really", "3,5"),
    ]  # fmt: skip
    assert read("a.csv", rows, "column_3", "column_2").kept == [
        (1, "good", "4,5"), (2, "bad, really", "3,5"),
    ]  # fmt: skip


@pytest.mark.parametrize("pin", [";;", '"', "\n", "é", "semi colon"])
def test_a_pin_that_is_no_delimiter_is_one_line(read, pin):
    with pytest.raises(InputError, match="is no delimiter; give one of comma, semicolon, tab"):
        read("a.csv", "text\ngood\n", delimiter=pin)


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"'])
def test_the_first_line_of_excel_names_the_delimiter(read, line):
    found = read("a.csv", f"\ufeff{line}\r\ntext;stars\r\ngood, cheap;5\r\n", "text", "stars")
    assert found.kept == [(3, "good, cheap", "5")]
    assert not found.told


def test_a_single_column_of_texts_with_commas_is_one_column(read):
    found = read("a.csv", 'text\ngood, cheap\nbad\n"one, ""two"""\nx, y, z\n')
    assert [text for _, text in found.kept] == ["good, cheap", "bad", 'one, "two"', "x, y, z"]
    assert found.told == ["a.csv: read as a single column; pin with delimiter=none"]


def test_a_header_that_names_too_few_columns_does_not_make_texts_of_whole_rows(read):
    found = read("a.csv", "text\n" + "good,5\n" * 5)
    assert {problem for _, problem, _ in found.dropped} == {"wrong number of columns"}
    assert not found.kept


def test_backslashes_before_quotation_marks_are_recognised_and_told(read):
    text = 'text,stars\n"the \\"best\\", really",5\n"bad",1\n'
    found = read("a.csv", text, "text", "stars")
    assert found.kept == [(2, 'the "best", really', "5"), (3, "bad", "1")]
    assert found.told == [
        "a.csv: quotation marks are marked by a backslash; pin with quotes=escaped"
    ]
    assert read("a.csv", text, quotes="doubled").dropped
    assert read("a.csv", 'text,stars\n"C:\\",5\n', "text").kept == [(2, "C:\\")]


def test_quotation_marks_that_quote_no_cell_are_text(read):
    rows = [f'"Great" he said {n}\t5\n' for n in range(4)]
    found = read("a.tsv", "text\tstars\n" + "".join(rows))
    assert found.kept[0] == (2, '"Great" he said 0')
    assert found.told == ["a.tsv: quotation marks are text and quote no cell; pin with quotes=none"]
    with pytest.raises(
        InputError, match="no way to quote 'never'; give doubled, escaped, spaced, none"
    ):
        read("a.tsv", "text\tstars\n", quotes="never")


def test_blank_lines_and_the_end_mark_of_dos_are_no_rows(read):
    found = read("a.csv", "\n  \ntext,stars\n\n \t\ngood,5\r\n\x1a")
    assert found.kept == [(6, "good")]
    assert not found.dropped
    assert read("a.csv", "text,stars\nbad,1\x1a", "text", "stars").kept == [(2, "bad", "1")]


def test_a_row_with_a_nul_byte_is_a_problem_of_that_row(read):
    found = read("a.csv", "text,stars\ngood,5\nb\0d,1\nfine,3\n")
    assert found.kept == [(2, "good"), (4, "fine")]
    assert found.dropped == [(3, "NUL character", "")]


def test_a_second_header_inside_the_file_is_a_problem_of_that_row(read):
    found = read("a.csv", "\ufefftext,stars\ngood,5\n\ufefftext,stars\nbad,1\n Text,stars\nx,1\n")
    assert found.kept == [(2, "good"), (4, "bad"), (5, " Text"), (6, "x")]
    assert found.dropped == [(3, "header again", "the names of the columns")]


def test_a_file_without_a_header_is_read_by_numbers_or_by_pinned_names(read):
    text = "7,the parcel came two weeks late,1\n8,works well,5\n"
    found = read("a.csv", text, "column_2", "column_3")
    assert found.kept == [(1, "the parcel came two weeks late", "1"), (2, "works well", "5")]
    assert found.told == ["a.csv: its first row is read as data; pin with header=no"]
    assert read("a.csv", text, "column_2", "column_3", header="no") == (found.kept, [], [])
    pinned = read("a.csv", text, "text", "stars", header="id, text, stars")
    assert pinned == (found.kept, [], [])
    with pytest.raises(InputError, match="row 1: header names 2 columns where there are 3"):
        read("a.csv", text, header="id,text")
    with pytest.raises(InputError) as caught:
        read("a.csv", text, "text", "stars")
    assert str(caught.value).endswith(
        "a.csv: no column 'text', and its first row looks like data; pin the columns' names, e.g. "
        "header=column_1,text,column_3, or name those you want of column_1, column_2, column_3; "
        "the text may be in 'column_2'"
    )


def test_a_pinned_header_is_a_header_whatever_it_looks_like(read):
    assert read("a.csv", "2023,2024\ngood,bad\n", "2024", header="yes").kept == [(2, "bad")]


def test_lines_above_the_header_are_dropped_one_by_one_and_told(read):
    text = "Table 1,\n# May, shop 7\n\ntext,stars\ngood,5\n"
    found = read("a.csv", text, "text", "stars")
    assert found.kept == [(5, "good", "5")]
    assert found.dropped == [(n, "above the header", "that is row 4") for n in (1, 2)]
    told = "a.csv: its header is read from row 4, those above it are dropped: 2; pin with header=4"
    assert found.told == [told]
    assert read("a.csv", text, "text", "stars", header="4") == found._replace(told=[])
    with pytest.raises(InputError, match="no row begins in line 3; pin header to one that does"):
        read("a.csv", text, header="3")


def test_a_wanted_name_below_rows_of_data_makes_no_header(read):
    with pytest.raises(InputError, match="'text' in its first row, but in row 2; pin header=2 if"):
        read("a.csv", "so nice,pos\ntext,pos\nmore,neg\n")
    title = "Reviews of May,,\nid,text,stars\n1,good,5\n"
    assert read("a.csv", title).kept == [(3, "good")]


def test_the_second_of_two_header_rows_can_be_pinned(read):
    text = "Rate,What can we do better?\nResponse,Open-Ended Response\nno,be faster\n"
    question = read("a.csv", text, "What can we do better?")
    assert question.kept == [(2, "Open-Ended Response"), (3, "be faster")]
    found = read("a.csv", text, "Open-Ended Response", "Response", header="2")
    assert found.kept == [(3, "be faster", "no")]
    assert [row for row, *_ in found.dropped] == [1]


def test_row_numbers_without_a_name_are_no_shift_of_the_columns(read):
    text = '"text","stars"\n' + "".join(f'"{n}","good",{n % 5}\n' for n in range(1, 9))
    found = read("a.csv", text, "text", "stars")
    assert found.kept[:2] == [(2, "good", "1"), (3, "good", "2")]
    assert not found.dropped
    assert found.told == ["a.csv: its rows begin with a number that the header has no name for"]
    texts = "text,stars\n" + "".join(f"text {n},5,more\n" for n in range(9))
    assert len(read("a.csv", texts, "text", "stars").dropped) == 9


@pytest.mark.parametrize(
    ("header", "row", "likely"),
    [
        ("id,review,stars", "1,bad,5", "review"),
        ("id,comment_text,comment_date", "1,bad,5", "comment_text"),
        ("id,a,b", "1,the parcel came late and was wet,5", "a"),
        ("id,a,b", "1,2,5", ""),
    ],
)
def test_a_missing_column_is_answered_with_the_columns_and_the_likeliest(read, header, row, likely):
    with pytest.raises(InputError, match="no column 'text'; the columns are 'id', ") as caught:
        read("a.csv", f"{header}\n{row}\n", "text")
    assert ("the text may be in" in str(caught.value)) == bool(likely)
    assert f"{likely!r}" in str(caught.value) or not likely


def test_columns_without_a_name_are_numbered_and_double_ones_reached_by_number(read):
    text = "text,,note,note\ngood,x,a,b\n"
    assert read("a.csv", text, "text", "column_2").kept == [(2, "good", "x")]
    assert read("a.csv", text, "text", "column_4").kept == [(2, "good", "b")]
    with pytest.raises(InputError, match=r"two columns 'note'.*number: column_3, column_4$"):
        read("a.csv", text, "note")


def test_cells_that_look_like_formulas_are_text_and_counted(read):
    found = read("a.csv", "text,stars\n=cmd|' /C calc'!A0,1\n- slow,2\n@shop +1,3\nfine,4\n")
    assert [text for _, text in found.kept] == ["=cmd|' /C calc'!A0", "- slow", "@shop +1", "fine"]
    assert found.told == ["a.csv: texts that begin with =, +, - or @ are kept as they are: 3"]


def test_entities_stay_as_they_came_and_mean_the_same(read):
    text = "I don&amp;#x2019;t like Tom &amp; Jerry&#39;s &amp;quot;film&amp;quot;"
    assert read("a.csv", f"text\n{text}\n").kept == [(2, text)]
    tokens = Tokenizer(current({})).tokens
    assert tokens(text) == tokens('I don’t like Tom & Jerry\'s "film"')


def test_a_header_alone_is_no_data_and_a_broken_one_is_named(read):
    with pytest.raises(InputError, match="holds no rows"):
        read("a.csv", "text,stars\n")
    with pytest.raises(InputError, match=r"row 1: unreadable header \(not readable as CSV: "):
        read("a.csv", '"text,stars\ngood,5\n')


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8))
def test_what_the_csv_module_writes_is_read_back(read, rows):
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([("text", "stars"), *rows])
    found = read("a.csv", stream.getvalue(), "text", "stars", delimiter=",", quotes="doubled")
    assert [(text, stars) for _, text, stars in found.kept] == [
        row for row in rows if row != ("text", "stars")
    ]


def test_text_that_was_read_wrongly_before_stays_as_it_came(read):
    text = "I donâ€™t like it, trÃ¨s dÃ©Ã§u"
    found = read("a.csv", f'text,stars\n"{text}",1\n')
    assert found.kept == [(2, text)]
    assert not found.told


def test_null_of_a_database_is_no_value_however_cells_are_quoted(read):
    plain = "id\ttext\tstars\n1\t\\N\t5\n2\tgood\t\\N\n"
    assert read("a.tsv", plain, "text", "stars").kept == [(2, None, "5"), (3, "good", None)]
    quoted = '"id","text","stars"\n"1","say \\"yes\\", ok",\\N\n"2",\\N,"1"\n\\N,"\\Nice","3"\n'
    found = read("a.csv", quoted, "text", "stars", "id")
    assert found.kept == [
        (2, 'say "yes", ok', None, "1"), (3, None, "1", "2"), (4, "Nice", "3", None),
    ]  # fmt: skip


def test_spaces_before_quotation_marks_do_not_hide_them(read):
    text = 'id, text, stars\n1, "good, cheap", "5"\n2, "bad", "1"\n'
    found = read("a.csv", text, "text", "stars")
    assert found.kept == [(2, "good, cheap", "5"), (3, "bad", "1")]
    assert found.told == [
        "a.csv: quotation marks have spaces before them, which are left out; pin with quotes=spaced"
    ]
    assert read("a.csv", text, "text", "stars", quotes="spaced") == found._replace(told=[])
    inside = 'text,stars\n"he said, ""yes""",5\n5, "bad"\n'
    assert read("a.csv", inside, quotes="doubled").kept == [(2, 'he said, "yes"'), (3, "5")]


@pytest.mark.parametrize("header", ["text^stars", "text\x01stars", '"text,stars"'])
def test_rows_of_a_single_cell_are_told_with_how_to_mend_them(read, header):
    with pytest.raises(InputError, match="each row is a single cell: pin the delimiter, or take"):
        read("a.csv", f"{header}\n{header.replace('text', 'good')}\n", "text", "stars")


def test_a_carriage_return_that_ends_no_line_of_a_file_with_line_feeds_is_named(read):
    found = read("a.csv", "text,stars\r\ngood,5\rbad,1\r\nfine,3\r\n", "text", "stars")
    assert found.kept == [(3, "fine", "3")]
    assert found.dropped == [(2, "not readable as CSV", "a carriage return in the middle of a row")]


def test_a_header_of_a_hundred_thousand_characters_is_read(read):
    names = [f"How satisfied are you with our service number {n:05d}?" for n in range(4000)]
    content = ",".join([*names, "text"]) + "\n" + "5," * 4000 + "good\n"
    assert read("a.csv", content, "text", names[3999]).kept == [(2, "good", "5")]


def test_a_message_lists_no_more_columns_than_can_be_read(read):
    with pytest.raises(InputError, match=r"'c49' and 250 more$"):
        read("a.csv", ",".join(f"c{n}" for n in range(300)) + "\n" + "," * 299 + "\n", "other")


def test_json_named_csv_is_told_with_its_format(read):
    with pytest.raises(InputError, match="JSON, not columns; pin format=jsonl"):
        read("a.csv", '{"text": "good", "stars": 5}\n' * 3)
