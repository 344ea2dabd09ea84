"""In which bins a model's signals are counted, and how full these were in its training."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sentiment_models.bundle import LABELS
from sentiment_models.reference import LENGTH_EDGES, UNKNOWN_EDGES, Examined, Reference

LABEL, CONFIDENCE, LENGTH, UNKNOWN = "label", "confidence", "length", "unknown"
LANGUAGE, TERMS = "language", "terms"
SIGNALS = (LABEL, CONFIDENCE, LENGTH, UNKNOWN, LANGUAGE, TERMS)
MOST_TERMS = 100
"""Words with a bin of their own; all others share one."""
LEAST_SHARE = 0.005
"""Of the reference's rows, that a language must have for a bin of its own: a single row in a
language that training never met is no drift."""
Counts = dict[str, list[int]]


@dataclass(frozen=True)
class Layout:
    """The bins of each signal.

    Attributes:
        expected: By signal the reference's counts.
        languages: By language its bin; all others have the last.
        terms: By word its bin; all others have the last.
    """

    expected: Mapping[str, Sequence[int]]
    languages: Mapping[str, int]
    terms: Mapping[str, int]

    @classmethod
    def of(cls, reference: Reference) -> "Layout":
        """Returns the bins of a reference."""
        languages = {
            name: rows
            for name, rows in reference.languages.items()
            if rows >= LEAST_SHARE * reference.rows
        }
        ranked = sorted(reference.terms.items(), key=lambda item: (-item[1], item[0]))
        terms = dict(ranked[:MOST_TERMS])
        predicted = reference.predicted
        return cls(
            {
                LABEL: [predicted[label] for label in LABELS],
                CONFIDENCE: reference.confidence.counts,
                LENGTH: reference.length.counts,
                UNKNOWN: reference.unknown.counts,
                LANGUAGE: [*languages.values(), reference.rows - sum(languages.values())],
                TERMS: [*terms.values(), reference.words - sum(terms.values())],
            },
            {name: position for position, name in enumerate(languages)},
            {word: position for position, word in enumerate(terms)},
        )

    def count(self, examined: Sequence[Examined]) -> Counts:
        """Counts the signals of texts."""
        names, words = len(self.languages), len(self.terms)
        found = {
            LENGTH: Counter(bisect_left(LENGTH_EDGES, text.characters) for text in examined),
            UNKNOWN: Counter(bisect_left(UNKNOWN_EDGES, text.unknown) for text in examined),
            LANGUAGE: Counter(self.languages.get(text.language, names) for text in examined),
            TERMS: Counter(self.terms.get(word, words) for text in examined for word in text.words),
        }
        return {
            signal: [counted[position] for position in range(len(self.expected[signal]))]
            for signal, counted in found.items()
        }
