"""Texts of one split that nearly are a text of an earlier split, in time linear in the rows.

Two texts are near-duplicates if the Jaccard similarity of their sets of words is at least a
threshold; mentions and addresses are no words. ingest keeps such texts together by the same
definition and another algorithm, so each checks the other. Here candidates come from MinHash
signatures cut into bands (A. Broder, "On the resemblance and containment of documents", 1997;
Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", chapter 3), and every candidate is
compared exactly: nothing is reported that is not so.
"""

import re
from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

# Two steps: one pattern for both would swallow the sign that begins a mention or an address.
_ADDRESS = re.compile(r"@\w+|https?://\S+|www\.\S+")
_NO_WORD = re.compile(r"[\W_]+")

MIN_WORDS = 5
"""Texts with fewer different words are near-duplicates only word for word: below that, one word
makes another opinion."""

BANDS, ROWS = 32, 6
"""A pair of similarity s shares a band with probability 1 - (1 - s^6)^32: .9999 at s = .8, .98 at
.7, .02 at .3."""

MAX_CANDIDATES = 16
"""So many texts of one band are compared with a text at most, which keeps the time linear; of more
texts in one band, nearly all are near-duplicates of each other."""


BLOCK = 16_384
"""So many texts are hashed at a time, which then fit into the processor's cache."""


@dataclass(frozen=True)
class Twin:
    """A near-duplicate of a text: the split that has it, and its place there (from 0)."""

    split: str
    place: int


def words(text: str) -> str:
    """Returns the words of a text, case-folded, parted by one space.

    Mentions and addresses are left out: a tweet of an emoticon to the same person is not the same.
    """
    return _NO_WORD.sub(" ", _ADDRESS.sub(" ", text.casefold())).strip()


def jaccard(first: set[Any], second: Collection[Any]) -> float:
    """Returns the share that two sets have in common of all that is in either; 0 for empty sets.

    Args:
        first: A set.
        second: Another one, or a list in which nothing occurs twice.
    """
    both = len(first.intersection(second))
    return both / (len(first) + len(second) - both) if both else 0.0


def twins(texts: Mapping[str, Sequence[str]], similarity: float) -> dict[str, dict[int, Twin]]:
    """Finds the texts of each split that nearly are a text of an earlier one.

    Args:
        texts: The texts of each split, the earliest split first.
        similarity: Least Jaccard similarity of near-duplicates, above 0.

    Returns:
        By split, the place of each text found (from 0) and a twin of it.
    """
    plain = {split: [words(text) for text in listed] for split, listed in texts.items()}
    found = _word_for_word(plain)
    rows = _Rows(plain)
    splits = list(plain)
    done = bytearray(
        place in found[splits[rank]] for rank, place in zip(rows.ranks, rows.places, strict=True)
    )
    for later, candidates in _candidates(rows, done):
        mine = set(rows.words_of(later))
        for earlier in candidates:
            sizes = sorted((len(mine), rows.sizes[earlier]))
            if sizes[0] >= similarity * sizes[1] and (
                jaccard(mine, rows.words_of(earlier)) >= similarity
            ):
                twin = Twin(splits[rows.ranks[earlier]], rows.places[earlier])
                found[splits[rows.ranks[later]]][rows.places[later]] = twin
                done[later] = True
                break
    return found


def _word_for_word(plain: Mapping[str, Sequence[str]]) -> dict[str, dict[int, Twin]]:
    first: dict[str, Twin] = {}
    found: dict[str, dict[int, Twin]] = {split: {} for split in plain}
    for split, listed in plain.items():
        for place, text in enumerate(listed):
            known = first.setdefault(text, Twin(split, place))
            if text and known.split != split:
                found[split][place] = known
    return found


class _Rows:
    """The different words of every text that has enough of them, as numbers in one array.

    Attributes:
        ranks: Number of the split of each text, the earliest split being 0.
        places: Its place in the split.
        sizes: How many different words it has.
    """

    def __init__(self, plain: Mapping[str, Sequence[str]]) -> None:
        vocabulary: dict[str, int] = {}
        numbers = array("q")
        self.ranks, self.places, self.sizes = array("b"), array("q"), array("q")
        for rank, listed in enumerate(plain.values()):
            for place, text in enumerate(listed):
                # In order: a set of strings has another order in every process.
                different = dict.fromkeys(text.split())
                if len(different) >= MIN_WORDS:
                    known = (vocabulary.setdefault(word, len(vocabulary)) for word in different)
                    numbers.extend(known)
                    self.sizes.append(len(different))
                    self.ranks.append(rank)
                    self.places.append(place)
        self._vocabulary = len(vocabulary)
        self._words = np.array(numbers)
        self._ends = np.concatenate(([0], np.cumsum(self.sizes, dtype=np.int64)))

    def words_of(self, row: int) -> list[int]:
        """Returns the words of a text as numbers."""
        return self._words[self._ends[row] : self._ends[row + 1]].tolist()

    def least(self, seed: int) -> np.ndarray:
        """Returns the least hash of each text's words: one number of each signature."""
        hashes = _mixed(np.arange(self._vocabulary, dtype=np.uint64), seed)
        parts = []
        for start in range(0, len(self.sizes), BLOCK):
            ends = self._ends[start : start + BLOCK + 1]
            words = self._words[ends[0] : ends[-1]]
            parts.append(np.minimum.reduceat(hashes[words], ends[:-1] - ends[0]))
        return np.concatenate(parts)


def _mixed(numbers: np.ndarray, seed: int) -> np.ndarray:
    """Hashes numbers to 64 bits, the same everywhere: the finalizer of splitmix64."""
    offset = np.uint64((seed + 1) * 0xD1B54A32D192ED03 % 2**64)
    mixed = numbers * np.uint64(0x9E3779B97F4A7C15) + offset
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))


def _candidates(rows: _Rows, done: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
    """Yields texts with those of earlier splits that share a band with them.

    Args:
        rows: The texts.
        done: Of each text whether nothing more need be yielded; the caller sets it on the way.
    """
    if not rows.sizes:
        return
    ranks = np.array(rows.ranks)
    for band in range(BANDS):
        keys = np.zeros(len(rows.sizes), dtype=np.uint64)
        for row in range(ROWS):
            keys = _mixed(keys ^ rows.least(band * ROWS + row), 0)
        order = np.argsort(keys, kind="stable")
        starts = np.flatnonzero(np.r_[True, np.diff(keys[order]) != 0])
        stops = np.r_[starts[1:], len(order)]
        # The order is stable, so that within a band the earliest split comes first.
        several = ranks[order[starts]] != ranks[order[stops - 1]]
        for start, stop in zip(starts[several].tolist(), stops[several].tolist(), strict=True):
            members = order[start:stop].tolist()
            first = members[:MAX_CANDIDATES]
            for later in members:
                if not done[later]:
                    rank = rows.ranks[later]
                    yield later, [earlier for earlier in first if rows.ranks[earlier] < rank]
