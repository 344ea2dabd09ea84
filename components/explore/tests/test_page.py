import re
from html.parser import HTMLParser

import planted
import pytest
from conftest import explored
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment_explore import page
from sentiment_explore.columns import Column

HOSTILE = "</p><script>alert(1)</script><img src=x onerror=alert(1)>\" onload='x' &lt;"
VOID = {"meta", "img", "br", "hr", "link", "input"}


class Reader(HTMLParser):
    """Collects tags and addresses, and complains about tags that do not match."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.addresses, self.ids = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        given = dict(attrs)
        self.addresses += [given[it] for it in ("href", "src") if it in given]
        self.ids += [given["id"]] if "id" in given else []
        assert not any(name.startswith("on") for name in given)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def read(html):
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    return reader


def test_the_page_is_whole_needs_nothing_from_outside_and_its_links_lead_somewhere(sound):
    html = page.render(sound)
    reader = read(html)
    assert "script" not in reader.tags
    assert all(it.startswith("#") for it in reader.addresses)
    assert {it[1:] for it in reader.addresses} <= set(reader.ids)
    assert not re.search(r"url\(|@import", html)
    assert len(html) < 400_000


def test_questions_are_answered_in_the_order_in_which_they_are_asked(sound):
    headings = re.findall("<h2>([^<]+)", page.render(sound))
    assert headings == [
        "Findings", "How much, of what, from where", "Can the labels be trusted?",
        "What people complain about, and what they praise", "Texts", "Repetition",
    ]  # fmt: skip


def test_hostile_feedback_stays_text_in_every_place(tmp_path):
    examples = [
        planted.alike(
            it, text=f"{HOSTILE} {it.text}", source=f"{HOSTILE}{at % 2}", id=f"{HOSTILE}{at}",
            label="positive" if at % 9 == 0 else it.label,
        )
        for at, it in enumerate(planted.sound(300))
    ]  # fmt: skip
    dropped = '{"reason": "<script>x", "kept_id": "x"}\n'
    folder = planted.write(
        tmp_path / "examples", examples, dropped, guesses=[HOSTILE], personal_data={HOSTILE: 3}
    )
    column = Column("train", HOSTILE, "STRING", 1, 0, 1, None, [(HOSTILE, 1)])
    html = page.render(explored(folder, [column]))
    reader = read(html)
    assert not {"script", "img"} & set(reader.tags)
    assert "&lt;script&gt;" in html


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=3, max_size=6))
def test_no_markup_gets_out_of_any_text(tmp_path_factory, texts):
    sound = planted.sound(len(texts))
    examples = [
        planted.alike(it, text=text, source=text, group=text, split="train")
        for it, text in zip(sound, texts, strict=True)
    ]
    folder = planted.write(tmp_path_factory.mktemp("any") / "examples", examples)
    assert "script" not in read(page.render(explored(folder))).tags


@pytest.mark.parametrize("rows", [1, 12])
def test_few_rows_without_dates_and_ratings_make_a_page(explore, rows):
    examples = [planted.alike(it, rating=None, created_at=None) for it in planted.sound(rows)]
    html = page.render(explore(examples))
    read(html)
    assert "No row has a date" in html
    assert "No label was doubted" in html
