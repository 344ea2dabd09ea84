"""The figures per source: a model may be better on the whole and worse on one kind of text."""

from dataclasses import dataclass

import numpy as np

from sentiment_evaluate.examples import Split
from sentiment_evaluate.metrics import Floats
from sentiment_evaluate.resampling import Bootstrap, Figures
from sentiment_models import LABELS

GATING_ROWS = 200
"""A slice with fewer rows is reported, but its figures are too uncertain to decide on."""

MOST_SLICES = 20
"""Only the largest sources are measured: a column of product names is no slicing."""


@dataclass(frozen=True)
class Slice:
    """One model's figures on the rows of one source.

    Attributes:
        source: Value of the source column.
        rows: Number of rows.
        labels: Rows per true label.
        figures: The model's figures on these rows.
    """

    source: str
    rows: int
    labels: dict[str, int]
    figures: Figures

    @property
    def gating(self) -> bool:
        """Whether the slice is large enough for the gate to look at."""
        return self.rows >= GATING_ROWS


def by_source(split: Split, probabilities: Floats, bootstrap: Bootstrap) -> list[Slice]:
    """Measures a model on each source, the largest first.

    Args:
        split: The rows.
        probabilities: The model's probabilities for them, [n, 3].
        bootstrap: How to resample the rows of a source.
    """
    sources, counts = np.unique(split.sources, return_counts=True)
    largest = sorted(zip(counts.tolist(), sources.tolist(), strict=True), key=lambda it: -it[0])
    result = []
    for rows, source in largest[:MOST_SLICES]:
        held = split.sources == source
        truth = split.truth[held]
        labels = dict(zip(LABELS, np.bincount(truth, minlength=len(LABELS)).tolist(), strict=True))
        figures = bootstrap.measure(truth, probabilities[held], split.groups[held])
        result.append(Slice(source, rows, labels, figures))
    return result
