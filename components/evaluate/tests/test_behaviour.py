"""A case is failed by what a model says, and by nothing else."""

import numpy as np
import pytest

from sentiment_evaluate import behaviour
from sentiment_evaluate.behaviour import IS, SAME, Case
from sentiment_evaluate.suite import read_suite

NEGATIVE, NEUTRAL, POSITIVE = (
    [0.8, 0.1, 0.1],
    [0.2, 0.6, 0.2],
    [0.1, 0.2, 0.7],
)


def failures(case: Case, *said: list[float]) -> int:
    (found,) = behaviour.judge([case], np.array(said))
    assert found.cases == 1
    return found.failures


def test_minimum_functionality_takes_any_of_the_labels() -> None:
    case = Case("minimum: negation", ("not good",), IS, ("negative", "neutral"))
    assert failures(case, NEGATIVE) == failures(case, NEUTRAL) == 0
    assert failures(case, POSITIVE) == 1


def test_invariance_is_about_the_label_alone() -> None:
    case = Case("invariance: names", ("Anna is nice", "Olga is nice"), SAME)
    assert failures(case, POSITIVE, [0.3, 0.3, 0.4]) == 0
    assert failures(case, POSITIVE, NEUTRAL) == 1


@pytest.mark.parametrize(
    ("goes", "after", "failed"),
    [
        ("rises", [0.1, 0.1, 0.8], 0),
        ("rises", [0.1, 0.24, 0.66], 0),
        ("rises", [0.2, 0.2, 0.6], 1),
        ("falls", [0.2, 0.2, 0.6], 0),
        ("falls", [0.1, 0.16, 0.74], 0),
        ("falls", [0.1, 0.1, 0.8], 1),
    ],
)
def test_a_direction_is_failed_beyond_its_tolerance(
    goes: str, after: list[float], failed: int
) -> None:
    case = Case("direction: more", ("good", "very good"), goes, ("positive",), 0.05)
    assert failures(case, POSITIVE, after) == failed


def test_the_worst_failure_is_the_one_the_model_was_most_sure_of() -> None:
    cases = [Case("minimum: facts", (text,), IS, ("neutral",)) for text in ("a", "b", "c", "d")]
    said = np.array([POSITIVE, NEUTRAL, NEGATIVE, [0.4, 0.3, 0.3]])
    (found,) = behaviour.judge(cases, said)
    assert (found.cases, found.failures, found.failure_rate) == (4, 3, 0.75)
    assert found.failed == (0, 2, 3)
    assert [it.case.texts[0] for it in found.worst] == ["c", "a", "d"]
    assert found.worst[0].said == "negative (80%)"


def test_a_text_that_several_cases_share_is_scored_once() -> None:
    cases = [
        Case("invariance: a", ("same", "one"), SAME),
        Case("invariance: b", ("same", "other"), SAME),
    ]
    assert behaviour.texts(cases) == ["same", "one", "other"]
    found = behaviour.judge(cases, np.array([POSITIVE, POSITIVE, NEGATIVE]))
    assert [(it.name, it.failures) for it in found] == [("invariance: a", 0), ("invariance: b", 1)]


@pytest.mark.parametrize("said", [NEGATIVE, NEUTRAL, POSITIVE], ids=str)
def test_a_model_that_always_says_the_same_fails_no_invariance(said: list[float]) -> None:
    cases = read_suite()
    found = behaviour.judge(cases, np.tile(said, (len(behaviour.texts(cases)), 1)))
    assert sum(it.cases for it in found) == len(cases)
    for it in found:
        if not it.name.startswith("minimum"):
            assert it.failures == 0, it.name
    assert any(it.failures for it in found if it.name.startswith("minimum"))
