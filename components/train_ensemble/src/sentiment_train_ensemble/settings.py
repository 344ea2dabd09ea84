"""What the command line asks for; free of heavy libraries, so that bad options are told at once."""

from dataclasses import dataclass

from sentiment_common.errors import InputError

AUTO, WEIGHTS, STACKING = "auto", "weights", "stacking"
METHODS = (WEIGHTS, STACKING)
SLOTS = ("", "_2", "_3", "_4")
"""What the names of a member's inputs end with."""


@dataclass(frozen=True)
class Settings:
    """How to blend.

    Attributes:
        methods: Ways of blending that are tried.
        min_gain: Cross-fitted macro-F1 that a member must add.
        folds: Number of folds, 3 or more: with one held out, the others still take turns.
        seed: Seed of the assignment to folds.
    """

    methods: tuple[str, ...]
    min_gain: float
    folds: int
    seed: int


def parse(*, method: str, min_gain: float, folds: int, seed: int) -> Settings:
    """Parses the options of the command line.

    Raises:
        InputError: One of them cannot be used.
    """
    if folds < 3:
        raise InputError(f"{folds} folds are too few", where="--folds", mend="give 3 or more")
    if not -1 <= min_gain <= 1:
        raise InputError(
            f"{min_gain} is no difference of macro-F1",
            where="--min-gain",
            mend="e.g. 0.001; below 0 keeps every member",
        )
    return Settings(METHODS if method == AUTO else (method,), min_gain, folds, seed)
