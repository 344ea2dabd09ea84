import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_models.calibration import fit_temperature, softmax
from sentiment_train_deep.fitting import Rows
from sentiment_train_deep.folds import Grouped, calibrated, numbered, part, set_aside


def grouped(groups, targets):
    rows = [np.array([2], np.int32)] * len(groups)
    ratings = np.full(len(groups), np.nan, np.float32)
    return Grouped(Rows(rows, np.array(targets), ratings), np.array(groups))


def in_fours(count):
    source = np.random.default_rng(count)
    targets = source.choice(3, count, p=(0.3, 0.2, 0.5))
    return grouped([f"group-{number // 4}" for number in range(count)], targets)


@given(st.integers(60, 300), st.integers(2, 5), st.integers(0, 9))
def test_folds_keep_groups_whole(count, folds, seed):
    train = in_fours(count)
    numbers = numbered(train, folds, np.random.default_rng(seed))
    assert set(numbers) == set(range(folds))
    for group in np.unique(train.groups):
        assert len(set(numbers[train.groups == group])) == 1


@pytest.mark.parametrize("folds", [2, 3, 5])
def test_every_fold_has_its_share_of_every_label(folds):
    train = in_fours(3000)
    numbers = part(train, folds, 1).numbers
    for label in range(3):
        counts = np.bincount(numbers[train.rows.targets == label], minlength=folds)
        np.testing.assert_allclose(counts / counts.sum(), 1 / folds, atol=0.01)


def test_the_seed_decides_the_folds():
    train = in_fours(200)
    first, again, other = (part(train, 3, seed).numbers.tolist() for seed in (1, 1, 2))
    assert first == again != other


def test_too_few_groups_for_the_folds_are_refused():
    train = grouped(["one"] * 5 + ["two"] * 5, [0] * 5 + [1] * 5)
    with pytest.raises(InputError, match="--cross-fit-folds: 2 groups of rows are too few for 2"):
        part(train, 2, 1)
    with pytest.raises(InputError, match="too few for 3 folds"):
        part(train, 3, 1)


def test_a_tenth_in_whole_groups_is_set_aside():
    train = grouped([f"group-{number // 4}" for number in range(400)], [0, 1, 2, 1] * 100)
    parts = part(train, 0, 1)
    assert sorted([*parts.fitted, *parts.held_out]) == list(range(400))
    assert not set(train.groups[parts.fitted]) & set(train.groups[parts.held_out])
    assert 40 <= len(parts.held_out) <= 44


def test_too_few_groups_to_set_some_aside_are_refused():
    train = grouped(["one"] * 5 + ["two"] * 5, [0] * 5 + [1] * 5)
    with pytest.raises(InputError, match="2 groups of rows are too few"):
        set_aside(train, np.random.default_rng(1))


def test_each_fold_is_calibrated_by_the_others():
    source = np.random.default_rng(1)
    scored, targets = source.normal(0, 3, (90, 3)), source.integers(0, 3, 90)
    numbers = np.arange(90) % 3
    found = calibrated(scored, targets, numbers)
    temperature = fit_temperature(scored[numbers != 1], targets[numbers != 1])
    np.testing.assert_array_equal(found[numbers == 1], softmax(scored[numbers == 1] / temperature))
    changed = np.where(numbers == 1, 2 - targets, targets)
    same = calibrated(scored, changed, numbers)[numbers == 1]
    np.testing.assert_array_equal(same, found[numbers == 1])
