"""What of a window is held against the reference: labels, scores and traits of the texts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from sentiment_models.bundle import LABELS
from sentiment_models.reference import Examined, Histogram, Reference
from sentiment_monitor.findings import Signal
from sentiment_monitor.window import NO_TEXT, Answers, Array

WHAT: Mapping[str, str] = {
    "label": "The distribution of answered labels",
    "confidence": "The confidence of the answers",
    **{f"score_{label}": f"The distribution of the score of {label}" for label in LABELS},
    "length": "The length of the texts",
    "unknown": "The share of words that training did not know",
    "language": "The language of the texts",
}
"""What each signal is, as a sentence begins."""


def of_answers(answers: Answers, reference: Reference) -> list[Signal]:
    """Returns the signals that need no text."""
    predicted = np.bincount(answers.label.astype(np.int64), minlength=len(LABELS))
    found = [
        Signal("label", LABELS, tuple(reference.predicted[it] for it in LABELS), _whole(predicted)),
        _of_numbers("confidence", reference.confidence, answers.confidence),
    ]
    found += [
        _of_numbers(f"score_{label}", reference.score[label], answers.probabilities[:, column])
        for column, label in enumerate(LABELS)
    ]
    known = answers.length[answers.length != NO_TEXT]
    return [*found, _of_numbers("length", reference.length, known)]


def of_texts(examined: Sequence[Examined], reference: Reference) -> list[Signal]:
    """Returns the signals of the sampled texts."""
    unknown = np.array([it.unknown for it in examined])
    actual = Counter(it.language for it in examined)
    names = tuple(sorted({*reference.languages, *actual}))
    expected = tuple(reference.languages.get(name, 0) for name in names)
    language = Signal("language", names, expected, tuple(actual[name] for name in names))
    return [_of_numbers("unknown", reference.unknown, unknown), language]


def _of_numbers(name: str, histogram: Histogram, values: Array) -> Signal:
    # A value that equals an edge belongs below it, as in the reference.
    place = np.searchsorted(np.asarray(histogram.edges), values.astype(float), side="left")
    actual = np.bincount(place, minlength=len(histogram.counts))
    return Signal(name, _bins(histogram.edges), tuple(histogram.counts), _whole(actual))


def _bins(edges: Sequence[float]) -> tuple[str, ...]:
    between = (f"{low:g} to {high:g}" for low, high in pairwise(edges))
    return f"up to {edges[0]:g}", *between, f"over {edges[-1]:g}"


def _whole(counts: Array) -> tuple[int, ...]:
    return tuple(int(count) for count in counts)
