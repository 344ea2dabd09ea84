"""Near-duplicates share a group, so that no split is tested on what another has taught it."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sentiment_ingest.examples import Example

# Two steps: one pattern for both would swallow the sign that begins a mention or an address.
ADDRESS = re.compile(r"@\w+|https?://\S+|www\.\S+")
NO_WORD = re.compile(r"[\W_]+")
LEAST_WORDS = 5
"""Texts with fewer distinct words are joined only if their words are the same: below that, one
word more makes another opinion."""


def words(text: str) -> set[str]:
    """Returns the distinct words of a text in one case, without mentions and addresses."""
    return set(NO_WORD.sub(" ", ADDRESS.sub(" ", text.casefold())).split())


def join_near_duplicates(examples: Sequence[Example]) -> list[Example]:
    """Gives groups with near-duplicate texts, directly or through others, the name of the first.

    Two texts are near-duplicates if they have the same distinct words, or if one has one word more
    and the other at least ``LEAST_WORDS``. The key of a set of words is the sum of their hashes, so
    that the key without one word is a subtraction: the time is linear in the number of words.
    """
    hashes: dict[str, int] = {}
    texts = [[_hash(word, hashes) for word in words(example.text)] for example in examples]
    groups = _Groups(example.group for example in examples)
    holders: dict[int, str] = {}
    for example, text in zip(examples, texts, strict=True):
        if text:
            groups.join(holders.setdefault(sum(text), example.group), example.group)
    for example, text in zip(examples, texts, strict=True):
        for holder in _with_a_word_less(text, holders):
            groups.join(holder, example.group)
    return [replace(example, group=groups.name(example.group)) for example in examples]


def _with_a_word_less(text: Sequence[int], holders: Mapping[int, str]) -> Iterable[str]:
    if len(text) <= LEAST_WORDS:
        return []
    key = sum(text)
    return [holders[key - word] for word in text if key - word in holders]


def _hash(word: str, hashes: dict[str, int]) -> int:
    # Python's own hash of a string differs from process to process.
    if word not in hashes:
        hashes[word] = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest())
    return hashes[word]


class _Groups:
    """Disjoint sets of group names."""

    def __init__(self, names: Iterable[str]) -> None:
        self._parents = {name: name for name in names}
        self._order = {name: place for place, name in enumerate(self._parents)}

    def name(self, group: str) -> str:
        """Returns the name that a group and all that it was joined with have."""
        parents = self._parents
        while parents[group] != group:
            parents[group] = parents[parents[group]]
            group = parents[group]
        return group

    def join(self, first: str, second: str) -> None:
        """Gives two groups one name: that of the one that came first."""
        early, late = sorted((self.name(first), self.name(second)), key=self._order.__getitem__)
        self._parents[late] = early
