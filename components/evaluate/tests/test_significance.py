"""Chances are those of the textbooks, and corrections keep their promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_evaluate.resampling import Interval
from sentiment_evaluate.significance import below_zero, corrected, mcnemar, sign_test


def test_the_sign_test_is_the_binomials_mid_p() -> None:
    assert sign_test(3, 0) == pytest.approx(0.5**3 / 2)
    assert sign_test(2, 1) == pytest.approx(0.5**3 * (1 + 3 / 2))
    assert sign_test(0, 0) == 1
    assert sign_test(5, 5) == pytest.approx(0.5)
    assert sign_test(60_000, 59_000) < 0.01 < sign_test(59_100, 59_000)


def test_mcnemars_test_counts_the_rows_that_only_one_model_gets_right() -> None:
    ours = np.array([True] * 40 + [True] * 12 + [False] * 5 + [False] * 43)
    theirs = np.array([True] * 40 + [False] * 12 + [True] * 5 + [False] * 43)
    gain, chance = mcnemar(ours, theirs, np.arange(100))
    assert gain == pytest.approx(0.07)
    assert chance == pytest.approx(sign_test(12, 5))


def test_repeated_rows_of_one_group_are_no_new_evidence() -> None:
    generator = np.random.default_rng(3)
    ours, theirs = generator.random(60) < 0.8, generator.random(60) < 0.6
    alone = mcnemar(ours, theirs, np.arange(60))[1]
    repeated = (np.repeat(it, 9) for it in (ours, theirs, np.arange(60)))
    # Without the groups the same rows nine times over would look certain.
    assert mcnemar(*repeated)[1] == pytest.approx(alone, abs=0.02)
    assert mcnemar(np.repeat(ours, 9), np.repeat(theirs, 9), np.arange(540))[1] < alone / 100


def test_models_that_are_right_on_the_same_rows_do_not_differ() -> None:
    right = np.arange(90) % 2 == 0
    assert mcnemar(right, right, np.arange(90)) == (0, 1)
    assert mcnemar(right, right, np.arange(90) // 2) == (0, 1)


def test_how_far_an_interval_lies_below_zero_is_its_chance() -> None:
    assert below_zero(Interval(0.0, -0.1, 0.1), 0.95) == pytest.approx(0.5)
    assert below_zero(Interval(-0.1, -0.2, 0.0), 0.95) == pytest.approx(0.025)
    assert below_zero(Interval(-0.1, -0.1, -0.1), 0.95) == 0
    assert below_zero(Interval(0.0, 0.0, 0.0), 0.95) == 1


def test_holm_and_bonferroni_correct_as_their_papers_say() -> None:
    chances = [0.01, 0.04, 0.03, 0.005]
    assert corrected(chances, "bonferroni") == pytest.approx([0.04, 0.16, 0.12, 0.02])
    assert corrected(chances, "holm") == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert corrected([], "holm") == []


@given(st.lists(st.floats(0, 1), max_size=20))
def test_holm_never_finds_less_than_bonferroni_and_keeps_the_order(chances: list[float]) -> None:
    holm, bonferroni = corrected(chances, "holm"), corrected(chances, "bonferroni")
    assert all(a <= h <= b for a, h, b in zip(chances, holm, bonferroni, strict=True))
    assert sorted(holm) == [h for _, h in sorted(zip(chances, holm, strict=True))]
