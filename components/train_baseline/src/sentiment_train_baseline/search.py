"""What the cross-validation tries; free of scikit-learn, so that bad options are told at once."""

import itertools
import math
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from types import SimpleNamespace

from sentiment_common.errors import InputError

BALANCES = ("none", "class_weight", "oversample", "smote")
SEARCHES = ("grid", "random")


@dataclass(frozen=True, order=True)
class Trial:
    """One setting that is tried.

    Attributes:
        c: Inverse regularization strength.
        softness: How far labels are spread over those of rows with ratings nearby: a Gaussian's
            standard deviation, in standard deviations of the ratings; 0 for labels as they are.
        strength: How much of the imbalance is taken away, from 0 to 1.
    """

    c: float
    softness: float
    strength: float

    def as_parameters(self) -> dict[str, float]:
        """Returns what is recorded of the trial."""
        return asdict(self)


@dataclass(frozen=True)
class Search:
    """What is tried, and how it is judged.

    Attributes:
        trials: In the order they are tried.
        folds: Number of folds, 2 or more.
        balance: How rare labels are brought up, one of BALANCES.
        seed: Seed of the assignment to folds, of sampling and of a random search.
    """

    trials: tuple[Trial, ...]
    folds: int
    balance: str
    seed: int


def parse(options: SimpleNamespace) -> Search:
    """Parses the options of the command line.

    Raises:
        InputError: An option is out of its range.
    """
    if options.folds < 2:
        raise InputError(
            f"{options.folds} folds are too few", where="--folds", mend="give 2 or more"
        )
    if options.trials < 1:
        raise InputError(
            f"{options.trials} trials are too few", where="--trials", mend="give 1 or more"
        )
    grids = (
        _numbers(options.c_grid, "--c-grid", "0.5,1,2", smallest=1e-9),
        _numbers(options.softness_grid, "--softness-grid", "0,0.15", largest=10),
        _numbers(options.strength_grid, "--strength-grid", "0.8,1", largest=1),
    )
    if options.search == "grid":
        trials = tuple(Trial(*values) for values in itertools.product(*grids))
    else:
        trials = _drawn(grids, options.trials, options.seed)
    return Search(trials, options.folds, options.balance, options.seed)


def _drawn(grids: Sequence[Sequence[float]], count: int, seed: int) -> tuple[Trial, ...]:
    """Draws trials from within the bounds of the grids: C evenly in its logarithm."""
    source = random.Random(seed)  # noqa: S311 (no secret depends on it)
    (c_low, *_, c_high), *others = ((grid[0], *grid, grid[-1]) for grid in grids)
    trials = []
    for _ in range(count):
        c = math.exp(source.uniform(math.log(c_low), math.log(c_high)))
        softness, strength = (source.uniform(grid[0], grid[-1]) for grid in others)
        trials.append(Trial(_rounded(c), _rounded(softness), _rounded(strength)))
    return tuple(trials)


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _numbers(
    text: str, where: str, example: str, smallest: float = 0.0, largest: float = math.inf
) -> tuple[float, ...]:
    try:
        values = sorted({float(part) for part in text.split(",")})
    except ValueError:
        values = []
    if not values or not all(
        math.isfinite(value) and smallest <= value <= largest for value in values
    ):
        kind = "positive numbers" if smallest else f"numbers from 0 to {largest:g}"
        raise InputError(f"{text!r} is not a list of {kind}", where=where, mend=f"e.g. {example}")
    return tuple(values)
