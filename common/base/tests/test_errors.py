import pytest

from sentiment_common.errors import InputError


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError("no text"), "no text"),
        (InputError("no text", where="a.csv, row 7"), "a.csv, row 7: no text"),
        (InputError("no text", mend="drop the row"), "no text; drop the row"),
        (
            InputError("no text", where="a.csv, row 7", mend="drop the row"),
            "a.csv, row 7: no text; drop the row",
        ),
        (InputError("two\nlines\tand  spaces"), "two lines and spaces"),
    ],
)
def test_an_error_is_one_line_that_says_where_what_and_how_to_mend(error, line):
    assert str(error) == line
