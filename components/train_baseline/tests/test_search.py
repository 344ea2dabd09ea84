import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_train_baseline.search import Search, parse


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=6))
def test_a_grid_is_read_ascending_and_without_repetition(values):
    grid = ",".join(map(repr, values))
    assert parse(grid, 5, "balanced", 13).c_grid == tuple(sorted(set(values)))


def test_no_class_weight_is_none():
    assert parse(" 1, 2 ", 3, "none", 7) == Search((1.0, 2.0), 3, None, 7)


@pytest.mark.parametrize("grid", ["", "1,,2", "1;2", "0", "-1,1", "nan", "inf", "one"])
def test_a_malformed_grid_is_refused(grid):
    with pytest.raises(InputError, match=f"--c-grid: '{grid}' is not a list of positive numbers"):
        parse(grid, 5, "balanced", 13)


@pytest.mark.parametrize("folds", [1, 0, -3])
def test_fewer_than_two_folds_are_refused(folds):
    with pytest.raises(InputError, match=r"--folds: .* too few; give 2 or more"):
        parse("1", folds, "balanced", 13)
