import pytest

from sentiment_common.errors import InputError
from sentiment_sources.content import Content
from sentiment_sources.formats.files import opened, read_head, unusable


@pytest.mark.parametrize("content", [b"", b"\n\n", b" \r\n", b"\t", b"\x1a"])
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.txt"])
def test_a_file_of_nothing_holds_no_rows(read, name, content):
    with pytest.raises(InputError, match=f"{name}: holds no rows; give a file with rows of feedb"):
        read(name, content)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.txt"])
def test_a_mark_alone_holds_no_rows(read, name):
    with pytest.raises(InputError, match="holds no rows"):
        read(name, b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"PK\x03\x04rest", "a zip archive or a workbook, not text; save it as CSV"),
        (b"\xd0\xcf\x11\xe0rest", "a workbook of old Excel, not text; save it as CSV"),
        (b"%PDF-1.7", "a PDF, not text; export its table as CSV"),
        (b"PAR1rest", "a Parquet file, not text; pin format=parquet"),
        (b"\x1f\x8brest", "compressed, not text; name it .gz"),
        (b"\n<!DOCTYPE html><html>", "a web page, not text; download it again"),
        (b"<HTML>", "a web page, not text"),
        (b'<?xml version="1.0"?><feed/>', "an XML document, not text; export it as CSV or JSON"),
    ],
)
def test_what_is_no_text_is_called_by_its_name(write, content, what):
    with pytest.raises(InputError, match=what):
        read_head(write("a.csv", content))


def test_a_file_that_cannot_be_read_is_one_line(tmp_path):
    content = Content("a.csv", "a.csv", lambda: (tmp_path / "gone").open("rb"))
    with (
        pytest.raises(
            InputError, match=r"a.csv: cannot be read .No such file or directory.; check"
        ),
        opened(content),
    ):
        pass


def test_values_that_are_no_text_are_named_by_their_role():
    assert unusable({"text": "naïve", "rating": 5}) == ("", "")
    assert unusable({"text": "a", "label": "b\0"}) == ("NUL character", "in the label")
    assert unusable({"text": "a\ud800"}) == ("half a surrogate pair", "in the text")
