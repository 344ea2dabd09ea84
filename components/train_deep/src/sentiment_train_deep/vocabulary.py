"""The words a model reads: those of the train split, and more that have vectors or a valence.

A word that training never saw but the embeddings know keeps its vector at serving, instead of being
unknown: the model has learned what its neighbours mean.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sentiment_common.artifacts import Source
from sentiment_common.errors import InputError
from sentiment_common.lexicon import read as read_lexicons
from sentiment_common.text import TextSpecification, Tokenizer
from sentiment_train_deep import embeddings, lexicon, word2vec

PADDING, UNKNOWN, FIRST_WORD = 0, 1, 2
RANDOM, WORD2VEC = "random", "word2vec"
DIMENSIONS = 50
"""Of vectors that are not read from a file."""
MORE_WORDS = 30_000
"""Frequent words of the embeddings that are kept beside those of the train split.

On movie reviews, which a model of the default corpus has never seen, they raise macro-F1 from .396
to .444 (mean of three seeds); on that corpus' own test split nothing changes (.661, .660).
"""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tables:
    """What is known of the words before training, by identifier; row 0 is padding.

    Attributes:
        vectors: First word vectors, float32, shape (words, dimensions); they are trained along.
        valences: What the lexicons say, which stays, float32; see ``lexicon.table``.
    """

    vectors: NDArray[np.float32]
    valences: NDArray[np.float32]

    def take(self, identifiers: NDArray[np.int64]) -> "Tables":
        """Returns the tables of some words."""
        return Tables(self.vectors[identifiers], self.valences[identifiers])


@dataclass(frozen=True)
class Vocabulary:
    """Words and what is known of them.

    Attributes:
        words: The position plus FIRST_WORD is the identifier.
        tables: Their first vectors and their valences.
        sources: The files that both were read from.
    """

    words: tuple[str, ...]
    tables: Tables
    sources: tuple[Source, ...]

    @cached_property
    def _identifiers(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.words, start=FIRST_WORD)}

    def identifiers(
        self, rows: Iterable[Sequence[str]], max_length: int
    ) -> list[NDArray[np.int32]]:
        """Returns the identifiers of each row's first tokens."""
        lookup = self._identifiers.get
        return [
            np.array([lookup(token, UNKNOWN) for token in row[:max_length]], np.int32)
            for row in rows
        ]


@dataclass(frozen=True)
class Origins:
    """Where what is known of words comes from.

    Attributes:
        embeddings: ``random``, ``word2vec``, or see ``embeddings.read``.
        lexicon: See ``sentiment_common.lexicon.read``.
    """

    embeddings: str
    lexicon: str


def build(
    origins: Origins, transform_graph: Path, rows: Sequence[Sequence[str]], seed: int
) -> Vocabulary:
    """Joins the train split's tokens, the most frequent other words with vectors, and the lexicon.

    Args:
        origins: Where vectors and valences come from.
        transform_graph: Gives the train split's tokens and the text specification.
        rows: Tokens of the train split's rows, for ``word2vec``.
        seed: Seed of ``word2vec`` and of the vectors of tokens that the embeddings do not know.

    Raises:
        InputError: The embeddings, the lexicon or the graph cannot be read.
    """
    trained = _train_tokens(transform_graph)
    tokenizer = Tokenizer(TextSpecification.load(transform_graph / "text_spec"))
    lexicons = read_lexicons(origins.lexicon)
    valences = [lexicon.of_tokens(each, tokenizer) for each in lexicons]
    found = _vectors(origins.embeddings, trained, tokenizer, rows, seed)
    known = set(trained)
    more = [word for word in dict.fromkeys(found.words) if word not in known][:MORE_WORDS]
    told = set[str]().union(*valences)
    words = tuple(dict.fromkeys([*trained, *more, *sorted(told)]))
    logger.info(
        "%d of %d tokens have vectors, %d a valence; %d more words",
        len(known.intersection(found.words)), len(trained), len(known & told),
        len(words) - len(trained),
    )  # fmt: skip
    tables = Tables(_initial(words, found, seed), lexicon.table(["", "", *words], valences))
    sources = [found.source, *(each.source for each in lexicons)]
    return Vocabulary(words, tables, tuple(source for source in sources if source))


def _vectors(
    origin: str,
    trained: Sequence[str],
    tokenizer: Tokenizer,
    rows: Sequence[Sequence[str]],
    seed: int,
) -> embeddings.Embeddings:
    if origin == RANDOM:
        return embeddings.Embeddings((), np.empty((0, DIMENSIONS), np.float32), None)
    if origin == WORD2VEC:
        return word2vec.train(rows, DIMENSIONS, seed)
    known = set(trained)

    def wanted(rank: int, word: str) -> bool:
        # Tokens are lemmas, so most inflected forms could never be met.
        return word in known or (rank < 2 * MORE_WORDS and tokenizer.tokens(word) == [word])

    return embeddings.read(origin, wanted)


def _train_tokens(transform_graph: Path) -> list[str]:
    path = transform_graph / "vocabulary" / "tokens.txt"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing", where=str(transform_graph)) from error
    return text.removesuffix("\n").split("\n") if text else []


def _initial(words: Sequence[str], found: embeddings.Embeddings, seed: int) -> NDArray[np.float32]:
    shape = (FIRST_WORD + len(words), found.vectors.shape[1])
    vectors = np.random.default_rng(seed).normal(0, 0.1, shape).astype(np.float32)
    vectors[PADDING] = 0
    rows = dict(zip(found.words, range(len(found.words)), strict=True))
    for identifier, word in enumerate(words, start=FIRST_WORD):
        if word in rows:
            vectors[identifier] = found.vectors[rows[word]]
    return vectors
