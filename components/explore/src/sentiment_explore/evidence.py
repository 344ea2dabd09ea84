"""Everything that was counted, before anything is said about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sentiment_explore.label_noise import CrossFitted, NotFitted, RatingBin
from sentiment_explore.marks import Marks
from sentiment_explore.periods import Timeline
from sentiment_explore.reading import LABELS, Dropped, Floats, Integers, Rows
from sentiment_explore.repetition import Repetition

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
WORD_EDGES = (0, 2, 4, 6, 9, 13, 19, 28, 42, 63, 94, 141, 211)
"""Where ranges of lengths begin, each half again as long as the one before; the last is open."""


@dataclass(frozen=True)
class Lengths:
    """How long the texts of a label are.

    Attributes:
        words: Number of words at each of ``QUANTILES``.
        characters: Number of characters at each of ``QUANTILES``.
        histogram: Share of texts in each range of ``WORD_EDGES``.
    """

    words: list[int]
    characters: list[int]
    histogram: list[float]


@dataclass(frozen=True)
class Doubted:
    """What models say of the rows that labels were doubted in.

    Attributes:
        sample: Places of those rows, [m].
        fitted: The cross-fitted probabilities, or why there are none.
        suspects: Places of doubtful labels within the sample, the most doubtful first.
        hard: Places between two labels within the sample, the closest first.
        ratings: Agreement with the labels by rating.
    """

    sample: Integers
    fitted: CrossFitted | NotFitted
    suspects: Integers
    hard: Integers
    ratings: Sequence[RatingBin]


@dataclass(frozen=True)
class Evidence:
    """What findings are drawn from.

    Attributes:
        rows: The examples.
        marks: What is seen of each text.
        summary: What ingest counted.
        dropped: What ingest left out.
        repetition: What is written again and again.
        timeline: Labels by period; None without dates.
        doubted: Doubtful labels.
    """

    rows: Rows
    marks: Marks
    summary: Mapping[str, Any]
    dropped: Dropped
    repetition: Repetition
    timeline: Timeline | None
    doubted: Doubted


def lengths(rows: Rows, marks: Marks) -> dict[str, Lengths]:
    """Measures the texts of each label that has any."""
    found = {}
    for index, label in enumerate(LABELS):
        mine = rows.labels == index
        if mine.any():
            bins = np.searchsorted(WORD_EDGES, marks.words[mine], side="right") - 1
            shares = np.bincount(bins, minlength=len(WORD_EDGES)) / mine.sum()
            found[label] = Lengths(
                _quantiles(marks.words[mine]),
                _quantiles(marks.characters[mine]),
                shares.round(6).tolist(),
            )
    return found


def by_source(rows: Rows) -> dict[str, dict[str, int]]:
    """Counts the labels of each source, the largest first."""
    table = np.zeros([len(rows.source_names), len(LABELS)], np.int64)
    np.add.at(table, (rows.sources, rows.labels), 1)
    ranked = sorted(
        zip(rows.source_names, table.tolist(), strict=True), key=lambda it: (-sum(it[1]), it[0])
    )
    return {name: dict(zip(LABELS, counts, strict=True)) for name, counts in ranked}


def shares(rows: Rows, marks: Marks, names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Returns the share of each label's texts that have a mark, by mark and label."""
    sizes = np.maximum(np.bincount(rows.labels, minlength=len(LABELS)), 1)
    found = {}
    for name in names:
        counts = np.bincount(rows.labels[marks.flags[name]], minlength=len(LABELS))
        found[name] = dict(zip(LABELS, (counts / sizes).round(6).tolist(), strict=True))
    return found


def _quantiles(values: Integers) -> list[int]:
    ends: Floats = np.quantile(values, QUANTILES, method="inverted_cdf")
    return [int(it) for it in ends]
