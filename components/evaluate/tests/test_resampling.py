"""The intervals are those of the cluster bootstrap, the same in every run."""

import numpy as np
import pytest

from sentiment_evaluate import resampling
from sentiment_evaluate.resampling import Bootstrap


def model(rows: int, accuracy: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    truth = np.arange(rows) % 3
    right = generator.random(rows) < accuracy
    predicted = np.where(right, truth, (truth + 1) % 3)
    return truth, np.eye(3)[predicted] * 0.7 + 0.1


def test_the_interval_of_independent_rows_is_that_of_the_binomial() -> None:
    truth, probabilities = model(900, 0.8, seed=1)
    figures = Bootstrap(4000, seed=2).measure(truth, probabilities, np.arange(900))
    interval = figures.interval("accuracy", 0.95)
    reach = 1.96 * np.sqrt(interval.value * (1 - interval.value) / 900)
    assert interval.high - interval.low == pytest.approx(2 * reach, rel=0.08)


def test_repeating_every_row_in_its_group_does_not_narrow_the_interval() -> None:
    truth, probabilities = model(300, 0.8, seed=1)
    bootstrap = Bootstrap(2000, seed=2)
    once = bootstrap.measure(truth, probabilities, np.arange(300)).interval("macro_f1", 0.95)
    groups = np.repeat(np.arange(300), 5)
    many = bootstrap.measure(truth[groups], probabilities[groups], groups)
    assert many.interval("macro_f1", 0.95) == pytest.approx(once)


def test_few_groups_are_not_resampled_as_groups() -> None:
    groups = np.arange(100) % (resampling.FEWEST_GROUPS - 1)
    assert len(np.unique(resampling.resampling_units(groups))) == 100


def test_the_same_seed_gives_the_same_draws_and_another_seed_others() -> None:
    truth, probabilities = model(120, 0.7, seed=3)
    draws = [
        Bootstrap(200, seed).measure(truth, probabilities, np.arange(120)).draws["macro_f1"]
        for seed in (5, 5, 6)
    ]
    assert np.array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])


def test_many_groups_put_together_give_the_interval_of_them_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    truth, probabilities = model(6000, 0.8, seed=7)
    bootstrap, groups = Bootstrap(1500, seed=8), np.arange(6000)
    assert bootstrap.draw(groups)[1].shape == (1500, resampling.MOST_UNITS)
    together = bootstrap.measure(truth, probabilities, groups).interval("macro_f1", 0.95)
    monkeypatch.setattr(resampling, "MOST_UNITS", 6000)
    each = bootstrap.measure(truth, probabilities, groups).interval("macro_f1", 0.95)
    assert together.value == each.value
    assert together.high - together.low == pytest.approx(each.high - each.low, rel=0.08)
    assert (together.low, together.high) == pytest.approx((each.low, each.high), abs=0.002)


def test_ranks_put_together_hardly_change_the_interval_of_an_area(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    generator = np.random.default_rng(9)
    truth = generator.integers(0, 3, 1500)
    probabilities = generator.dirichlet(np.ones(3), 1500) + 0.4 * np.eye(3)[truth]
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    bootstrap, groups = Bootstrap(500, seed=10), np.arange(1500)
    binned = bootstrap.measure(truth, probabilities, groups)
    monkeypatch.setattr(resampling, "MOST_RANKS", 1500)
    exact = bootstrap.measure(truth, probabilities, groups)
    for name in ("auc_ovr_macro", "average_precision_macro"):
        assert binned.values[name] == exact.values[name]
        one, other = binned.interval(name, 0.95), exact.interval(name, 0.95)
        assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=5e-4)


def test_figures_without_ranks_are_the_same_with_them() -> None:
    truth, probabilities = model(200, 0.7, seed=11)
    bootstrap, groups = Bootstrap(100, seed=12), np.arange(200)
    few = bootstrap.measure(truth, probabilities, groups, ranked=False)
    every = bootstrap.measure(truth, probabilities, groups)
    assert set(every.values) - set(few.values) >= {"auc_ovr_macro", "negative_average_precision"}
    for name, draws in few.draws.items():
        assert np.array_equal(draws, every.draws[name])


def test_a_difference_is_paired_and_so_narrower_than_two_intervals() -> None:
    truth, probabilities = model(600, 0.7, seed=4)
    better = probabilities.copy()
    better[:40] = np.eye(3)[truth[:40]] * 0.7 + 0.1
    bootstrap = Bootstrap(1000, seed=6)
    groups = np.arange(600)
    first = bootstrap.measure(truth, better, groups)
    second = bootstrap.measure(truth, probabilities, groups)
    gain = first.difference(second, "macro_f1", 0.95)
    assert gain.low > 0
    assert first.interval("macro_f1", 0.95).low < second.interval("macro_f1", 0.95).high
    same = first.difference(first, "macro_f1", 0.95)
    assert (same.low, same.high) == (0, 0)


def test_the_calibration_error_of_a_calibrated_model_may_be_nothing_but_noise() -> None:
    generator = np.random.default_rng(13)
    held = 0
    for seed in range(20):
        probabilities = generator.dirichlet(np.ones(3), 400)
        below = generator.random((400, 1)) > probabilities.cumsum(axis=1)[:, :2]
        found = Bootstrap(200, seed).measure(
            below.sum(axis=1), probabilities, np.arange(400), ranked=False
        )
        name = "expected_calibration_error"
        interval = found.interval(name, 0.95)
        assert 0 <= interval.low <= interval.high < found.draws[name].max()
        held += interval.low < 0.01
        assert np.quantile(found.draws[name], 0.025) > 0.01, "where percentiles would begin"
    assert held >= 15


def test_an_undefined_figure_has_an_undefined_interval() -> None:
    low, high = resampling.percentile_interval(np.full(10, np.nan), 0.95)
    assert np.isnan(low)
    assert np.isnan(high)
