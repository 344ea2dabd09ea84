"""What the command line asks for; free of heavy libraries, so that bad options are told at once."""

import math
from dataclasses import dataclass

from sentiment_common.errors import InputError

AUTO, OUTPUTS = "auto", "outputs"
MINILM = "minilm"
MINILM_LAYERS = (3, 4)
"""Sentiment is told best by the middle of an encoder; its end was trained to match topics."""


@dataclass(frozen=True)
class Settings:
    """How to train.

    Attributes:
        encoder: ``minilm``, or path or address of a folder.
        layers: Numbers of the encoder's layers whose states are read; empty for its own outputs.
        max_tokens: Word pieces of a text that are read.
        lexicon: ``auto``, ``none`` or a path.
        rating_noise: Standard error of a rating, as share of the ratings' standard deviation; 0
            takes the labels as they are.
        c_grid: Inverse regularization strengths, ascending.
        folds: Number of folds, 2 or more.
        balanced: Whether every label gets the same total weight.
        seed: Seed of the assignment to folds.
    """

    encoder: str
    layers: tuple[int, ...]
    max_tokens: int
    lexicon: str
    rating_noise: float
    c_grid: tuple[float, ...]
    folds: int
    balanced: bool
    seed: int


def parse(
    *,
    encoder: str,
    layers: str,
    max_tokens: int,
    lexicon: str,
    rating_noise: float,
    c_grid: str,
    folds: int,
    class_weight: str,
    seed: int,
) -> Settings:
    """Parses the options of the command line.

    Raises:
        InputError: One of them cannot be used.
    """
    if folds < 2:
        raise InputError(f"{folds} folds are too few", where="--folds", mend="give 2 or more")
    if max_tokens < 3:
        raise InputError(
            f"{max_tokens} leave no room for a word", where="--max-tokens", mend="give 3 or more"
        )
    if not 0 <= rating_noise < math.inf:
        raise InputError(
            f"{rating_noise} is no standard error", where="--rating-noise", mend="give 0 or more"
        )
    return Settings(
        encoder, _layers(layers, encoder), max_tokens, lexicon, rating_noise,
        _c_grid(c_grid), folds, class_weight == "balanced", seed,
    )  # fmt: skip


def _layers(text: str, encoder: str) -> tuple[int, ...]:
    if text == AUTO:
        return MINILM_LAYERS if encoder == MINILM else ()
    if text == OUTPUTS:
        return ()
    numbers = sorted({part.strip() for part in text.split(",")})
    if not all(part.isdecimal() and part.isascii() and len(part) < 4 for part in numbers):
        raise InputError(
            f"{text!r} is not a list of layers",
            where="--layers",
            mend=f"e.g. 3,4, or {AUTO} or {OUTPUTS}",
        )
    return tuple(sorted(map(int, numbers)))


def _c_grid(text: str) -> tuple[float, ...]:
    try:
        values = sorted({float(part) for part in text.split(",")})
    except ValueError:
        values = []
    if not values or not all(math.isfinite(value) and value > 0 for value in values):
        raise InputError(
            f"{text!r} is not a list of positive numbers",
            where="--c-grid",
            mend="e.g. 0.0003,0.001",
        )
    return tuple(values)
