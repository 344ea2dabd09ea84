"""The linear backend: a logistic regression over words in numpy, equal to its training.

The service of such a model needs neither TensorFlow nor scikit-learn. Its logits are the sum of
three blocks: word n-grams, whose row is scaled to unit length; pieces of words, of which each token
has a fixed sum; and what lexicons say about the words. Older bundles have the first block alone,
in the arithmetic of ``tft.tfidf``: term frequencies in float64, rounded to float32 and multiplied
by a float32 factor.
"""

import bisect
import math
import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sentiment_common.text import TextSpecification, Tokenizer
from sentiment_models import lexicon
from sentiment_models.bundle import Bundle
from sentiment_models.calibration import softmax
from sentiment_models.linear_weights import (
    LexiconWeights,
    LinearWeights,
    SubwordWeights,
    load_linear,
    save_linear,
)
from sentiment_models.predictor import check_texts
from sentiment_models.subwords import LONGEST_TOKEN, pieces

__all__ = [
    "LexiconWeights", "LinearPredictor", "LinearWeights", "SubwordWeights", "load_linear",
    "save_linear",
]  # fmt: skip

KEPT_TOKENS = 50_000
OTHERS = [
    lexicon.OF_LEXICON.index(name)
    for name in ("positive", "negative", "density", "highest", "lowest", "last", "mixed")
]
ByLabel = tuple[float, float, float]
THREE, FOUR = struct.Struct("=3d"), struct.Struct("=4d")


