"""What one worker counts of one model."""

import random
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sentiment_models.bundle import LABELS, Bundle, read_specification
from sentiment_models.reference import CONFIDENCE_EDGES, EXAMINED_CHARACTERS, Examiner, Reference
from sentiment_serving.checks import reference_of
from sentiment_serving.signals.layout import Layout
from sentiment_serving.signals.sample import Sample
from sentiment_serving.signals.windows import Windows

EXAMINED_TEXTS = 16
"""Texts of a model that a worker examines each second, a tenth of a millisecond each."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What a model has answered in a while.

    Attributes:
        labels: Texts by predicted label, in the order of LABELS.
        confidence: Texts by bin of their highest probability.
        certainty: Sum of the highest probabilities.
        texts: Beginning and length of the texts of the sample.
        offered: Texts that it was taken of.
    """

    labels: list[int]
    confidence: list[int]
    certainty: float
    texts: list[tuple[str, int]]
    offered: int


class Watched:
    """Counts what a model answers, and takes a sample of what it is asked.

    Args:
        name: Name of the model.
        digest: Digest of its bundle.
        known: The bundle's reference, if it has one.
        examiner: Examines texts as those of the reference were.
        random: Where the sample's chance comes from.
    """

    def __init__(
        self,
        name: str,
        digest: str,
        known: Reference | None,
        examiner: Examiner,
        random: random.Random,
    ) -> None:
        self.name, self.digest, self.examiner = name, digest, examiner
        self.key = f"{digest} {name}"
        self.layout = Layout.of(known) if known else None
        self.windows = Windows()
        self._sample = Sample(EXAMINED_TEXTS, EXAMINED_CHARACTERS, random)
        self._begin()

    @classmethod
    def of(cls, folder: Path, bundle: Bundle, name: str, digest: str) -> "Watched":
        """Reads the reference of a bundle.

        Raises:
            InputError: It cannot be used.
        """
        known = reference_of(folder, bundle)
        examiner = Examiner(read_specification(folder, bundle), known.terms if known else ())
        return cls(name, digest, known, examiner, random.Random())  # noqa: S311

    def scored(self, texts: Sequence[str], rows: Sequence[Sequence[float]]) -> None:
        """Counts answered texts; costs half a microsecond a text."""
        labels, confidence = self._labels, self._confidence
        certainty = 0.0
        for row in rows:
            highest = max(row)
            certainty += highest
            labels[row.index(highest)] += 1
            confidence[bisect_left(CONFIDENCE_EDGES, highest)] += 1
        self._certainty += certainty
        self._sample.offer(texts)

    def take(self) -> Scored:
        """Returns what has been answered since the last time."""
        taken = Scored(self._labels, self._confidence, self._certainty, *self._sample.take())
        self._begin()
        return taken

    def _begin(self) -> None:
        self._labels, self._confidence = [0] * len(LABELS), [0] * (len(CONFIDENCE_EDGES) + 1)
        self._certainty = 0.0
