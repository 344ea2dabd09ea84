"""Word vectors trained on the train split itself."""

import zlib
from collections.abc import Sequence

import numpy as np

from sentiment_common.errors import InputError
from sentiment_train_deep.embeddings import Embeddings

LEAST_COUNT, WINDOW, PASSES = 2, 5, 10


def train(rows: Sequence[Sequence[str]], dimensions: int, seed: int) -> Embeddings:
    """Trains skip-grams with negative sampling (Mikolov et al. 2013).

    Args:
        rows: Tokens of each row.
        dimensions: Of the vectors.
        seed: The same rows and seed give the same vectors.

    Raises:
        InputError: No token occurs twice.
    """
    from gensim.models import Word2Vec

    model = Word2Vec(
        vector_size=dimensions, window=WINDOW, min_count=LEAST_COUNT, sg=1, seed=seed,
        workers=1, hashfxn=_checksum,
    )  # fmt: skip
    model.build_vocab(rows)
    if not model.wv.index_to_key:
        raise InputError(
            "no token occurs twice, so word2vec has nothing to learn from",
            where="--train-features",
            mend="give more examples, or other --embeddings",
        )
    model.train(rows, total_examples=len(rows), epochs=PASSES)
    return Embeddings(tuple(model.wv.index_to_key), np.asarray(model.wv.vectors), None)


def _checksum(word: str) -> int:
    # Python's own hash of a string differs from process to process.
    return zlib.crc32(word.encode())
