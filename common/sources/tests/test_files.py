import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_ingest.readers.files import check_columns, read_text


def test_a_byte_order_mark_is_no_part_of_the_text(write):
    assert read_text(write("marked.csv", b"\xef\xbb\xbftext\nna\xc3\xafve\n")) == "text\nnaïve\n"


def test_bytes_that_are_not_utf8_are_named_by_file_row_and_offset(write):
    path = write("cp1252.csv", b"text\nfine\ncaf\xe9\n")
    with pytest.raises(InputError) as caught:
        read_text(path)
    assert str(caught.value) == (
        f"{path}, row 3: not UTF-8: byte 0xe9 at offset 13; "
        "save it as UTF-8, e.g. iconv -f WINDOWS-1252 -t UTF-8 cp1252.csv"
    )


@given(
    head=st.text(st.characters(codec="utf-8", exclude_characters="\ufeff"), min_size=1),
    marked=st.booleans(),
)
def test_the_offset_of_the_first_bad_byte_is_exact(tmp_path_factory, head, marked):
    content = (b"\xef\xbb\xbf" if marked else b"") + head.encode()
    path = tmp_path_factory.mktemp("bad") / "bad.csv"
    path.write_bytes(content + b"\xff\n")
    lines = content.count(b"\n")
    with pytest.raises(InputError, match=f"byte 0xff at offset {len(content)};") as caught:
        read_text(path)
    assert caught.value.where == f"{path}, row {lines + 1}"


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_is_called_by_its_name(write, codec):
    mark = {"utf-16": "", "utf-16-le": "\ufeff", "utf-16-be": "\ufeff"}[codec]
    path = write("excel.csv", (mark + "text\nfine\n").encode(codec))
    with pytest.raises(InputError, match="UTF-16, not UTF-8"):
        read_text(path)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b" \r\n"])
def test_a_file_of_nothing_holds_no_rows(write, content):
    with pytest.raises(InputError, match="holds no rows"):
        read_text(write("empty.csv", content))


def test_a_missing_column_is_answered_with_the_columns_there_are(tmp_path):
    with pytest.raises(InputError, match="no column 'text'; the columns are 'review', 'stars'"):
        check_columns(tmp_path, ["text"], ["review", "stars"])


def test_a_column_that_is_there_twice_is_refused_only_if_it_is_wanted(tmp_path):
    check_columns(tmp_path, ["text"], ["text", "note", "note"])
    with pytest.raises(InputError, match="two columns 'note'"):
        check_columns(tmp_path, ["note"], ["text", "note", "note"])
