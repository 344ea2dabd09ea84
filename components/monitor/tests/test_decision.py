"""What follows from findings, and how chance is kept out."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.request_log import Account
from sentiment_monitor.decision import decide, judged
from sentiment_monitor.findings import Finding
from sentiment_monitor.policy import choose
from sentiment_monitor.window import COLUMNS, Answers, Doubts, Window

POLICY = choose("auto")


def finding(name="label", effect=0.0, p_value=0.0, **fields):
    """A finding that is not yet judged."""
    watch, act = POLICY.thresholds(name)
    given = {"rows": 500, "verdict": "ok", "words": f"{name}."}
    return Finding(name, "test", effect, effect, watch, act, p_value, **{**given, **fields})


def window(rows=500, others=None):
    """A window of so many answers."""
    columns = {name: np.zeros(rows) for name in COLUMNS} | {"probabilities": np.zeros((rows, 3))}
    answers = Answers(**columns)
    doubts = Doubts(models=Counter(others or {}))
    return Window(0, 1, "m", "d", answers, answers, np.zeros(0), (), Counter(), ("",), Account(),
                  doubts, 1)  # fmt: skip


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_corrected_chances_keep_their_order_and_are_those_of_holm(chances):
    found = [it.adjusted for it in judged([finding(p_value=p) for p in chances], 0.05)]
    order = np.argsort(chances, kind="stable")
    expected, highest = np.empty(len(chances)), 0.0
    for rank, number in enumerate(order):
        highest = max(highest, min(1.0, chances[number] * (len(chances) - rank)))
        expected[number] = highest
    assert found == pytest.approx(expected.tolist())


def test_an_effect_alone_or_significance_alone_is_no_finding():
    by_chance, tiny, both = judged(
        [finding(effect=0.3, p_value=0.4), finding(effect=0.01, p_value=1e-30),
         finding(effect=0.3, p_value=1e-30)], 0.001,
    )  # fmt: skip
    assert (by_chance.verdict, tiny.verdict, both.verdict) == ("ok", "ok", "act")
    assert "can be chance" in by_chance.words


def test_what_has_no_test_is_graded_by_its_effect():
    (found,) = judged([finding("tfdv_n_chars", 0.15, None)], 0.001)
    assert (found.verdict, found.adjusted) == ("watch", None)


def test_a_month_of_windows_without_drift_is_quiet():
    generator = np.random.default_rng(5)
    alarms = 0
    for _ in range(2_000):
        drawn = [finding(effect=1.0, p_value=float(p)) for p in generator.random(15)]
        alarms += any(it.verdict != "ok" for it in judged(drawn, 0.01))
    assert alarms / 2_000 < 0.02


def test_a_finding_must_last_before_it_is_acted_on():
    once = finding("domain", 0.75, verdict="act", windows=1)
    said = decide(window(), [once], POLICY)
    assert (said.decision, said.follow) == ("watch", ("look",))
    assert "if it lasts 1 window more" in said.reasons[0]
    said = decide(window(), [replace(once, windows=2)], POLICY)
    assert (said.decision, said.follow) == ("act", ("retrain",))
    assert "2 windows in a row" in said.reasons[0]


def test_a_very_large_effect_is_acted_on_at_once():
    huge = finding("domain", 0.97, verdict="act", windows=1)
    assert decide(window(), [huge], POLICY).decision == "act"


def test_what_comes_back_every_week_is_said_and_not_counted():
    weekly = finding("label", 0.9, verdict="act", windows=3, seasonal=True)
    said = decide(window(), [weekly], POLICY)
    assert said.decision == "ok"
    assert any("every week" in it for it in said.reasons)


def test_the_weightiest_reason_stands_first():
    said = decide(
        window(),
        [
            finding("label", 0.11, verdict="watch"),
            finding("domain", 0.97, verdict="act", windows=1),
        ],
        POLICY,
    )
    assert [it.split(".")[0] for it in said.reasons] == ["domain", "label"]


@pytest.mark.parametrize(
    ("rows", "others", "why"),
    [
        (0, {}, "Nobody asked anything"),
        (0, {"other sha256:f": 7}, "others did: other sha256:f"),
        (99, {}, "99 answers are too few"),
    ],
)
def test_nobody_can_tell_from_nothing(rows, others, why):
    said = decide(window(rows, others), [finding(effect=None, verdict="unknown")], POLICY)
    assert (said.decision, said.follow) == ("unknown", ("look",))
    assert why in said.reasons[0]


def test_a_bundle_without_a_reference_is_said():
    said = decide(window(), [finding(effect=None, verdict="unknown")], POLICY)
    assert "no reference" in said.reasons[0]
