"""Sources are measured apart, the largest first, and only so many of them."""

import numpy as np

from sentiment_evaluate.examples import Split
from sentiment_evaluate.resampling import Bootstrap
from sentiment_evaluate.slices import MOST_SLICES, by_source


def split_of(sources: list[str]) -> Split:
    count = len(sources)
    truth = np.arange(count) % 3
    return Split("test", [""] * count, truth, np.array(sources), np.arange(count))


def test_each_source_is_measured_on_its_own_rows() -> None:
    split = split_of(["tweets"] * 30 + ["reviews"] * 210)
    predicted = split.truth.copy()
    predicted[:30] = (predicted[:30] + 1) % 3
    found = by_source(split, np.eye(3)[predicted], Bootstrap(100, seed=1))
    assert [(it.source, it.rows, it.gating) for it in found] == [
        ("reviews", 210, True),
        ("tweets", 30, False),
    ]
    assert [it.figures.values["accuracy"] for it in found] == [1, 0]
    assert found[1].labels == {"negative": 10, "neutral": 10, "positive": 10}


def test_a_column_of_many_values_is_cut_to_the_largest() -> None:
    split = split_of([f"source {number}" for number in range(60) for _ in range(3)])
    found = by_source(split, np.eye(3)[split.truth], Bootstrap(100, seed=1))
    assert len(found) == MOST_SLICES
