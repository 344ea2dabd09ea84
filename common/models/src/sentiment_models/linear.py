"""The linear backend: a logistic regression over n-grams in numpy, equal to its training.

The service of such a model needs neither TensorFlow nor scikit-learn. Its arithmetic repeats that
of ``tft.tfidf`` in the graph the model was trained on: term frequencies in float64, rounded to
float32 and multiplied by the float32 factor of the vocabulary; rows are then scaled to unit length
in float64.
"""

import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sentiment_common.errors import InputError
from sentiment_common.text import TextSpecification, Tokenizer
from sentiment_models.bundle import Bundle
from sentiment_models.calibration import softmax
from sentiment_models.predictor import check_texts

VOCABULARY, WEIGHTS = "vocabulary.txt", "weights.npz"


@dataclass(frozen=True)
class LinearWeights:
    """Everything a linear model has learned.

    Attributes:
        vocabulary: n-grams, their tokens joined by one space; the position is the column.
        ngram_max: Tokens of the longest n-gram.
        idf: Factor of each n-gram, float32, shape (vocabulary,).
        coefficients: float64, shape (labels, vocabulary); divided by the temperature.
        intercept: float64, shape (labels,); divided by the temperature.
    """

    vocabulary: tuple[str, ...]
    ngram_max: int
    idf: NDArray[np.float32]
    coefficients: NDArray[np.float64]
    intercept: NDArray[np.float64]


def save_linear(folder: Path, weights: LinearWeights) -> None:
    """Writes ``vocabulary.txt`` and ``weights.npz``; equal weights give equal bytes."""
    lines = "".join(f"{term}\n" for term in weights.vocabulary)
    (folder / VOCABULARY).write_text(lines, encoding="utf-8", newline="\n")
    np.savez(
        folder / WEIGHTS,
        idf=weights.idf.astype(np.float32),
        coefficients=weights.coefficients.astype(np.float64),
        intercept=weights.intercept.astype(np.float64),
        ngram_max=np.int64(weights.ngram_max),
    )


def load_linear(folder: Path) -> LinearWeights:
    """Reads what ``save_linear`` wrote.

    Raises:
        InputError: A file is missing or damaged, or the vocabulary and the weights are not of one
            model.
    """
    try:
        text = (folder / VOCABULARY).read_text(encoding="utf-8")
        with np.load(folder / WEIGHTS, allow_pickle=False) as stored:
            arrays = dict(stored)
        vocabulary = tuple(text.removesuffix("\n").split("\n")) if text else ()
        weights = LinearWeights(
            vocabulary, int(arrays["ngram_max"]), arrays["idf"], arrays["coefficients"],
            arrays["intercept"],
        )  # fmt: skip
    except FileNotFoundError as error:
        raise InputError(f"{error.filename} is missing", where=str(folder)) from error
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"damaged ({error})", where=str(folder / WEIGHTS)) from error
    if weights.idf.shape != (len(vocabulary),) or weights.coefficients.shape[1] != len(vocabulary):
        raise InputError(
            f"{len(vocabulary)} lines in {VOCABULARY}, {len(weights.idf)} factors in {WEIGHTS}",
            where=str(folder),
            mend="restore the whole model from its registry",
        )
    return weights


class LinearPredictor:
    """Scores texts by a dictionary of n-grams.

    Args:
        bundle: The bundle's facts.
        tokenizer: Executes the bundle's text specification.
        weights: What the model has learned.
    """

    def __init__(self, bundle: Bundle, tokenizer: Tokenizer, weights: LinearWeights) -> None:
        self.name, self.labels = bundle.name, bundle.labels
        self._tokenizer = tokenizer
        self._columns = {term: column for column, term in enumerate(weights.vocabulary)}
        self._ngram_max = weights.ngram_max
        self._idf = weights.idf
        self._coefficients = np.ascontiguousarray(weights.coefficients)
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
        columns: list[int] = []
        counts: list[int] = []
        terms_of_row: list[int] = []
        sizes: list[int] = []
        for tokens in rows:
            found, size = self._count(tokens)
            columns.extend(found)
            counts.extend(found.values())
            terms_of_row.append(len(found))
            sizes.append(size)
        if not sizes:
            return np.empty((0, len(self.labels)))
        return softmax(self._logits(columns, counts, terms_of_row, sizes))

    def _count(self, tokens: Sequence[str]) -> tuple[dict[int, int], int]:
        """Counts the known n-grams of a row by column; with them the number of all n-grams."""
        lookup = self._columns.get
        found: dict[int, int] = {}
        grams: Sequence[str] = tokens
        size = 0
        for length in range(1, self._ngram_max + 1):
            if length > 1:
                pairs = zip(grams, tokens[length - 1 :], strict=False)
                grams = [f"{gram} {token}" for gram, token in pairs]
            size += len(grams)
            for gram in grams:
                column = lookup(gram)
                if column is not None:
                    found[column] = found.get(column, 0) + 1
        return found, size

    def _logits(
        self, columns: list[int], counts: list[int], terms_of_row: list[int], sizes: list[int]
    ) -> NDArray[np.float64]:
        column = np.array(columns, dtype=np.int64)
        row = np.repeat(np.arange(len(sizes)), terms_of_row)
        frequency = np.array(counts, dtype=np.float64) / np.array(sizes, dtype=np.float64)[row]
        value = (frequency.astype(np.float32) * self._idf[column]).astype(np.float64)
        # bincount adds in order, so a row's sum does not depend on the batch around it.
        square = np.bincount(row, value * value, minlength=len(sizes))
        value /= np.sqrt(square)[row]
        logits = np.empty((len(sizes), len(self.labels)))
        for label, weights in enumerate(self._coefficients):
            products = value * weights[column]
            logits[:, label] = np.bincount(row, products, minlength=len(sizes))
        return logits + self._intercept
