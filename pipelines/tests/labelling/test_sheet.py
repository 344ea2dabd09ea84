import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_models.bundle import LABELS
from sentiment_pipelines.labelling import sheet
from sentiment_pipelines.labelling.batches import Ask

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
ASKED = {"r1:0": "fine", "r2:0": "=1+1", "r3:0": "naïve; “yes” 😍"}


def asks(texts):
    return [Ask(f"r{n}", 0, text, "random", "random", False) for n, text in enumerate(texts)]


def written(path, texts):
    made = asks(texts)
    sheet.write(path, made, "b1")
    return {ask.id: ask.text for ask in made}


def saved(path, rows, delimiter=",", encoding="utf-8"):
    """Writes rows as a spreadsheet does."""
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter).writerows(rows)
    path.write_bytes(stream.getvalue().encode(encoding, "replace"))
    return path


def filled(path, label):
    """Fills every label in, as a person does."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        header, *rows = csv.reader(stream)
    return [header, *([*row[:2], label, *row[3:]] for row in rows)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(TEXTS, min_size=1, max_size=6), st.sampled_from(sheet.DELIMITERS),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]), st.sampled_from(LABELS),
    st.randoms(),
)  # fmt: skip
def test_whatever_a_spreadsheet_saves_comes_back(texts, delimiter, encoding, label, chance):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "to-label.csv"
        asked = written(path, texts)
        header, *rows = filled(path, label.upper())
        chance.shuffle(rows)
        rows = [[*row, "mine"] for row in rows]
        saved(path, [[*header, "my notes"], *rows], delimiter, encoding)
        assert sheet.read(path, asked).labels == dict.fromkeys(asked, label)


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_no_cell_begins_with_what_a_spreadsheet_would_run(text):
    assert sheet.defused(text).lstrip(" ")[:1] not in tuple("=+-@\t\r")


def test_a_formula_stays_text_and_comes_back_with_or_without_its_apostrophe(tmp_path):
    path = tmp_path / "to-label.csv"
    asked = written(path, ["=cmd|'/c calc'!A0", "@user hi", "-1 for this", "'quoted'"])
    assert "'=cmd" in path.read_text(encoding="utf-8-sig")
    rows = filled(path, "neutral")
    assert len(sheet.read(saved(path, rows), asked).labels) == 4
    rows[1][1] = rows[1][1].removeprefix("'")
    assert len(sheet.read(saved(path, rows), asked).labels) == 4


def test_an_id_that_looks_like_a_time_of_day_stays_an_id(tmp_path):
    path = tmp_path / "to-label.csv"
    sheet.write(path, [Ask("17", 0, "fine", "random", "random", False)], "b1")
    rows = filled(path, "neutral")
    assert rows[1][0] == "'17:0"
    assert sheet.read(saved(path, rows), {"17:0": "fine"}).labels == {"17:0": "neutral"}


@pytest.mark.parametrize(
    "text",
    ["10/10", "4.50", "1e5", "00123", "1 May 26", "9" * 30, "TRUE", "false", "\n=1+1", "＝1+1"],
)
def test_a_text_that_a_spreadsheet_would_rewrite_or_run_is_shielded(tmp_path, text):
    path = tmp_path / "to-label.csv"
    sheet.write(path, [Ask("r1", 0, text, "random", "random", False)], "b1")
    rows = filled(path, "neutral")
    assert rows[1][1] == f"'{text}"
    assert sheet.read(saved(path, rows), {"r1:0": text}).labels == {"r1:0": "neutral"}


def test_cp1252_that_passes_for_utf_8_is_the_same_text(tmp_path):
    path = tmp_path / "labelled.csv"
    path.write_bytes("id,text,label\nr1:0,Â©,neutral\n".encode("cp1252"))
    assert sheet.read(path, {"r1:0": "Â©"}).labels == {"r1:0": "neutral"}


def test_empty_labels_are_counted_and_repeated_rows_say_nothing_new(tmp_path):
    rows = [["id", "text", "label"], ["r1:0", "fine", "neutral"], ["r1:0", "fine", " Neutral "]]
    path = saved(tmp_path / "a.csv", [*rows, ["r2:0", "=1+1", " "], [], ["", "", ""]])
    found = sheet.read(path, ASKED)
    assert (found.labels, found.empty, found.repeated) == ({"r1:0": "neutral"}, 1, 1)


def test_a_row_whose_empty_last_cells_were_left_out_has_no_label(tmp_path):
    path = saved(tmp_path / "a.csv", [["id", "text", "label"], ["r1:0", "fine"]])
    assert sheet.read(path, ASKED).empty == 1


def test_a_first_line_that_names_the_delimiter_is_understood(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("sep=|\nid|text|label\nr1:0|fine|neutral\n")
    assert sheet.read(path, ASKED).labels == {"r1:0": "neutral"}


def test_a_text_that_cp1252_cannot_hold_is_known_again(tmp_path):
    rows = [["id", "text", "label"], ["r3:0", ASKED["r3:0"], "positive"]]
    path = saved(tmp_path / "a.csv", rows, ";", "cp1252")
    assert b"?" in path.read_bytes()
    assert sheet.read(path, ASKED).labels == {"r3:0": "positive"}


HEADER = ["id", "text", "label"]
REFUSED = {
    "twice otherwise": (
        [HEADER, ["r1:0", "fine", "neutral"], ["r1:0", "fine", "negative"]],
        "row 3, column label: r1:0 is neutral in one row and negative in this one; keep one",
    ),
    "unknown id": ([HEADER, ["r9:0", "fine", "neutral"]], "row 2, column id: nobody was asked"),
    "unknown label": (
        [HEADER, ["r1:0", "fine", "good"]],
        "row 2, column label: unknown label 'good'; it is one of negative, neutral, positive",
    ),
    "changed text": ([HEADER, ["r1:0", "fine!", "neutral"]], "row 2, column text: the text is not"),
    "changed text without a label": ([HEADER, ["r1:0", "f", ""]], "row 2, column text: the text"),
    "no label column": ([["id", "text"], ["r1:0", "fine"]], "row 1: no columns 'label'; keep"),
    "two label columns": ([[*HEADER, "Label"], ["r1:0", "fine", "", ""]], "row 1: 2 columns"),
    "a row that breaks off": ([HEADER, ["r1:0"]], "row 2: it has 1 cells; save it as CSV again"),
    "empty": ([], "row 1: no columns 'id'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_is_said_in_one_line_with_row_and_column(tmp_path, case):
    rows, said = REFUSED[case]
    path = saved(tmp_path / "a.csv", rows)
    with pytest.raises(InputError) as error:
        sheet.read(path, ASKED)
    assert str(error.value).startswith(f"{path}, {said}")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\x81\xff\x00", "neither UTF-8"), (b'id,text,label\nr1:0,"fine', "line 2: no CSV")],
)
def test_a_file_that_is_no_csv_is_refused(tmp_path, content, said):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        sheet.read(path, ASKED)


def test_a_file_that_is_not_there_or_cannot_be_written_is_said(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        sheet.read(tmp_path / "none.csv", ASKED)
    with pytest.raises(InputError, match="cannot be written"):
        sheet.write(tmp_path / "none" / "a.csv", [], "b1")
