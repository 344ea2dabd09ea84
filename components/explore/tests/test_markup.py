"""Text stays text, wherever on the page it stands."""

from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from sentiment_explore import markup
from sentiment_explore.markup import Markup

TEXTS = st.one_of(
    st.text(), st.sampled_from(["<td>", '<td class="number">', "</td>", '" x="', "<script>"])
)


@given(TEXTS, TEXTS)
def test_any_text_is_escaped_in_cells_headings_and_attributes(said, other):
    made = markup.table((said, other), [(other, said)])
    assert made.count("<") == markup.table(("", ""), [("", "")]).count("<")
    attribute = markup.element("p", said, title=other)
    assert attribute.count("<") == 2
    assert attribute.count('"') == 2
    assert unescape(attribute.split('"')[1]) == unescape(markup.text(other))


def test_text_that_turns_or_hides_the_page_is_made_visible():
    assert markup.text("a\u202eb\x00c\ud800") == "a\ufffdb\ufffdc\ufffd"
    assert markup.text("a\tb\nc é 😀 עברית") == "a\tb\nc é 😀 עברית"


def test_what_is_markup_already_is_left_alone():
    assert markup.paragraph(Markup("<b>x</b>"), "<i>") == "<p><b>x</b>&lt;i&gt;</p>"


def test_a_column_of_figures_is_headed_on_their_side():
    found = markup.table(("model", "rows", "why"), [("a", 1234, "b")])
    assert '<th scope="col" class="number">rows</th><th scope="col">why</th>' in found
    assert '<td class="number">1,234</td>' in found
    assert markup.table(("a", "b"), []).count("<tr>") == 1
