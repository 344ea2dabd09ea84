"""Near-duplicates: texts of nearly the same words, found without comparing all with all.

Two texts are near-duplicates if the Jaccard similarity of their sets of words is at least 4/5. The
search is exact where MinHash would miss some, but for forms (see ``NEIGHBOURS``): prefix filtering
(Chaudhuri, Ganti & Kaushik, ICDE 2006; Bayardo, Ma & Srikant, WWW 2007) with the positions of
common words (Xiao et al., WWW 2008). With the words of each text in one order, the rarest first,
two near-duplicates have a word in common early on. Hundreds of texts that share that word are told
apart by bitmaps of their words (Sandes, Teodoro & Melo, Information Systems 2020), which cost a
few nanoseconds a pair; where more share it, by the next word they have in common.
"""

import re
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sentiment_ingest.groups import DisjointSets

# Two steps: one pattern for both would swallow the sign that begins a mention or an address.
ADDRESS = re.compile(r"@\w+|https?://\S+|www\.\S+")
NO_WORD = re.compile(r"[\W_]+")
LEAST_WORDS = 5
"""Texts with fewer distinct words are near-duplicates only if their words are the same: below that,
one word more makes another opinion."""
BY_BITMAP = range(11, 1025)
"""Sizes of buckets that bitmaps are compared in: in smaller ones Python is as fast, in larger ones
all pairs are too many."""
BITS = 64
CHUNK = 100_000
"""Texts whose bitmaps are made at a time: a few dozen MB."""
DEEPEST = 16
NEIGHBOURS = 32
"""Where more texts than they have words share so many words (forms, signatures), each is compared
with so many next to it in order (the sorted neighbourhood of Hernandez & Stolfo, SIGMOD 1995): all
pairs would be too many."""

Document = array  # of unsigned integers: a list would take twice the memory
"""The distinct words of a text as ranks in ascending order: 0 is the rarest word of all texts."""


def words(text: str) -> set[str]:
    """Returns the distinct words of a text in one case, without mentions and addresses."""
    return set(NO_WORD.sub(" ", ADDRESS.sub(" ", text.casefold())).split())


class _Bucket(NamedTuple):
    """Texts whose first common words are the same ``depth`` words, the last of them ``word``."""

    rows: list[int]
    word: int
    depth: int


_Rest = tuple[int, Document, int, int]
"""What a row of a bucket has behind the bucket's word: row, words, the size of the whole text, and
the size of the largest text that it may be a near-duplicate of."""


