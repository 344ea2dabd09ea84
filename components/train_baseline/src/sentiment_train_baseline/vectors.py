"""Turns tokens into the matrix a linear model is fitted to; all that is learned, from chosen rows.

What occurs in which row is counted once. Each fold then selects its vocabulary and weighs it by its
own training rows, so nothing of a held-out row is known to the model that judges it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags_array, hstack

from sentiment_common.errors import InputError
from sentiment_models import lexicon
from sentiment_models.subwords import pieces
from sentiment_train_baseline.settings import Settings

# A feature of a lexicon occurs in most rows, a word in few: at the same scale the penalty would
# hold back the words alone. Both factors were chosen by cross-validation, see the README.
PIECE_SCALE, LEXICON_SCALE = 0.5, 0.1


@dataclass(frozen=True)
class Counts:
    """Everything that occurs in the rows.

    Attributes:
        settings: Which features there are.
        terms: Word n-grams, sorted.
        words: How often each occurs, shape (rows, terms).
        pieces: Pieces of words, sorted.
        token_pieces: How often each occurs in a token, shape (tokens, pieces).
        row_tokens: How often each token occurs, shape (rows, tokens).
        sizes: Tokens of each row, shape (rows,).
        lexicon: Lexicon features, shape (rows, features); no columns without lexicons.
    """

    settings: Settings
    terms: tuple[str, ...]
    words: csr_matrix
    pieces: tuple[str, ...]
    token_pieces: csr_matrix
    row_tokens: csr_matrix
    sizes: NDArray[np.float64]
    lexicon: NDArray[np.float64]


@dataclass(frozen=True)
class Vectorizer:
    """What was learned about features from the rows of a fit.

    Attributes:
        words: Columns of ``Counts.words`` that are features.
        word_idf: Their factors.
        pieces: Columns of ``Counts.token_pieces`` that are features.
        piece_idf: Their factors.
        scales: Factors of the lexicon features.
    """

    words: NDArray[np.int64]
    word_idf: NDArray[np.float64]
    pieces: NDArray[np.int64]
    piece_idf: NDArray[np.float64]
    scales: NDArray[np.float64]

    @property
    def bounds(self) -> tuple[int, int]:
        """Where the columns of pieces begin and end; words before, lexicons after."""
        return len(self.words), len(self.words) + len(self.pieces)


def count(
    tokens: Sequence[Sequence[str]],
    valences: dict[str, tuple[float, ...]],
    lexicons: int,
    settings: Settings,
) -> Counts:
    """Counts what occurs in the rows.

    Args:
        tokens: Tokens of each row.
        valences: Valences of tokens in each lexicon.
        lexicons: Number of lexicons.
        settings: Which features there are.
    """
    grams = [_grams(row, settings.word_ngrams) for row in tokens]
    terms, words = _table(grams)
    known, row_tokens = _table(tokens)
    sizes = settings.piece_sizes
    of_tokens = [pieces(token, *sizes) for token in known] if sizes else [()] * len(known)
    names, token_pieces = _table(of_tokens)
    sums = [lexicon.sums(row, valences, lexicons) for row in tokens] if lexicons else []
    measured = lexicon.features(sums, lexicons) if lexicons else np.empty((len(tokens), 0))
    lengths = np.array([len(row) for row in tokens], dtype=np.float64)
    return Counts(settings, terms, words, names, token_pieces, row_tokens, lengths, measured)


def fit(counts: Counts, rows: NDArray[np.int64]) -> Vectorizer:
    """Learns vocabulary, factors and scales.

    Args:
        counts: What occurs in all rows.
        rows: The rows to learn from.

    Raises:
        InputError: No n-gram occurs in enough of them.
    """
    settings = counts.settings
    words, word_idf = _selected(counts.words[rows], settings.min_rows, settings.most)
    if not len(words):
        raise InputError(
            f"no word occurs in {settings.min_rows} rows or more",
            where="--train-features",
            mend="give more examples or a smaller --min-rows",
        )
    present = _ones(counts.row_tokens[rows]) @ _ones(counts.token_pieces)
    kept, piece_idf = _selected(csr_matrix(present), settings.min_rows + 1, settings.most)
    deviations = counts.lexicon[rows].std(axis=0)
    # A feature that never changes says nothing: its column becomes zero.
    scales = LEXICON_SCALE / np.where(deviations > 0, deviations, np.inf)
    return Vectorizer(words, word_idf, kept, piece_idf, scales)


def transform(counts: Counts, learned: Vectorizer, rows: NDArray[np.int64]) -> csr_matrix:
    """Returns the matrix of some rows, shape (rows, features): words, pieces, lexicons."""
    words = counts.words[rows][:, learned.words].astype(np.float64)
    words.data = 1 + np.log(words.data)
    words = _unit_rows(words @ diags_array(learned.word_idf))
    of_tokens = counts.token_pieces[:, learned.pieces].astype(np.float64)
    of_tokens = _unit_rows(of_tokens @ diags_array(learned.piece_idf))
    by_size = diags_array(PIECE_SCALE / np.sqrt(np.maximum(counts.sizes[rows], 1)))
    of_pieces = by_size @ counts.row_tokens[rows] @ of_tokens
    measured = csr_matrix(counts.lexicon[rows] * learned.scales)
    return csr_matrix(hstack([words, of_pieces, measured]))


def _grams(tokens: Sequence[str], longest: int) -> list[str]:
    return [
        " ".join(tokens[start : start + size])
        for size in range(1, longest + 1)
        for start in range(len(tokens) - size + 1)
    ]


def _table(rows: Sequence[Iterable[str]]) -> tuple[tuple[str, ...], csr_matrix]:
    """Counts items by row; the columns are in the order of the sorted items."""
    counted = [Counter(row) for row in rows]
    items = tuple(sorted({item for counter in counted for item in counter}))
    column = {item: at for at, item in enumerate(items)}
    columns = [column[item] for counter in counted for item in counter]
    values = [number for counter in counted for number in counter.values()]
    bounds = np.concatenate([[0], np.cumsum([len(counter) for counter in counted])])
    table = csr_matrix(
        (np.array(values, dtype=np.float64), np.array(columns, dtype=np.int64), bounds),
        shape=(len(counted), len(items)),
    )
    table.sort_indices()
    return items, table


def _selected(
    table: csr_matrix, least: int, most: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Returns the columns that occur in enough rows, and their inverse document frequency."""
    rows = np.bincount(table.indices, minlength=table.shape[1])
    columns = np.flatnonzero(rows >= least)
    if len(columns) > most:
        columns = np.sort(columns[np.argsort(-rows[columns], kind="stable")[:most]])
    return columns, 1 + np.log((1 + table.shape[0]) / (1 + rows[columns]))


def _ones(table: csr_matrix) -> csr_matrix:
    return csr_matrix((np.ones_like(table.data), table.indices, table.indptr), shape=table.shape)


def _unit_rows(table: csr_matrix) -> csr_matrix:
    table = csr_matrix(table)
    lengths = np.sqrt(np.asarray(table.multiply(table).sum(axis=1)).ravel())
    lengths[lengths == 0] = 1
    return csr_matrix(diags_array(1 / lengths) @ table)
