import csv

from hypothesis import given
from hypothesis import strategies as st

from sentiment_explore.suspects import COLUMNS, DOUBTFUL, FORMULA, Suspect, harmless, write

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(['=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(A1)", "\t=1", ' "=1"', " =1"]),
)


@given(TEXTS)
def test_no_cell_begins_as_a_formula_does(text):
    assert not harmless(text).lstrip(" ").startswith(FORMULA)


@given(st.lists(TEXTS, max_size=5))
def test_a_spreadsheet_reads_the_rows_that_were_written(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("csv") / "suspects.csv"
    listed = [
        Suspect(DOUBTFUL, "neutral", 0.1, "positive", 0.8, None, "train", text, "r1", text)
        for text in texts
    ]
    write(path, listed)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == list(COLUMNS)
    assert [row[-1] for row in rows[1:]] == [harmless(text) for text in texts]
    assert all(row[5] == "" for row in rows[1:])
