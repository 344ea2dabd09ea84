from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_train_baseline.search import Search, Trial, parse


def options(**changes):
    values = {
        "search": "grid", "trials": 5, "c_grid": "1", "softness_grid": "0", "strength_grid": "1",
        "balance": "none", "folds": 5, "seed": 13,
    }  # fmt: skip
    return SimpleNamespace(**{**values, **changes})


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=6))
def test_a_grid_is_read_ascending_and_without_repetition(values):
    trials = parse(options(c_grid=",".join(map(repr, values)))).trials
    assert [trial.c for trial in trials] == sorted(set(values))


def test_all_of_the_grids_are_combined():
    found = parse(options(c_grid=" 1, 2 ", softness_grid="0,0.5", folds=3, seed=7))
    trials = (Trial(1, 0, 1), Trial(1, 0.5, 1), Trial(2, 0, 1), Trial(2, 0.5, 1))
    assert found == Search(trials, 3, "none", 7)


@given(st.integers(0, 1000))
def test_a_random_search_draws_within_the_grids_and_the_same_for_a_seed(seed):
    wanted = options(search="random", c_grid="0.1,10", softness_grid="0,0.5", seed=seed)
    trials = parse(wanted).trials
    assert len(set(trials)) == 5
    assert trials == parse(wanted).trials
    assert all(0.1 <= one.c <= 10 and 0 <= one.softness <= 0.5 for one in trials)
    assert {one.strength for one in trials} == {1}


@pytest.mark.parametrize("grid", ["", "1,,2", "1;2", "0", "-1,1", "nan", "inf", "one"])
def test_a_malformed_grid_is_refused(grid):
    with pytest.raises(InputError, match=f"--c-grid: '{grid}' is not a list of positive numbers"):
        parse(options(c_grid=grid))


@pytest.mark.parametrize("folds", [1, 0, -3])
def test_fewer_than_two_folds_are_refused(folds):
    with pytest.raises(InputError, match=r"--folds: .* too few; give 2 or more"):
        parse(options(folds=folds))
