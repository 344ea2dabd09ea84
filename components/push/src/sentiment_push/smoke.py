"""Does the bundle answer here, to ordinary and to awkward texts, before anyone depends on it?"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import ArrayLike

from sentiment_common.errors import InputError
from sentiment_models import Predictor, load
from sentiment_models.bundle import read_bundle

logger = logging.getLogger(__name__)
SPLITS = ("validation", "test")
MOST_TEXTS = 2000
TOLERANCE, TOLERANCES = 1e-6, {"linear": 1e-9}
"""By how much two answers to the same text may differ: computed in single precision, in double."""
AWKWARD = {
    "an empty text": "",
    "white space": " \t\r\n\u00a0\u2028",
    "emoji": "😀🎉👎🏽👨‍👩‍👧",
    "10,000 characters": ("works great, arrived late. " * 400)[:10_000],
    "one word of 10,000 characters": "a" * 10_000,
    "control characters": "fine\x00\x07\x1b[31m",
    "other scripts": "очень хорошо 很好 جيد जैसा",
    "a lone surrogate": "good \ud83d",
    "markup": "<script>alert('great')</script> &lt;br&gt;",
}


def texts_of(examples: Path, split: str) -> list[str]:
    """Returns the texts of a split.

    Raises:
        InputError: There are none.
    """
    path = examples / split / "examples.parquet"
    if not path.is_file():
        raise InputError("the split is missing", where=str(path), mend="run ingest again")
    texts: list[str] = pq.read_table(path, columns=["text"])["text"].to_pylist()
    if not texts:
        raise InputError("the split has no rows", where=str(path), mend="give ingest more rows")
    return texts


def named(texts: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Yields the awkward texts and those of each split, after what a message may call them.

    A customer's words stay out of the log, so a text of a split is called by its row.
    """
    yield from AWKWARD.items()
    for split, listed in texts.items():
        for row, text in enumerate(listed, start=1):
            yield f"row {row} of the {split} split", text


def tested(bundle: Path, texts: Sequence[str]) -> Predictor:
    """Loads a bundle and returns it once it has passed the smoke test.

    Args:
        bundle: The bundle's folder.
        texts: Ordinary texts; the first ``MOST_TEXTS`` are scored.

    Raises:
        InputError: The bundle cannot be loaded or fails the test.
    """
    scored = texts[:MOST_TEXTS]
    logger.info("smoke test with %d texts", len(scored))
    predictor = load(bundle)
    check(predictor, scored, str(bundle), tolerance(bundle))
    return predictor


def tolerance(bundle: Path) -> float:
    """Returns by how much two answers of a bundle to the same text may differ."""
    return TOLERANCES.get(read_bundle(bundle).backend, TOLERANCE)


def check(
    predictor: Predictor, texts: Sequence[str], where: str, tolerated: float = TOLERANCE
) -> None:
    """Scores the texts and the awkward ones, together and alone.

    Args:
        predictor: The loaded bundle.
        texts: Ordinary texts.
        where: The bundle, for the message.
        tolerated: By how much the answers may depend on the batch.

    Raises:
        InputError: What comes back are no probabilities, or they depend on the batch.
    """
    awkward = list(AWKWARD.values())
    together = predictor.predict_proba([*texts, *awkward])
    _check_probabilities(together, len(texts) + len(awkward), where)
    _check_probabilities(predictor.predict_proba([]), 0, where)
    alone = np.concatenate([predictor.predict_proba([text]) for text in awkward])
    compare(alone, together[len(texts) :], where, tolerated)


def compare(
    given: ArrayLike, expected: ArrayLike, where: str, tolerated: float = TOLERANCE
) -> None:
    """Refuses probabilities of the awkward texts that differ from the expected ones.

    Raises:
        InputError: With the text whose probabilities differ.
    """
    gaps = np.abs(np.asarray(given) - np.asarray(expected)).max(axis=1)
    worst = int(gaps.argmax())
    if not gaps[worst] <= tolerated:
        raise InputError(
            f"the probabilities of {list(AWKWARD)[worst]} differ by {gaps[worst]:.2g}",
            where=where,
            mend="nothing was pushed: the same text must always get the same answer",
        )


def _check_probabilities(values: np.ndarray, rows: int, where: str) -> None:
    problem = ""
    if values.shape != (rows, 3):
        problem = f"the answer to {rows} texts has shape {values.shape}"
    elif not np.isfinite(values).all() or (values < 0).any():
        problem = "an answer holds what is no probability"
    elif rows and np.abs(values.sum(axis=1) - 1).max() > TOLERANCE:
        problem = "probabilities do not sum to 1"
    if problem:
        raise InputError(problem, where=where, mend="nothing was pushed: train the model again")
