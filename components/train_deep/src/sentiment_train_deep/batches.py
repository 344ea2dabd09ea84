"""Batches of rows of similar length: padding costs an LSTM as much as tokens do."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

ROWS_SORTED_TOGETHER = 20  # batches; more would make them too much alike


def padded(rows: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    """Returns rows as one array, padded with 0 to the longest."""
    array = np.zeros((len(rows), max(map(len, rows))), np.int32)
    for target, row in zip(array, rows, strict=True):
        target[: len(row)] = row
    return array


def shuffled(
    lengths: NDArray[np.int64], size: int, random: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Yields the row numbers of batches in random order, each row once."""
    order = random.permutation(len(lengths))
    batches = []
    for start in range(0, len(order), size * ROWS_SORTED_TOGETHER):
        window = order[start : start + size * ROWS_SORTED_TOGETHER]
        window = window[np.argsort(lengths[window], kind="stable")]
        batches += [window[first : first + size] for first in range(0, len(window), size)]
    for number in random.permutation(len(batches)):
        yield batches[number]


def by_length(lengths: NDArray[np.int64], size: int) -> Iterator[NDArray[np.int64]]:
    """Yields the row numbers of batches from short to long, each row once."""
    order = np.argsort(lengths, kind="stable")
    for start in range(0, len(order), size):
        yield order[start : start + size]
