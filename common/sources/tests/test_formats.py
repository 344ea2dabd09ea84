import pytest

from sentiment_common.errors import InputError


@pytest.mark.parametrize("name", ["a.csv", "a.CSV", "a.b.csv"])
def test_the_extension_chooses_the_format_in_any_case(read, name):
    assert read(name, "text\ngood\n").kept == [(2, "good")]


@pytest.mark.parametrize("name", ["export", "a.dat", "a.parquet"])
def test_a_pinned_format_overrides_the_extension(read, name):
    assert read(name, "text\ngood\n", format="csv").kept == [(2, "good")]
    assert read(name, '{"text": "good"}\n', format=".JSONL").kept == [(1, "good")]


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.ods"])
def test_a_workbook_is_to_be_saved_as_csv(read, name):
    with pytest.raises(InputError, match=rf"unknown format '\{name[1:]}'; save it as CSV"):
        read(name, b"PK\x03\x04")


def test_an_unknown_format_lists_those_there_are(read):
    with pytest.raises(
        InputError, match=r"unknown format '\.docx'; .*\.csv, \.tsv.*or pin the for"
    ):
        read("a.docx", b"PK")
    with pytest.raises(InputError, match=r"unknown format '\.html'"):
        read("a.csv", "text\ngood\n", format="html")
