"""What the cross-validation tries; free of scikit-learn, so that bad options are told at once."""

import math
from dataclasses import dataclass

from sentiment_common.errors import InputError


@dataclass(frozen=True)
class Search:
    """What is tried, and how it is judged.

    Attributes:
        c_grid: Inverse regularization strengths, ascending.
        folds: Number of folds, 2 or more.
        class_weight: ``balanced`` or None, as in scikit-learn.
        seed: Seed of the assignment to folds.
    """

    c_grid: tuple[float, ...]
    folds: int
    class_weight: str | None
    seed: int


def parse(c_grid: str, folds: int, class_weight: str, seed: int) -> Search:
    """Parses the options of the command line.

    Args:
        c_grid: Positive numbers separated by commas.
        folds: Number of folds.
        class_weight: ``balanced`` or ``none``.
        seed: Seed of the assignment to folds.

    Raises:
        InputError: A part of the grid is no positive number, or there are fewer than two folds.
    """
    if folds < 2:
        raise InputError(f"{folds} folds are too few", where="--folds", mend="give 2 or more")
    weight = None if class_weight == "none" else class_weight
    return Search(_parse_c_grid(c_grid), folds, weight, seed)


def _parse_c_grid(text: str) -> tuple[float, ...]:
    try:
        values = sorted({float(part) for part in text.split(",")})
    except ValueError:
        values = []
    if not values or not all(math.isfinite(value) and value > 0 for value in values):
        raise InputError(
            f"{text!r} is not a list of positive numbers", where="--c-grid", mend="e.g. 0.5,1,2"
        )
    return tuple(values)
