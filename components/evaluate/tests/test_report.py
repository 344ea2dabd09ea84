"""The page is whole by itself, says what was found, and shows any text as text."""

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from sentiment_evaluate import evaluation, policy, report
from sentiment_evaluate.contenders import candidates, champion
from sentiment_evaluate.evaluation import Beside, Evaluation
from sentiment_evaluate.examples import read_split, read_words
from sentiment_evaluate.settings import Settings
from sentiment_evaluate.slices import Known
from sentiment_evaluate.suite import read_suite

VOID = {"meta", "br", "link", "img", "input"}
HOSTILE = '<script>alert("x")</script> & <b>terrible</b> "quoted" https://evil.example/'


class Page(HTMLParser):
    """Collects the text, the ids, what refers to them, and every tag; complains of bad nesting."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.used: set[str] = set()
        self.parts: list[str] = []
        self.tags: list[str] = []
        self.opened: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)
        self.close()

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.parts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.opened.append(tag)
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            elif value and name in ("href", "src"):
                (self.used.add if value.startswith("#") else self.loaded.append)(value)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.opened:
            self.parts.append(data)


@pytest.fixture(scope="module")
def refused(
    examples: Path, good: Path, poor: Path, champion_of: Callable[[Path | None], Path]
) -> Evaluation:
    """Two candidates and a champion that neither beats, on everything there is."""
    validation, test = read_split(examples, "validation"), read_split(examples, "test")
    foreign = replace(test, name="out_of_domain", sources=np.full(len(test), "films & plays"))
    hostile = replace(
        test, texts=[HOSTILE, *test.texts[1:]], truth=np.array([2, *test.truth[1:].tolist()])
    )
    beside = Beside(Known(read_words(examples)), foreign, read_suite())
    return evaluation.evaluate(
        candidates([("candidate", poor), ("candidate_2", poor)]), champion(champion_of(good)),
        validation, hostile, Settings(policy.read("comparison.samples=100"), seed=13), beside,
    )  # fmt: skip


@pytest.fixture(scope="module")
def page(refused: Evaluation) -> Page:
    return Page(report.render(refused))


def test_the_verdict_comes_first_with_its_reason(refused: Evaluation, page: Page) -> None:
    assert page.text.startswith("Model evaluation Model evaluation refused")  # title and heading
    assert page.text.index(refused.verdict.reason) < page.text.index("Models side by side")


def test_every_model_stands_in_every_section(page: Page) -> None:
    for title, following in (
        ("Models side by side", "Quality and what it costs"),
        ("Quality and what it costs", "Where they go wrong"),
        ("Where they go wrong", "Slices of the test split"),
        ("Out of domain", "Behaviour"),
        ("Behaviour", "Most confident mistakes"),
    ):
        part = page.text[page.text.rindex(title) : page.text.rindex(following)]
        for name in ("poor", "poor (candidate_2)", "champion (good)"):
            assert name in part, (title, name)


def test_every_rule_is_told_with_its_reason(refused: Evaluation, page: Page) -> None:
    assert len(refused.verdict.rules) > 20
    for rule in refused.verdict.rules:
        assert rule.reason in page.text


def test_the_page_is_well_formed_and_its_links_lead_somewhere(page: Page) -> None:
    assert page.opened == []
    assert len(page.ids) == len(set(page.ids))
    assert page.used == {f"#{name}" for name in page.ids}
    assert set(report.CONTENTS) == set(page.ids)
    assert page.loaded == []


def test_a_hostile_text_is_shown_and_not_run(page: Page) -> None:
    assert "script" not in page.tags
    assert '<script>alert("x")</script>' in page.text.replace(" (", "(")


def test_words_of_a_mistake_are_marked_and_the_text_stays_whole(refused: Evaluation) -> None:
    html = report.render(refused)
    quotes = re.findall(r"<blockquote><p>(.*?)</p>", html, flags=re.DOTALL)
    assert len(quotes) == len(refused.mistakes) > 8
    for quote, mistake in zip(quotes, refused.mistakes, strict=True):
        plain = Page(re.sub(r"</?mark[^>]*>", "", quote)).parts
        assert "".join(plain) == mistake.text
    assert 'class="for"' in "".join(quotes)


def test_the_same_evaluation_gives_the_same_page(refused: Evaluation) -> None:
    assert report.render(refused) == report.render(refused)


def test_what_was_not_asked_for_has_no_section(examples: Path, good: Path) -> None:
    found = evaluation.evaluate(
        candidates([("candidate", good)]), None, read_split(examples, "validation"),
        read_split(examples, "test"), Settings(policy.read("comparison.samples=100"), seed=13),
    )  # fmt: skip
    page = Page(report.render(found))
    assert set(page.ids) == {"models", "cost", "errors", "slices", "rules"}
    assert page.used == {f"#{name}" for name in page.ids}
    assert "blessed" in page.text


def test_a_test_split_of_one_label_still_makes_a_page(examples: Path, good: Path) -> None:
    validation, test = read_split(examples, "validation"), read_split(examples, "test")
    kept = np.flatnonzero(test.truth == 0)
    one = replace(
        test, texts=[test.texts[row] for row in kept], truth=test.truth[kept],
        sources=test.sources[kept], groups=test.groups[kept],
    )  # fmt: skip
    found = evaluation.evaluate(
        candidates([("candidate", good)]), None, validation, one,
        Settings(policy.read("comparison.samples=100"), seed=13),
    )  # fmt: skip
    page = Page(report.render(found))
    assert page.opened == []
    assert "Where they go wrong" in page.text
