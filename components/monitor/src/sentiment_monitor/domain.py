"""A classifier that tries to tell the window's texts from those of training.

If it cannot, they are of one distribution, as far as it can see: the classifier two-sample test
(Lopez-Paz and Oquab, "Revisiting classifier two-sample tests", ICLR 2017). It sees words alone, by
a hash of each. Its area under the curve is that on a half it was not fitted on, and its chance is
that of Mann and Whitney's statistic (1947); the interval is DeLong's (DeLong et al., Biometrics
1988).
"""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import sparse, stats
from sklearn.feature_extraction import FeatureHasher
from sklearn.linear_model import LogisticRegression

from sentiment_common.errors import InputError
from sentiment_common.redaction import redact
from sentiment_models.reference import Examiner
from sentiment_monitor.findings import Finding, found, too_few
from sentiment_monitor.policy import Policy
from sentiment_monitor.window import Array

NAME = "domain"
SEED, BUCKETS = 13, 2**15
Z95 = 1.959964
SHOWN = 10


def training_texts(examples: Path, most: int) -> list[str]:
    """Reads an even sample of the train split's different texts, the same each time.

    Args:
        examples: The examples' folder.
        most: How many at most.

    Raises:
        InputError: There is no train split, or it is no readable Parquet with a column of texts.
    """
    found: dict[bytes, str] = {}
    paths = sorted((examples / "train").glob("*.parquet"))
    if not paths:
        raise InputError("no train split here", where=str(examples), mend="name whole examples")
    for path in paths:
        try:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(columns=["text"]):
                    found.update((_name(it), it) for it in batch.column("text").to_pylist() if it)
        except (pa.ArrowException, OSError, KeyError, ValueError) as error:
            raise InputError(f"no readable examples ({error})", where=str(path)) from error
        found = {name: found[name] for name in sorted(found)[:most]}
    return [found[name] for name in sorted(found)]


def find(
    texts: Sequence[str], training: Sequence[str], examiner: Examiner, policy: Policy,
    redacted: bool,
) -> Finding:  # fmt: skip
    """Says how well the window's texts can be told from those of training.

    Args:
        texts: Of the window.
        training: Of the train split.
        examiner: Makes words of them.
        policy: Has the thresholds.
        redacted: Whether the window's texts were redacted when they were logged: those of training
            are then, too, or what is redacted would tell them apart.
    """
    window = sorted(set(texts))
    least = min(len(window), len(training))
    if least < policy.count("min_rows"):
        return too_few(NAME, "domain", policy, least)
    other = sorted({redact(text) for text in training} if redacted else set(training))
    both = [text for side in (other, window) for text in side]
    words = [sorted(examiner.examine(text).words) for text in both]
    target = np.repeat([0, 1], [len(other), len(window)])
    held, scores = _held_out(_hashed(words), target)
    area, error = area_under_curve(scores, target[held])
    sizes = np.bincount(target[held])
    chance = float(stats.norm.sf((area - 0.5) / _error_by_chance(*sizes.tolist())))
    said = f"A classifier tells the window's texts from those of training with AUC {area:.3f}"
    return found(
        NAME, "domain", policy, len(window), f"{said}; 0.5 is chance.", max(area, 0.5), chance,
        area, (max(0.0, area - Z95 * error), min(1.0, area + Z95 * error)),
        {"training": len(other), "strangest": _strangest(texts, both, held, scores)},
    )  # fmt: skip


def _hashed(words: Iterable[list[str]]) -> sparse.csr_matrix:
    rows = FeatureHasher(BUCKETS, input_type="string", alternate_sign=False).transform(words)
    lengths = np.sqrt(np.maximum(np.asarray(rows.sum(axis=1)).ravel(), 1))
    return sparse.csr_matrix(sparse.diags(1 / lengths) @ rows)


def _held_out(rows: sparse.csr_matrix, target: Array) -> tuple[Array, Array]:
    """Fits on one half and scores the other.

    Parts that take turns would use each text twice, and their scores are not independent then: by
    chance alone the area strays further than Mann and Whitney's statistic allows.

    Returns:
        Rows of the other half, and by how much each looks like one of the window.
    """
    order = np.random.default_rng(SEED).permutation(len(target))
    # Of either kind a half: the sort is stable.
    order = order[np.argsort(target[order], kind="stable")]
    fitted, held = order[::2], order[1::2]
    # In one thread, by coordinates: fast on words, and the same bits each time.
    model = LogisticRegression(
        C=1.0, class_weight="balanced", solver="liblinear", random_state=SEED
    )
    model.fit(rows[fitted], target[fitted])
    return held, np.asarray(model.decision_function(rows[held]))


def area_under_curve(scores: Array, target: Array) -> tuple[float, float]:
    """Returns the area under the curve and its standard error (DeLong et al. 1988).

    Args:
        scores: Shape (rows,); higher means more of the second kind.
        target: 0 or 1, shape (rows,).
    """
    high, low = scores[target == 1], scores[target == 0]
    ranks = stats.rankdata(np.concatenate([high, low]))
    above = (ranks[: len(high)] - stats.rankdata(high)) / len(low)
    below = 1 - (ranks[len(high) :] - stats.rankdata(low)) / len(high)
    variance = above.var(ddof=1) / len(high) + below.var(ddof=1) / len(low)
    return float(above.mean()), float(np.sqrt(variance))


def _error_by_chance(one: int, other: int) -> float:
    return float(np.sqrt((one + other + 1) / (12 * one * other)))


def _strangest(texts: Sequence[str], both: Sequence[str], held: Array, scores: Array) -> list[int]:
    """Returns the places of those of the window's texts that look least like training."""
    first = len(both) - len(set(texts))
    ranked = held[np.lexsort((held, -scores))]
    return [texts.index(both[row]) for row in ranked[ranked >= first][:SHOWN]]


def _name(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
