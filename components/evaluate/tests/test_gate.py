"""The gate blesses what is better, and nothing else."""

import numpy as np
import pytest

from sentiment_evaluate.examples import Split
from sentiment_evaluate.gate import Judged, judge
from sentiment_evaluate.outcome import ALREADY_CHAMPION, BLESSED, REFUSED
from sentiment_evaluate.resampling import Bootstrap
from sentiment_evaluate.slices import by_source

ROWS = 900
BOOTSTRAP = Bootstrap(500, seed=1)


def judged(digest: str, wrong: range | list[int], sources: np.ndarray | None = None) -> Judged:
    """A model that is wrong on the given rows and right on the others."""
    truth = np.arange(ROWS) % 3
    predicted = truth.copy()
    predicted[list(wrong)] = (truth[list(wrong)] + 1) % 3
    probabilities = np.eye(3)[predicted] * 0.7 + 0.1
    where = np.full(ROWS, "shop") if sources is None else sources
    split = Split("test", [""] * ROWS, truth, where, np.arange(ROWS))
    figures = BOOTSTRAP.measure(truth, probabilities, split.groups)
    return Judged(digest, figures, by_source(split, probabilities, BOOTSTRAP))


def test_without_a_champion_only_the_floor_counts() -> None:
    candidate = judged("a", range(300))
    assert judge(candidate, None, 0.6, 0.95).verdict == BLESSED
    refused = judge(candidate, None, 0.7, 0.95)
    assert refused.verdict == REFUSED
    assert [(rule.rule, rule.passed) for rule in refused.rules] == [("macro-F1 at least", False)]
    assert refused.reason == "macro-F1 0.6667 on the test split is below the floor of 0.7"


def test_a_better_candidate_is_blessed() -> None:
    found = judge(judged("a", range(100)), judged("b", range(200)), 0.5, 0.95)
    assert found.verdict == BLESSED
    assert all(rule.passed for rule in found.rules)


def test_equal_is_not_better() -> None:
    found = judge(judged("a", range(100)), judged("b", range(100)), 0.5, 0.95)
    assert found.verdict == REFUSED
    assert "equal is not better" in found.reason


def test_a_gain_within_noise_is_not_better() -> None:
    found = judge(judged("a", range(198)), judged("b", range(100, 300)), 0.5, 0.95)
    assert found.verdict == REFUSED


def test_a_worse_candidate_is_refused() -> None:
    assert judge(judged("a", range(200)), judged("b", range(100)), 0.5, 0.95).verdict == REFUSED


def test_the_champion_itself_is_recognised_by_its_digest() -> None:
    found = judge(judged("a", range(100)), judged("a", range(100)), 0.5, 0.95)
    assert found.verdict == ALREADY_CHAMPION
    assert "nothing to push" in found.reason


@pytest.mark.parametrize(("rows", "verdict"), [(250, REFUSED), (150, BLESSED)])
def test_getting_worse_on_a_source_refuses_if_the_source_is_large(rows: int, verdict: str) -> None:
    sources = np.where(np.arange(ROWS) < rows, "tweets", "reviews")
    worse_on_tweets = judged("a", range(60), sources)
    champion = judged("b", [*range(5), *range(500, 700)], sources)
    found = judge(worse_on_tweets, champion, 0.5, 0.95)
    assert found.verdict == verdict
    assert any("worse than the champion" in rule.reason for rule in found.rules) == (rows == 250)
