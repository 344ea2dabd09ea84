"""The rows that decide, where not all do."""

import numpy as np

from sentiment_evaluate import focus
from sentiment_evaluate.examples import Split
from sentiment_evaluate.resampling import Bootstrap

ROWS = 60
SOURCES = np.array(["traffic/shop", "shop", "traffic/app"] * 20)
SPLIT = Split(
    "test", ["text"] * ROWS, np.arange(ROWS) % 3, SOURCES, np.arange(ROWS) // 2
)  # fmt: skip
PROBABILITIES = np.eye(3)[np.where(np.arange(ROWS) < 30, SPLIT.truth, (SPLIT.truth + 1) % 3)]
BOOTSTRAP = Bootstrap(100, seed=1)


def test_without_a_pattern_all_rows_decide() -> None:
    assert focus.measure(SPLIT, PROBABILITIES, BOOTSTRAP, "") is None


def test_the_rows_of_the_sources_that_match_are_measured() -> None:
    found = focus.measure(SPLIT, PROBABILITIES, BOOTSTRAP, "traffic/*")
    assert found is not None
    assert found.rows == 40
    assert found.answers.right.sum() == 20
    assert found.figures is not None
    assert found.figures.values["accuracy"] == 0.5
    assert found.answers.groups.tolist() == SPLIT.groups[SOURCES != "shop"].tolist()


def test_too_few_rows_have_no_figures() -> None:
    found = focus.measure(SPLIT, PROBABILITIES, BOOTSTRAP, "elsewhere")
    assert found is not None
    assert (found.rows, found.figures) == (0, None)
    assert (found.rest_rows, found.rest and found.rest.values["accuracy"]) == (ROWS, 0.5)


def test_all_other_rows_are_measured_beside_them() -> None:
    found = focus.measure(SPLIT, PROBABILITIES, BOOTSTRAP, "traffic/*")
    assert found is not None and found.rest is not None
    assert found.rest_rows == 20
    assert found.rest.values["accuracy"] == 0.5
    assert focus.measure(SPLIT, PROBABILITIES, BOOTSTRAP, "*").rest is None  # type: ignore[union-attr]
