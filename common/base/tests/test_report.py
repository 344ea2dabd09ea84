from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.report import chart, heading, page, paragraph, table, verdict

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)


class Reader(HTMLParser):
    """Collects the text and the tags of a document."""

    def __init__(self):
        super().__init__()
        self.texts, self.tags = [], []

    def handle_data(self, data):
        self.texts.append(data)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))


def read(document):
    reader = Reader()
    reader.feed(document)
    reader.close()
    return reader


def whole_page(text):
    body = [heading(text), paragraph(text), verdict(text, True), table([text], [[text]])]
    return read(page(text, body))


@given(text=TEXT)
def test_text_stays_text_wherever_it_is_put(text):
    reader = whole_page(text)
    assert "".join(reader.texts).count(text) >= 7  # the title is there twice
    assert reader.tags == whole_page("x").tags


def test_a_page_needs_nothing_from_outside():
    document = page("Report", [paragraph("all is well"), chart("<svg></svg>", "a chart")])
    assert document.startswith("<!doctype html>")
    tags = read(document).tags
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in tags}
    assert not [value for _, attributes in tags for value in attributes if value in ("src", "href")]


def test_numbers_of_a_table_are_rounded_grouped_and_aligned():
    body = table(["what", "value"], [["share", 0.12345], ["rows", 12345], ["sound", True]])
    assert '<td class="number">0.123</td>' in body
    assert '<td class="number">12,345</td>' in body
    assert "<td>True</td>" in body


def test_a_verdict_is_coloured_by_whether_it_is_good():
    assert 'class="verdict good"' in verdict("accepted", True)
    assert 'class="verdict bad"' in verdict("refused", False)


def test_a_chart_loses_its_prologue_and_has_its_caption():
    drawn = '<?xml version="1.0"?><!DOCTYPE svg><svg width="9"><g/></svg>'
    assert chart(drawn, "loss & gain") == (
        '<figure class="chart"><svg width="9"><g/></svg>'
        "<figcaption>loss &amp; gain</figcaption></figure>"
    )
