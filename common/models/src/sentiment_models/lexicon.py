"""Sums over the words of a text that lexicons know: one function for training and for serving.

A lexicon gives words a valence. A negation among the three tokens before a word turns it, a word of
degree makes it stronger or weaker, and what follows the last "but" counts more than what precedes
it; the factors are those of VADER (Hutto and Gilbert 2014). Training decides what the sums mean.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

WINDOW = 3
TURNED, BEFORE_BUT, AFTER_BUT, DEGREE = -0.74, 0.5, 1.5, 0.3
NEGATIONS = frozenset(
    "not no never nor neither without cannot hardly barely nothing nobody none nowhere scarcely "
    "rarely seldom lack lacking few".split()
)
STRONGER = frozenset(
    "very really so too extremely absolutely totally completely highly super incredibly amazingly "
    "truly such most more quite pretty fucking damn deeply especially".split()
)
WEAKER = frozenset(
    "slightly somewhat kinda kind sort bit little almost less marginally occasionally "
    "partly".split()
)
SHIFTERS = NEGATIONS | STRONGER | WEAKER
SPECIAL = SHIFTERS | {"but", "!", "?"}
SATURATION = 15.0
KNOTS = np.array([-0.6, -0.3, -0.1, 0.1, 0.3, 0.6])
MARKS = 3

OF_ROW = ("contrast", "exclamations", "questions", "log_tokens", "negation")
OF_LEXICON = (
    "balance", "positive", "negative", "density", "highest", "lowest", "last", "strength", "mixed",
    *(f"balance above {knot:g}" for knot in KNOTS),
)  # fmt: skip


def feature_names(lexicons: int) -> tuple[str, ...]:
    """Returns what ``features`` measures, in order, for a number of lexicons."""
    own = (f"{name} of lexicon {at}" for at in range(1, lexicons + 1) for name in OF_LEXICON)
    return (*OF_ROW, *own)


def sums(
    tokens: Sequence[str], valences: Mapping[str, tuple[float, ...]], lexicons: int
) -> list[float]:
    """Sums the valences of a text's tokens.

    Args:
        tokens: The text's tokens.
        valences: By token its valence in each lexicon, 0 where a lexicon does not know it.
        lexicons: Number of lexicons.

    Returns:
        Of the text: position of contrast, marks, tokens and negations; then of each lexicon: the
        positive and the negative sum, the highest, the lowest and the last valence.
    """
    # One look at all tokens tells most texts that none of this is in them.
    special = SPECIAL.intersection(tokens)
    row = [0.0, 0.0, 0.0, float(len(tokens)), 0.0]
    contrast, shifted = -1, False
    if special:
        row = _of_row(tokens, special)
        contrast = _last(tokens, "but") if row[0] else -1
        shifted = not SHIFTERS.isdisjoint(special)
    own = [[0.0] * 5 for _ in range(lexicons)]
    looked_up = enumerate(map(valences.get, tokens))
    for at, found in [(at, found) for at, found in looked_up if found is not None]:
        factor = _factor(tokens, at, valences) if shifted else 1.0
        if contrast >= 0:
            factor *= AFTER_BUT if at > contrast else BEFORE_BUT
        for values, valence in zip(own, found, strict=True):
            if valence:
                _add(values, valence * factor)
    for values in own:
        row += values
    return row


def _of_row(tokens: Sequence[str], special: frozenset[str]) -> list[float]:
    return [
        1.0 if "but" in special else 0.0,
        float(min(tokens.count("!"), MARKS)) if "!" in special else 0.0,
        float(min(tokens.count("?"), MARKS)) if "?" in special else 0.0,
        float(len(tokens)),
        0.0 if NEGATIONS.isdisjoint(special) else 1.0,
    ]


def features(rows: Sequence[Sequence[float]], lexicons: int) -> NDArray[np.float64]:
    """Shapes sums into what a linear model can use: saturated, by length, and bent at knots.

    Args:
        rows: What ``sums`` returned.
        lexicons: Number of lexicons.

    Returns:
        Shape (rows, features), the columns as named by ``feature_names``; a row does not depend on
        the others.
    """
    table = np.array(rows, dtype=np.float64)
    of_row, own = table[:, :5].copy(), table[:, 5:].reshape(len(rows), lexicons, 5)
    tokens = np.maximum(of_row[:, 3], 1)
    positive, negative = own[:, :, 0], own[:, :, 1]
    balance = _saturated(positive + negative)
    parts = np.empty((len(rows), lexicons, len(OF_LEXICON)))
    parts[:, :, 0] = balance
    parts[:, :, 1] = _saturated(positive)
    parts[:, :, 2] = _saturated(negative)
    parts[:, :, 3] = (positive + negative) / np.sqrt(tokens)[:, None]
    parts[:, :, 4:7] = own[:, :, 2:]
    parts[:, :, 7] = np.abs(balance)
    parts[:, :, 8] = np.minimum(positive, -negative)
    parts[:, :, 9:] = np.maximum(balance[:, :, None] - KNOTS, 0)
    of_row[:, 3] = np.log(tokens)
    return np.concatenate([of_row, parts.reshape(len(rows), -1)], axis=1)


def _add(values: list[float], valence: float) -> None:
    if valence > 0:
        values[0] += valence
        values[2] = max(values[2], valence)
    else:
        values[1] += valence
        values[3] = min(values[3], valence)
    values[4] = valence


def _factor(tokens: Sequence[str], at: int, valences: Mapping[str, tuple[float, ...]]) -> float:
    window = tokens[max(0, at - WINDOW) : at]
    if SHIFTERS.isdisjoint(window):
        return 1.0
    factor, turned = 1.0, False
    for distance, token in enumerate(reversed(window)):
        if token not in SHIFTERS:
            continue
        if token in NEGATIONS:
            turned = not turned
        elif token not in valences:
            sign = 1 if token in STRONGER else -1
            factor += sign * DEGREE * (1 - 0.05 * distance)
    return factor * TURNED if turned else factor


def _saturated(sums_: NDArray[np.float64]) -> NDArray[np.float64]:
    return sums_ / np.sqrt(sums_ * sums_ + SATURATION)


def _last(tokens: Sequence[str], token: str) -> int:
    return len(tokens) - 1 - list(reversed(tokens)).index(token)
