import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_explore.marks import mark


def marks_of(*texts):
    return mark(pa.chunked_array([pa.array(texts, pa.large_string())]))


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("The lid fits.", set()),
        ("Great 😀!", {"emoji", "exclamation"}),
        ("👍", {"emoji", "one_word"}),
        ("NEVER AGAIN", {"capitals"}),
        ("OK", {"one_word"}),
        ("Why? See www.shop.example", {"question", "link"}),
        ("https://a.example https://b.example", {"link", "links_only"}),
        ("thanks @shop for 3 days", {"account", "digits"}),
        ("mail me: a@b.example", set()),
        ("5/5", {"digits", "no_letters", "one_word"}),
        ("the cafÃ© was full", {"garbled"}),
        ("\ufffd was here", {"garbled"}),
        ("good &amp; cheap", {"markup"}),
        ("good <br/> cheap", {"markup"}),
        ("3 < 5 and 7 > 2", {"digits"}),
        ("Der Akku ist nicht gut und sehr teuer", {"other_language"}),
        ("La batterie est morte et le service ne répond pas", {"other_language"}),
        ("Отличный товар, спасибо", {"other_language"}),
        ("I met die Dame of El Paso and she is a friend of the los lobos", set()),
        ("word " * 301, {"long"}),
    ],
)
def test_a_text_has_the_marks_that_a_person_sees(text, flags):
    marks = marks_of(text)
    assert {name for name, has in marks.flags.items() if has[0]} == flags


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
def test_any_text_can_be_looked_at(texts):
    marks = marks_of(*texts)
    assert marks.characters.tolist() == [len(text) for text in texts]
    assert all(len(flags) == len(texts) for flags in marks.flags.values())
