"""The page a person reads."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from conftest import DAY, START, Log

from sentiment_models.bundle import LABELS
from sentiment_monitor.collecting import Asked, collect
from sentiment_monitor.findings import Signal
from sentiment_monitor.history import Past
from sentiment_monitor.policy import choose
from sentiment_monitor.quality_intervals import UNKNOWN, Interval
from sentiment_monitor.report import render
from sentiment_monitor.report_drawing import Step, bounds, course, histograms, reach
from sentiment_monitor.watching import known_of, watch

VOID = {"meta", "br", "line", "rect", "circle", "path"}


class Checking(HTMLParser):
    """Notes what is opened, closed and shown."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.text = [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def checked(page):
    """Returns what a well-formed page shows."""
    found = Checking()
    found.feed(page)
    assert found.open == []
    # One page, no script, nothing from elsewhere.
    assert "script" not in {tag for tag, _ in found.tags}
    assert not re.search(r'(src|href)=|url\(|@import|\son\w+="', page)
    return " ".join(found.text)


@pytest.fixture
def outcome(bundle, digest, examples, tmp_path):
    """Watches a day of a log."""

    def watched(rows, judged=0.3, past=(), digest=digest, **fields):
        log = Log(digest).day(rows, judged=judged, **fields).write(tmp_path / "log")
        policy = choose("min_rows = 50")
        asked = Asked(START, START + DAY, "tiny", digest, START, 5_000, START + 2 * DAY)
        known = known_of(bundle, digest, examples, None, policy)
        return watch(collect(log, asked), known, policy, past)

    return watched


def earlier(days, effect, verdict):
    """A window before the one that is looked at."""
    until = START + DAY - days * DAY
    findings = {"length/psi": {"verdict": verdict, "effect": effect}}
    return Past(until - DAY, until, verdict, 100, findings, {}, {}, None)


def test_a_calm_day_has_nothing_to_do_and_shows_what_it_rests_on(outcome, draw):
    said = checked(render(outcome(draw(800, 2))))
    assert "Nothing to do" in said
    for part in ("Quality", "What was found", "Window against training", "Words", "The log"):
        assert part in said
    assert "known: when it was trained" in said and "judged answer" in said


def test_another_domain_is_in_the_headline_and_its_words_are_named(outcome, draw):
    found = outcome(draw(800, 3, movies=1.0))
    said = checked(render(found))
    assert found.decision.decision == "act"
    assert "Act: train the model again" in said
    assert "make pipeline-run" in said
    assert "film" in said and "new" in said


def test_texts_are_shown_only_if_asked_and_never_as_markup(outcome, draw):
    rows = [replace(it, text=f"<b>{it.text}</b> & film plot") for it in draw(600, 4, movies=1.0)]
    found = outcome(rows)
    assert "film plot" not in checked(render(found))
    shown = render(found, texts=True)
    assert "<b> " not in shown and "&lt;b&gt;" in shown
    assert "film plot" in checked(shown)


def test_texts_that_were_not_kept_are_not_shown(outcome, draw):
    found = outcome(draw(600, 4, movies=1.0), text=None, text_kept="none")
    assert "look least like training" not in checked(render(found, texts=True))


def test_earlier_windows_are_drawn_with_this_one_last(outcome, draw):
    past = [earlier(2, 0.05, "ok"), earlier(1, 0.15, "watch")]
    page = render(outcome(draw(600, 5), past=past))
    said = checked(page)
    assert "Decisions of 3 windows, this one last: 2 ok, 1 watch" in said
    assert page.count('class="course"') > 0


def test_without_feedback_the_estimate_stands_alone_with_its_warning(outcome, draw):
    said = checked(render(outcome(draw(600, 6), judged=0)))
    assert "There is no feedback" in said and "CBPE" in said
    assert "by feedback, as it is" not in said


def test_an_empty_window_says_so(outcome):
    said = checked(render(outcome([])))
    assert "Nobody can tell" in said


def test_equal_outcomes_give_equal_pages(outcome, draw):
    found = outcome(draw(300, 7))
    assert render(found) == render(found)


def test_bars_are_as_high_as_their_shares():
    drawn = histograms(Signal("label", LABELS, (50, 25, 25), (10, 10, 80)))
    heights = [float(it) for it in re.findall(r'height="([\d.]+)"', drawn)]
    then, now = heights[0::2], heights[1::2]
    assert then[0] == pytest.approx(2 * then[1], rel=0.01)
    assert now[2] == pytest.approx(8 * now[0], rel=0.02)
    assert max(now) == pytest.approx(then[0] * 1.6, rel=0.01)
    assert "80.0% in the window" in drawn
    checked(histograms(Signal("<odd>", ("a<b",), (0,), (0,))))


def test_a_course_leaves_out_windows_with_too_little_to_tell():
    steps = [Step(0, 0.1, "ok"), Step(1, None, "unknown"), Step(2, 0.3, "act")]
    drawn = course(steps, 0.1, 0.2)
    assert drawn.count("L") == 1
    assert 'class="dot act"' in drawn
    checked(course([Step(0, None, "unknown")], 0.1, 0.2))


def test_a_figure_of_which_nothing_is_known_has_no_mark():
    assert "circle" not in reach(UNKNOWN, bounds([UNKNOWN]))
    assert bounds([Interval(0.71, 0.66, 0.74), UNKNOWN]) == (0.65, 0.75)
