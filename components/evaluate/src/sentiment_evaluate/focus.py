"""The rows that decide, where not all do: a model for new traffic has to be better on that.

The others keep it honest. Labels of new traffic are what callers say; whoever sends wrong ones has
them in the test split, too, where the model that learned them looks good. The rest he cannot reach.
"""

from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from sentiment_evaluate.examples import Split
from sentiment_evaluate.judged import Answers, Focus
from sentiment_evaluate.metrics import Floats
from sentiment_evaluate.resampling import Bootstrap, Figures
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
    held = np.array([fnmatchcase(source, on) for source in split.sources], dtype=np.bool_)
    right = probabilities.argmax(axis=1) == split.truth
    return Focus(
        on,
        _figures(split, probabilities, bootstrap, held),
        Answers(right[held], split.groups[held]),
        _figures(split, probabilities, bootstrap, ~held),
        int((~held).sum()),
    )


def _figures(
    split: Split, probabilities: Floats, bootstrap: Bootstrap, held: NDArray[np.bool_]
) -> Figures | None:
    if held.sum() < LEAST_ROWS:
        return None
    return bootstrap.measure(
        split.truth[held], probabilities[held], split.groups[held], ranked=False
    )
