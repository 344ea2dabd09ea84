import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_sources.formats import records


def test_each_line_that_is_not_blank_is_a_text(read):
    found = read("a.txt", 'good, "really"\r\n\r\n  \nbad \x85 one\nlast')
    assert found.kept == [(1, 'good, "really"'), (4, "bad \x85 one"), (5, "last")]


def test_other_columns_than_the_text_are_not_there(write):
    with pytest.raises(InputError, match=r"no column 'stars'; a .txt file has texts alone"):
        list(records(write("a.txt", "good\n"), {"text": "any", "rating": "stars"}, {}, print))


def test_tabs_in_every_line_are_told_with_the_format_that_splits_them(read):
    found = read("a.txt", "text\tstars\ngood\t5\n".encode("utf-16"))
    assert found.kept == [(1, "text\tstars"), (2, "good\t5")]
    assert found.told == ["a.txt: each line is a text, with tabs in it; pin format=tsv for columns"]
    assert not read("a.txt", "good\tcheap\nbad\n").told


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0\x1a\ufeff")).filter(
            lambda text: text.strip() and not text.lstrip().startswith(("%PDF-", "PK", "PAR1", "<"))
        ),
        min_size=1, max_size=8,
    )
)  # fmt: skip
def test_any_text_is_read_back(read, texts):
    found = read("a.txt", "\n".join(texts), encoding="utf-8")
    assert [text for _, text in found.kept] == texts
