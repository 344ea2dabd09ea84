"""A sample of what comes, of a fixed size whatever comes."""

import math
import random
from collections.abc import Sequence

NEVER = 1 << 62


class Sample:
    """So many of the texts offered since the last ``take``, each as probable as any other.

    It is a reservoir that knows the number of its next text beforehand (algorithm L, Li 1994, ACM
    TOMS 20): all texts before that cost one comparison a request, not one a text.

    Args:
        size: Texts that are kept.
        characters: Of a text so many are kept, and its length.
        random: Where chance comes from.
    """

    def __init__(self, size: int, characters: int, random: random.Random) -> None:
        self._size, self._characters, self._random = size, characters, random
        self._begin()

    def offer(self, texts: Sequence[str]) -> None:
        """Takes some of the texts in, and perhaps others out."""
        before = self.offered
        self.offered += len(texts)
        if len(self._kept) < self._size:
            room = self._size - len(self._kept)
            self._kept += map(self._cut, texts[:room])
            if len(self._kept) == self._size:
                self._next = self._size - 1
                self._skip()
        while self._next < self.offered:
            place = self._random.randrange(self._size)
            self._kept[place] = self._cut(texts[self._next - before])
            self._skip()

    def take(self) -> tuple[list[tuple[str, int]], int]:
        """Returns beginning and length of the texts of the sample, and how many were offered."""
        taken = self._kept, self.offered
        self._begin()
        return taken

    def _begin(self) -> None:
        self._kept: list[tuple[str, int]] = []
        self.offered, self._weight = 0, 1.0
        self._next = NEVER

    def _skip(self) -> None:
        self._weight *= math.exp(math.log(1 - self._random.random()) / self._size)
        draw = math.log(1 - self._random.random())
        self._next += math.floor(draw / math.log1p(-self._weight)) + 1

    def _cut(self, text: str) -> tuple[str, int]:
        return text[: self._characters], len(text)
