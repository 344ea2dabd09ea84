import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_sources.formats.rows import ESCAPED, Dialect, Rows

LINES = [
    "good,5\n", '"two\nlines",3\n', "\n", "ragged\n", '"open,1\n', '"a" b,1\n', "trail,2,\n",
    'x,"', '"', '"q ""x""",1\n', "a\rb,1\n", "\\N,1\n",
]  # fmt: skip


def _rows(blocks, width=2, **dialect):
    rows = Rows(blocks, {}, Dialect(",", **dialect), "a.csv")
    rows.width = width
    return [*rows], rows.trimmed


@given(st.lists(st.sampled_from(LINES), max_size=60), st.sampled_from([1, 2, 3]))
def test_rows_are_the_same_wherever_blocks_of_lines_end(texts, width):
    lines = io.StringIO("".join(texts), newline="\n").readlines()
    one_by_one = _rows([[line] for line in lines], width)
    for size in (2, 3, 7, 60):
        blocks = [lines[at : at + size] for at in range(0, len(lines), size)]
        assert _rows(blocks, width) == one_by_one


def test_a_row_over_several_blocks_is_one_row():
    rows, _ = _rows([["a,1\n", '"b\n'], ["c\n"], [], ['d",2\n', "e,3\n"], ["f,4\n"]])
    assert [(row.line, *row.fields) for row in rows] == [
        (1, "a", "1"), (2, "b\nc\nd", "2"), (5, "e", "3"), (6, "f", "4"),
    ]  # fmt: skip


@pytest.mark.parametrize("skip", [0, 1, 2])
def test_lines_that_are_skipped_are_counted(skip):
    rows, _ = _rows([["a,1\n"], ["b,2\n", "c,3\n"]], skip=skip)
    assert [row.line for row in rows] == [1, 2, 3][skip:]


def test_null_is_guarded_between_delimiters_alone():
    rows, _ = _rows([["\\N,\\N\n", "\\Nice,\\\\N\r\n", '"a,\\Name",\\N']], quotes=ESCAPED)
    assert [row.fields for row in rows] == [["\\N", "\\N"], ["Nice", "\\N"], ["a,Name", "\\N"]]
