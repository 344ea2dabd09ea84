"""The words a model reads: those of the train split, and more that have vectors.

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
from sentiment_common.text import TextSpecification, Tokenizer
from sentiment_train_deep import embeddings

PADDING, UNKNOWN, FIRST_WORD = 0, 1, 2
MORE_WORDS = 30_000
"""Frequent words of the embeddings that are kept beside those of the train split.

On movie reviews, which a model of the default corpus has never seen, they raise macro-F1 from .396
to .444 (mean of three seeds); on that corpus' own test split nothing changes (.661, .660).
"""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Vocabulary:
    """Words and their first vectors.

    Attributes:
        words: The position plus FIRST_WORD is the identifier.
        vectors: Initial vectors by identifier, float32, shape (FIRST_WORD + words, dimensions).
        source: The file the vectors were read from.
    """

    words: tuple[str, ...]
    vectors: NDArray[np.float32]
    source: Source

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


def build(source: str, transform_graph: Path, seed: int) -> Vocabulary:
    """Joins the train split's tokens and the most frequent other words that have vectors.

    Args:
        source: Where the embeddings come from, see ``embeddings.read``.
        transform_graph: Gives the train split's tokens and the text specification.
        seed: Seed of the vectors of tokens that the embeddings do not know.

    Raises:
        InputError: The embeddings or the graph cannot be read.
    """
    trained = _train_tokens(transform_graph)
    known = set(trained)
    tokenizer = Tokenizer(TextSpecification.load(transform_graph / "text_spec"))

    def wanted(rank: int, word: str) -> bool:
        # Tokens are lemmas, so most inflected forms could never be met.
        return word in known or (rank < 2 * MORE_WORDS and tokenizer.tokens(word) == [word])

    found = embeddings.read(source, wanted)
    more = [word for word in dict.fromkeys(found.words) if word not in known][:MORE_WORDS]
    words = (*trained, *more)
    covered = len(known.intersection(found.words))
    logger.info(
        "%d of %d tokens have vectors; %d more words from %s",
        covered, len(trained), len(more), found.source.uri,
    )  # fmt: skip
    return Vocabulary(words, _initial(words, found, seed), found.source)


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
