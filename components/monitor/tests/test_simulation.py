"""The monitor's promises, on fewer windows than the benchmark counts and on made-up texts."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sentiment_common.text.specification import current
from sentiment_monitor.policy import choose

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
from simulation.pool import made
from simulation.running import follow, set_up
from simulation.scenarios import DAYS, SEASON, Scenario, rising, steady

ROWS = 400
FOUND = ("watch", "act")


@pytest.fixture(scope="module")
def setup(draw):
    """A model that was trained on half of the texts, and traffic from the other half."""
    kinds = (
        ("amazon", draw(4_000, 11, shares=(0.5, 0.3, 0.2))),
        ("tweets", draw(4_000, 12, shares=(0.1, 0.1, 0.8))),
        ("movies", draw(2_000, 13, movies=1.0)),
    )
    rows = [(source, it) for source, some in kinds for it in some]
    pool = made(
        [
            {"text": it.text, "label": it.label, "source": source, "held": True, "group": number}
            for number, (source, it) in enumerate(rows)
        ],
        np.array([it.probabilities for _, it in rows]),
        current({}),
    )
    order = np.random.default_rng(1).permutation(np.flatnonzero(pool.source != "movies"))
    return set_up(pool, order[:4_000], order[4_000:], choose("auto"))


def looked(setup, scenario, before=0, seed=1, rows=ROWS):
    return follow(setup, scenario, rows, before, np.random.default_rng(seed))


def decisions(windows):
    return [it.decided.decision for it in windows]


def test_a_month_without_drift_is_quiet(setup):
    windows = looked(setup, Scenario("no drift", windows=30))
    assert decisions(windows) == ["ok"] * 30
    held = [it.estimated.low <= it.accuracy <= it.estimated.high for it in windows]
    assert np.mean(held) > 0.8


def test_another_domain_is_acted_on_in_its_first_window(setup):
    windows = looked(setup, Scenario("domain", steady("movies", 0.9), windows=2), before=2)
    assert decisions(windows) == ["ok", "ok", "act", "act"]


def test_a_slow_drift_is_seen_before_it_has_half_of_the_texts(setup):
    windows = looked(setup, Scenario("slow", rising("movies", 1.0, 20), windows=20))
    said = decisions(windows)
    assert said[0] == "ok" and said[-1] == "act"
    assert next(at for at, it in enumerate(said) if it in FOUND) < 10


def test_another_meaning_is_seen_by_feedback_alone_and_not_by_the_estimate(setup):
    windows = looked(setup, Scenario("meaning", meaning=0.6, windows=8), before=1)
    assert decisions(windows)[-1] == "act"
    blamed = {it.name for it in windows[-1].decided.findings if it.verdict in FOUND}
    assert blamed == {"quality"}
    last = windows[-1]
    assert last.estimated.low > last.accuracy + 0.1
    assert last.judged.low < last.accuracy < last.judged.high


def test_a_weekend_that_comes_back_is_no_alarm_after_the_first(setup):
    said = decisions(looked(setup, replace(SEASON, windows=3 * DAYS)))
    first, second, third = (said[week * DAYS :][:DAYS] for week in range(3))
    assert first[5] in FOUND
    assert second[5:] == third[5:] == ["ok", "ok"]
    assert "act" not in said


def test_the_same_seed_sees_the_same(setup):
    scenario = Scenario("domain", steady("movies", 0.3), windows=2)
    assert looked(setup, scenario, seed=5) == looked(setup, scenario, seed=5)
