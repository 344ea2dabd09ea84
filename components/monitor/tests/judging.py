"""Answers with known truths, for tests of what is made of feedback."""

import numpy as np

from sentiment_monitor.estimate import Reliability
from sentiment_monitor.window import NO_LABEL, Answers

HOUR, DAY = 3_600.0, 86_400.0
EDGES = np.array([0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99])


def scores(count: int, seed: int, sharp: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Draws probabilities and the labels that they promise; sharper ones are surer."""
    generator = np.random.default_rng(seed)
    powers = generator.normal(0, 1.5 * sharp, (count, 3)) + np.array([0.2, 0.0, 0.5])
    probabilities = np.exp(powers) / np.exp(powers).sum(axis=1, keepdims=True)
    cut = generator.random((count, 1))
    return probabilities, (probabilities.cumsum(axis=1) < cut).sum(axis=1).clip(0, 2)


def answers(
    probabilities: np.ndarray, truth: np.ndarray, judged: np.ndarray, *,
    units: np.ndarray | None = None, delay: float = HOUR,
) -> Answers:  # fmt: skip
    """Answers of a day; the judged ones with their true labels."""
    rows = len(truth)
    time = np.linspace(0, DAY, rows, endpoint=False)
    return Answers(
        time=time, key=np.arange(rows), unit=np.arange(rows) if units is None else units,
        label=probabilities.argmax(axis=1), probabilities=probabilities,
        length=np.zeros(rows), variant=np.zeros(rows, np.int64),
        truth=np.where(judged, truth, NO_LABEL), judged=np.where(judged, time + delay, np.nan),
    )  # fmt: skip


def reliability(probabilities: np.ndarray, truth: np.ndarray) -> Reliability:
    """The reliability of a reference."""
    bins = np.searchsorted(EDGES, probabilities.max(axis=1))
    right = (probabilities.argmax(axis=1) == truth).astype(float)
    size = len(EDGES) + 1
    pairs = zip(np.bincount(bins, minlength=size), np.bincount(bins, right, size), strict=True)
    return Reliability.of(EDGES.tolist(), [(int(rows), int(good)) for rows, good in pairs])
