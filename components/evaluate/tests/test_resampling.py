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


def test_the_same_seed_gives_the_same_draws_in_chunks_of_any_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    truth, probabilities = model(120, 0.7, seed=3)
    whole = Bootstrap(200, seed=5).measure(truth, probabilities, np.arange(120))
    monkeypatch.setattr(resampling, "CHUNK_CELLS", 120 * 9)
    parts = Bootstrap(200, seed=5).measure(truth, probabilities, np.arange(120))
    assert np.array_equal(whole.draws["macro_f1"], parts.draws["macro_f1"])


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


def test_an_undefined_figure_has_an_undefined_interval() -> None:
    low, high = resampling.percentile_interval(np.full(10, np.nan), 0.95)
    assert np.isnan(low)
    assert np.isnan(high)
