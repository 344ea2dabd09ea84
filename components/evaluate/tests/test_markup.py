"""Text stays text, wherever on the page it stands."""

from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from sentiment_evaluate import markup
from sentiment_evaluate.markup import Markup
from sentiment_evaluate.resampling import Interval

TEXTS = st.one_of(st.text(), st.sampled_from(["<td>", '<td class="number">', "</td>", '" x="']))


@given(TEXTS, TEXTS)
def test_any_text_is_escaped_in_cells_headings_and_attributes(said: str, other: str) -> None:
    (row,) = markup.table((said, "b"), [(other, said)]).partition("<tbody>")[2].split("</tr>")[:1]
    heading, cell = row.removeprefix("<tr>").split("</th><td>")
    assert unescape(heading.partition(">")[2]) == other
    assert unescape(cell.removesuffix("</td>")) == said
    made = markup.element("p", said, title=other)
    assert made.count("<") == 2
    assert unescape(made.split('"')[1]) == other


def test_what_is_markup_already_is_left_alone() -> None:
    assert markup.paragraph(Markup("<b>x</b>"), "<i>") == "<p><b>x</b>&lt;i&gt;</p>"


def test_a_column_of_figures_is_headed_on_their_side() -> None:
    found = markup.table(("model", "macro-F1", "why"), [("a", 0.5, "b")])
    assert '<th scope="col" class="number">macro-F1</th><th scope="col">why</th>' in found


def test_a_figure_stands_over_its_interval() -> None:
    found = markup.measured(Interval(0.5, 0.25, 0.75), best=True)
    assert found.index("<b>0.500</b>") < found.index("<small>0.250 to 0.750</small>")