class NearDuplicates:
    """Which of some texts are near-duplicates of each other.

    Attributes:
        clusters: For each text the place of the first text that it is a near-duplicate of, directly
            or through others; its own place if there is none before it. Which they are depends on
            the texts alone; a text without words is nobody's near-duplicate.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._documents = _ranked(texts)
        self._sets = DisjointSets(len(self._documents))
        self._sizes = np.fromiter(map(len, self._documents), np.int32, len(self._documents))
        self._bitmaps = _bitmaps(self._documents)
        for word, rows in self._different().items():
            if len(rows) > 1:
                self._search(_Bucket(rows, word, 1))
        self.clusters = [self._sets.first(row) for row in range(len(self._documents))]

    def similar(self, one: int, other: int) -> bool:
        """Tells whether the texts at two places are near-duplicates directly."""
        first, second = self._documents[one], self._documents[other]
        if min(len(first), len(second)) < LEAST_WORDS:
            return bool(first) and first == second
        return _similar(len(set(first).intersection(second)), len(first), len(second))

    def _different(self) -> dict[int, list[int]]:
        """Joins texts of the same words, and returns the others by the words that may come first.

        The first word that two near-duplicates have in common is one of them.
        """
        equal: dict[int, int] = {}
        different: dict[int, list[int]] = defaultdict(list)
        for row, document in enumerate(self._documents):
            first = self._first_equal(equal, row) if document else row
            self._sets.join(first, row)
            if first == row and len(document) >= LEAST_WORDS:
                for word in document[: _skips(document) + 1]:
                    different[word].append(row)
        return different

    def _first_equal(self, equal: dict[int, int], row: int) -> int:
        """Returns the first text of the same words: found by a hash, which is not believed."""
        document = self._documents[row]
        key = hash(document.tobytes())
        while self._documents[first := equal.setdefault(key, row)] != document:
            key += 1
        return first

    def _search(self, bucket: _Bucket) -> None:
        """Joins the near-duplicates of a bucket."""
        waiting = [bucket]
        while waiting:
            bucket = waiting.pop()
            if len(bucket.rows) in BY_BITMAP:
                rows = np.array(bucket.rows)
                # In a bucket of one text's variants the first row is enough.
                self._join_close(rows[:1], rows)
                self._join_close(rows, rows)
                continue
            rests = self._rests(bucket)
            parts = self._parts(rests)
            if _costly(parts):
                self._join_to_leader(rests, bucket.depth)
                parts = self._parts(rests)
            if not _costly(parts):
                self._compare(parts, bucket.depth)
            elif bucket.depth < DEEPEST:
                waiting += _finer(rests, bucket.depth)
                self._compare(self._parts(_exhausted(rests, bucket.depth)), bucket.depth)
            else:
                self._compare_neighbours(rests, bucket.depth)

    def _join_close(self, rows: NDArray[np.int64], others: NDArray[np.int64]) -> None:
        """Joins some rows with their near-duplicates among others.

        A word that one of two texts has and the other has not changes one bit at most, and
        near-duplicates of n and m words have at most (n + m) / 9 such words.
        """
        bits = np.bitwise_count(self._bitmaps[rows, None] ^ self._bitmaps[others])
        close = 9 * bits.astype(np.int32) <= self._sizes[rows, None] + self._sizes[others]
        firsts = [self._sets.first(row) for row in others.tolist()]
        close &= np.array([self._sets.first(row) for row in rows.tolist()])[:, None] != firsts
        known, words = -1, set[int]()
        for one, other in np.argwhere(close).tolist():
            row, its = int(rows[one]), int(others[other])
            if row < its and self._sets.first(row) != self._sets.first(its):
                if row != known:
                    known, words = row, set(self._documents[row])
                found = self._documents[its]
                if _similar(len(words.intersection(found)), len(words), len(found)):
                    self._sets.join(row, its)

    def _rests(self, bucket: _Bucket) -> list[_Rest]:
        rests: list[_Rest] = []
        for row in bucket.rows:
            document = self._documents[row]
            words = document[bisect_left(document, bucket.word) + 1 :]
            size, common = len(document), bucket.depth + len(words)
            rests.append((row, words, size, (9 * common - 4 * size) // 4))
        return rests

    def _parts(self, rests: Iterable[_Rest]) -> list[list[_Rest]]:
        """Returns rows by the cluster they have so far."""
        parts: dict[int, list[_Rest]] = defaultdict(list)
        for rest in rests:
            parts[self._sets.first(rest[0])].append(rest)
        return list(parts.values())

    def _join_to_leader(self, rests: Sequence[_Rest], depth: int) -> None:
        """Joins what is near one row: in a bucket of one text's variants that is enough."""
        leader = next(filter(_light, rests), None)
        if leader:
            self._join_to_near(leader, rests, depth)

    def _compare(self, parts: Iterable[Sequence[_Rest]], depth: int) -> None:
        """Joins the parts of a bucket that have near-duplicates in one another."""
        earlier: list[_Rest] = []
        light: list[_Rest] = []
        for part in parts:
            for rest in part:
                self._join_to_near(rest, earlier if _light(rest) else light, depth)
            earlier += part
            light += filter(_light, part)

    def _compare_neighbours(self, rests: Iterable[_Rest], depth: int) -> None:
        """Compares the rows of a bucket with those next to them in the order of their words."""
        ordered = sorted(rests, key=lambda rest: rest[1])
        for place, rest in enumerate(ordered):
            self._join_to_near(rest, ordered[max(0, place - NEIGHBOURS) : place], depth)

    def _join_to_near(self, rest: _Rest, others: Iterable[_Rest], depth: int) -> None:
        row, words, size, largest = rest
        known: set[int] = set()
        for other, found, its_size, its_largest in others:
            near = largest >= its_size and its_largest >= size
            if near and self._sets.first(row) != self._sets.first(other):
                known = known or set(words)
                if _similar(depth + len(known.intersection(found)), size, its_size):
                    self._sets.join(row, other)


