"""The rows that decide, where not all do: a model for new traffic has to be better on that."""

from fnmatch import fnmatchcase

import numpy as np

from sentiment_evaluate.examples import Split
from sentiment_evaluate.judged import Answers, Focus
from sentiment_evaluate.metrics import Floats
from sentiment_evaluate.resampling import Bootstrap
from sentiment_evaluate.slices import LEAST_ROWS


def measure(split: Split, probabilities: Floats, bootstrap: Bootstrap, on: str) -> Focus | None:
    """Measures a model on the rows whose source matches a pattern.

    Args:
        split: All the rows.
        probabilities: The model's, [n, 3].
        bootstrap: How to resample.
        on: The pattern, as file names have them; empty for all rows, which are no focus.
    """
    if not on:
        return None
    rows = np.flatnonzero([fnmatchcase(source, on) for source in split.sources])
    truth, said, groups = split.truth[rows], probabilities[rows], split.groups[rows]
    enough = len(rows) >= LEAST_ROWS
    figures = bootstrap.measure(truth, said, groups, ranked=False) if enough else None
    return Focus(on, figures, Answers(said.argmax(axis=1) == truth, groups))
