"""How unlike training a text is, by what the model's bundle tells of its training.

``reference.json`` has the frequent words of the train split, its languages and its lengths. A text
scores by how many more of its words are not among them than chance would have: the score statistic
of a share (A. Agresti, "Categorical data analysis", 2013, section 1.3), so that a long text of
which half is unknown outdoes a short one. The share of unknown words is a plain and strong sign of
another domain (B. Plank and G. van Noord, "Effective measures of domain similarity for parsing",
ACL 2011). A language or a length that training hardly had counts as well, by how rare it was there.
``benchmarks/labelling.py`` measures how much of another domain it finds.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sentiment_models import reference
from sentiment_models.bundle import read_bundle, read_specification
from sentiment_models.reference import LENGTH_EDGES, Examined, Examiner, Reference

HARDLY = 0.01
"""Share of training below which a language or a length was hardly there."""
UNSEEN = 0.5
"""Rows of what training had none of."""
SHOWN = 3


@dataclass(frozen=True)
class Strangeness:
    """What was found of a text.

    Attributes:
        score: Standard errors above what chance would have, and rarities in nats.
        reason: What speaks for it, for people.
    """

    score: float
    reason: str


class Training:
    """What a model was trained on, as far as its bundle tells.

    Args:
        known: The bundle's reference.
        examiner: Examines texts as those of the reference were.
    """

    def __init__(self, known: Reference, examiner: Examiner) -> None:
        self._known, self._examiner = known, examiner
        self._lengths = {str(place): count for place, count in enumerate(known.length.counts)}
        # Neither no word nor every one was unknown in training, or nothing could be told.
        held = sum(known.terms.values())
        self._unknown = (known.words - held + 1) / (known.words + 2)

    @classmethod
    def of(cls, bundle: Path) -> "Training | None":
        """Reads what a bundle tells; None if it has no reference, as those of older trainers.

        Raises:
            InputError: It is no whole bundle.
        """
        known = reference.read(bundle)
        if known is None:
            return None
        specification = read_specification(bundle, read_bundle(bundle))
        return cls(known, Examiner(specification, known.terms))

    def strangeness(self, text: str) -> Strangeness:
        """Says how unlike training a text is."""
        found = self._examiner.examine(text)
        total = len(found.words)
        unknown = found.words - self._known.terms.keys()
        expected = total * self._unknown
        error = math.sqrt(max(total, 1) * self._unknown * (1 - self._unknown))
        language = self._rarity(self._known.languages, found.language)
        length = self._rarity(self._lengths, _length(found))
        telling = [f"language {found.language}"] if language else []
        telling += [f"length {found.characters}"] if length else []
        if unknown:
            telling.append(f"{len(unknown)} of {total} words new, {_few(sorted(unknown))}")
        score = (len(unknown) - expected) / error + language + length
        return Strangeness(score, f"unlike training: {'; '.join(telling)}")

    def _rarity(self, rows: Mapping[str, int], name: str) -> float:
        """Returns how much rarer than ``HARDLY`` it was in training, in nats; 0 if it was not."""
        return max(0.0, math.log(HARDLY * max(self._known.rows, 1) / (rows.get(name) or UNSEEN)))


def _length(it: Examined) -> str:
    return str(bisect_left(LENGTH_EDGES, it.characters))


def _few(words: Sequence[str]) -> str:
    # Long words tell more than short ones.
    shown = sorted(words, key=lambda word: (-len(word), word))[:SHOWN]
    return ", ".join(f"“{word}”" for word in shown)