class LinearPredictor:
    """Scores texts by dictionaries of n-grams and words.

    Args:
        bundle: The bundle's facts.
        tokenizer: Executes the bundle's text specification.
        weights: What the model has learned.
    """

    def __init__(self, bundle: Bundle, tokenizer: Tokenizer, weights: LinearWeights) -> None:
        self.name, self.labels = bundle.name, bundle.labels
        self._tokenizer = tokenizer
        self._words = _Words(weights) if weights.logarithmic else _Frequencies(weights)
        self._blocks: list[_Subwords | _Lexicon] = []
        if weights.subwords:
            self._blocks.append(_Subwords(weights.subwords))
        if weights.lexicon:
            self._blocks.append(_Lexicon(weights.lexicon))
        self._intercept = weights.intercept

    @classmethod
    def load(
        cls, folder: Path, bundle: Bundle, specification: TextSpecification
    ) -> "LinearPredictor":
        """Reads the backend's files of a bundle.

        Raises:
            InputError: A file is missing or damaged.
        """
        return cls(bundle, Tokenizer(specification), load_linear(folder))

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Returns calibrated probabilities of raw texts, shape (texts, labels).

        Raises:
            TypeError: A single string was given.
        """
        check_texts(texts)
        return self.predict_proba_of_tokens(self._tokenizer.tokens(text) for text in texts)

    def predict_proba_of_tokens(self, rows: Iterable[Sequence[str]]) -> NDArray[np.float64]:
        """Returns calibrated probabilities of texts that are tokens already."""
        if isinstance(self._words, _Frequencies):
            logits = self._words.logits(list(rows))
        else:
            # Row by row, so that a row's tokens are still at hand for the next block.
            logits = np.array([self._row(tokens) for tokens in rows])
        if not len(logits):
            return np.empty((0, len(self.labels)))
        return softmax(logits + self._intercept)

    def _row(self, tokens: Sequence[str]) -> ByLabel:
        first, second, third = self._words.row(tokens)
        for block in self._blocks:
            one, two, three = block.row(tokens)
            first += one
            second += two
            third += three
        return first, second, third


class _Words:
    """The block of word n-grams.

    Here and in the other blocks a row is plain sums: numpy's calls would take longer than the work.
    """

    def __init__(self, weights: LinearWeights) -> None:
        self._columns = {term: column for column, term in enumerate(weights.vocabulary)}
        self._ngram_max = weights.ngram_max
        # Packed, what a column needs comes with one access to memory instead of five.
        products = np.column_stack([weights.idf, (weights.idf * weights.coefficients).T])
        self._products = products.astype(np.float64).tobytes()

    def row(self, tokens: Sequence[str]) -> ByLabel:
        square = first = second = third = 0.0
        for column, count in self._count(tokens).items():
            idf, one, two, three = FOUR.unpack_from(self._products, column * FOUR.size)
            weight = 1 + math.log(count) if count > 1 else 1.0
            square += (weight * idf) ** 2
            first += weight * one
            second += weight * two
            third += weight * three
        length = math.sqrt(square) or 1.0
        return first / length, second / length, third / length

    def _count(self, tokens: Sequence[str]) -> dict[int, int]:
        """Counts the known n-grams of a row by column."""
        found: dict[int, int] = {}
        count, lookup = found.get, self._columns.get
        grams: Sequence[str] = tokens
        for length in range(1, self._ngram_max + 1):
            if length > 1:
                pairs = zip(grams, tokens[length - 1 :], strict=False)
                grams = [f"{gram} {token}" for gram, token in pairs]
            for column in map(lookup, grams):
                if column is not None:
                    found[column] = count(column, 0) + 1
        return found


class _Frequencies(_Words):
    """The block of word n-grams as ``tft.tfidf`` weighs them: what older bundles have."""

    def __init__(self, weights: LinearWeights) -> None:
        super().__init__(weights)
        self._idf = weights.idf
        self._coefficients = np.ascontiguousarray(weights.coefficients)

    def logits(self, rows: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        found = [self._count(tokens) for tokens in rows]
        column = np.fromiter(chain.from_iterable(found), dtype=np.int64)
        count = np.fromiter(chain.from_iterable(map(dict.values, found)), dtype=np.float64)
        row = np.repeat(np.arange(len(rows)), [len(counts) for counts in found])
        frequency = count / np.array([self._size(tokens) for tokens in rows])[row]
        value = (frequency.astype(np.float32) * self._idf[column]).astype(np.float64)
        # bincount adds in order, so a row's sum does not depend on the batch around it.
        square = np.bincount(row, value * value, minlength=len(rows))
        value /= np.sqrt(square)[row]
        logits = np.empty((len(rows), len(self._coefficients)))
        for label, weights in enumerate(self._coefficients):
            logits[:, label] = np.bincount(row, value * weights[column], minlength=len(rows))
        return logits

    def _size(self, tokens: Sequence[str]) -> int:
        return sum(max(len(tokens) - extra, 0) for extra in range(self._ngram_max))


class _Subwords:
    """The block of pieces of words: one sum a token, kept for the next text that has it."""

    def __init__(self, weights: SubwordWeights) -> None:
        self._columns = {piece: column for column, piece in enumerate(weights.pieces)}
        self._sizes = weights.shortest, weights.longest
        self._idf = weights.idf
        self._coefficients = np.ascontiguousarray(weights.coefficients.T)
        self._kept: dict[str, bytes] = {}

    def row(self, tokens: Sequence[str]) -> ByLabel:
        first = second = third = 0.0
        for token, sums in zip(tokens, map(self._kept.get, tokens), strict=True):
            one, two, three = THREE.unpack(sums or self._learn(token))
            first += one
            second += two
            third += three
        length = math.sqrt(len(tokens) or 1)
        return first / length, second / length, third / length

    def _learn(self, token: str) -> bytes:
        sums = THREE.pack(*self._sum(token))
        if len(token) <= LONGEST_TOKEN:
            if len(self._kept) >= KEPT_TOKENS:
                self._kept.clear()
            self._kept[token] = sums
        return sums

    def _sum(self, token: str) -> ByLabel:
        found = map(self._columns.get, pieces(token, *self._sizes))
        counts = Counter(column for column in found if column is not None)
        if not counts:
            return 0.0, 0.0, 0.0
        columns = np.fromiter(counts, dtype=np.int64)
        values = np.fromiter(counts.values(), dtype=np.float64) * self._idf[columns]
        values /= np.sqrt(np.sum(values * values))
        one, two, three = np.sum(values[:, None] * self._coefficients[columns], axis=0).tolist()
        return one, two, three


class _Lexicon:
    """The block of lexicon features: their products with the coefficients, worked out by row.

    All that depends on a lexicon's balance is one line between two knots, so it is looked up.
    """

    def __init__(self, weights: LexiconWeights) -> None:
        self._valences, self._lexicons = weights.valences, weights.lexicons
        own = len(lexicon.OF_ROW)
        self._of_row = _by_feature(weights.coefficients[:, :own])
        table = weights.coefficients[:, own:].reshape(
            len(weights.coefficients), self._lexicons, len(lexicon.OF_LEXICON)
        )
        self._bounds = sorted({0.0, *lexicon.KNOTS.tolist()})
        self._lines = [_lines(table[:, at], self._bounds) for at in range(self._lexicons)]
        self._others = [_by_feature(table[:, at, OTHERS]) for at in range(self._lexicons)]

    def row(self, tokens: Sequence[str]) -> Sequence[float]:
        sums = lexicon.sums(tokens, self._valences, self._lexicons)
        contrast, exclamations, questions, size, negation = sums[:5]
        size = size or 1.0
        logits = [0.0, 0.0, 0.0]
        marks = (contrast, exclamations, questions, math.log(size), negation)
        _add(logits, marks, self._of_row)
        for at in range(self._lexicons):
            positive, negative, highest, lowest, last = sums[5 * at + 5 : 5 * at + 10]
            total = positive + negative
            balance = _saturated(total)
            line = self._lines[at][bisect.bisect(self._bounds, balance)]
            _add(logits, (1.0, balance), line)
            if positive or negative:
                values = (
                    _saturated(positive), _saturated(negative), total / math.sqrt(size), highest,
                    lowest, last, min(positive, -negative),
                )  # fmt: skip
                _add(logits, values, self._others[at])
        return logits


def _add(logits: list[float], values: Sequence[float], coefficients: list[ByLabel]) -> None:
    first, second, third = logits
    for value, (one, two, three) in zip(values, coefficients, strict=True):
        if value:
            first += value * one
            second += value * two
            third += value * three
    logits[:] = first, second, third


def _by_feature(coefficients: NDArray[np.float64]) -> list[ByLabel]:
    return [(one, two, three) for one, two, three in coefficients.T.tolist()]


def _lines(coefficients: NDArray[np.float64], bounds: Sequence[float]) -> list[list[ByLabel]]:
    """Returns, between each two bounds, the offset and the slope by label of the balance's part.

    Args:
        coefficients: Of one lexicon's features, shape (labels, features).
        bounds: Where the slope changes, ascending.
    """
    name = lexicon.OF_LEXICON.index
    knots = lexicon.KNOTS
    bent = coefficients[:, len(lexicon.OF_LEXICON) - len(knots) :]
    lines = []
    for lower in (-np.inf, *bounds):
        beyond = knots <= lower
        sign = 1.0 if lower >= 0 else -1.0
        slope = coefficients[:, name("balance")] + sign * coefficients[:, name("strength")]
        offset = -np.sum(bent[:, beyond] * knots[beyond], axis=1)
        lines.append(_by_feature(np.stack([offset, slope + bent[:, beyond].sum(axis=1)], axis=1)))
    return lines


def _saturated(value: float) -> float:
    return value / math.sqrt(value * value + lexicon.SATURATION)