def _light(rest: _Rest) -> bool:
    """Tells whether a text may have a near-duplicate of its own size or more.

    Of two near-duplicates the one with fewer words is such a text.
    """
    return rest[3] >= rest[2]


def _costly(parts: Sequence[Sequence[_Rest]]) -> bool:
    """Tells whether comparing the parts takes more pairs than their rows have words."""
    rows = sum(map(len, parts))
    if rows <= 2 * LEAST_WORDS:
        return False
    pairs = (rows * rows - sum(len(part) ** 2 for part in parts)) // 2
    return pairs > sum(size for part in parts for _, _, size, _ in part)


def _finer(rests: Iterable[_Rest], depth: int) -> list[_Bucket]:
    """Returns the rows of a bucket by the next word that they may have in common."""
    skips = [(size - depth - len(words), row, words, size) for row, words, size, _ in rests]
    least = min(skips)[0]
    finer: dict[int, list[int]] = defaultdict(list)
    count = 0
    for skipped, row, words, size in skips:
        # Near-duplicates of n and m words differ in (n + m) / 9, and m is at most 5 n / 4.
        if 4 * (skipped + least) <= size:
            count += 1
            for word in words[: size // 5 - skipped + 1]:
                finer[word].append(row)
    # Nobody skips a word that all have.
    last = min((word for word, rows in finer.items() if len(rows) == count), default=None)
    return [
        _Bucket(rows, word, depth + 1)
        for word, rows in finer.items()
        if len(rows) > 1 and (last is None or word <= last)
    ]


def _exhausted(rests: Iterable[_Rest], depth: int) -> Iterator[_Rest]:
    """Yields rows that may have a near-duplicate in the bucket and no further common word."""
    for rest in rests:
        size = rest[2]
        if max(LEAST_WORDS, size - size // 5) <= depth:
            yield rest


def _ranked(texts: Iterable[str]) -> list[Document]:
    numbers: dict[str, int] = {}
    documents = [
        array("I", [numbers.setdefault(word, len(numbers)) for word in words(text)])
        for text in texts
    ]
    counts = Counter(chain.from_iterable(documents))
    ranks = [0] * len(numbers)
    for rank, number in enumerate(sorted(counts, key=lambda number: (counts[number], number))):
        ranks[number] = rank
    for row, document in enumerate(documents):
        documents[row] = array("I", sorted(map(ranks.__getitem__, document)))
    return documents


def _bitmaps(documents: Sequence[Document]) -> NDArray[np.uint64]:
    """Returns for each text which bits an odd number of its words fall on."""
    bitmaps = np.zeros(len(documents), np.uint64)
    for begin in range(0, len(documents), CHUNK):
        chunk = documents[begin : begin + CHUNK]
        sizes = np.fromiter(map(len, chunk), np.int64, len(chunk))
        words = np.frombuffer(b"".join(map(bytes, chunk)), np.uint32)
        bits = np.uint64(1) << (words % BITS).astype(np.uint64)
        begins = np.cumsum(sizes) - sizes
        filled = np.flatnonzero(sizes)
        if len(filled):
            bitmaps[begin + filled] = np.bitwise_xor.reduceat(bits, begins[filled])
    return bitmaps


def _skips(document: Document) -> int:
    """Returns how many of a text's words a near-duplicate may lack: it has 4/5 of them."""
    return len(document) // 5


def _similar(common: int, size: int, other: int) -> bool:
    """Tells whether common / (size + other - common) >= 4/5, without rounding."""
    return 9 * common >= 4 * (size + other)
