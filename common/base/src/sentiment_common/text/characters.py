"""The frozen character table: what each code point becomes before any rule sees it.

The table is data of this project (``unicode-14.tsv``), not a question to whatever Unicode version
an engine was built with. ``generate()`` made it, from Python 3.11's ``unicodedata``.
"""

import sys
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

TABLE = "unicode-14.tsv"
# With the C1 controls that quotes and dashes of Windows-1252 become in text read as Latin-1.
QUOTES = dict.fromkeys(map(ord, "‘’‚‛′`´ʼʹ\x91\x92"), "'") | dict.fromkeys(
    map(ord, "“”„‟″«»\x93\x94"), '"'
)
PUNCTUATION = QUOTES | dict.fromkeys(map(ord, "‐‑‒–—―−\x96\x97"), "-")
# Soft hyphen, joiners and marks of direction, variation selectors, keycaps and skin tones.
IGNORED = (
    0xAD, 0x61C, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0x20E3,
    0xFEFF, *range(0xFE00, 0xFE10), *range(0x1F3FB, 0x1F400),
)  # fmt: skip
COMBINING = range(0x300, 0x370)
EMOJI = (range(0x2600, 0x27C0), range(0x2B50, 0x2B56), range(0x1F000, 0x1FB00))


@dataclass(frozen=True)
class CharacterTable:
    """Code points that stay, and code points that become something else; all others are spaces.

    Attributes:
        kept: Inclusive ranges of code points that stay as they are, ascending.
        folded: Character to the text it becomes.
    """

    kept: tuple[tuple[int, int], ...]
    folded: dict[str, str]

    @classmethod
    def frozen(cls) -> "CharacterTable":
        """Returns the table this project ships."""
        return cls.from_text(files(__package__).joinpath(TABLE).read_text(encoding="utf-8"))

    @classmethod
    def from_text(cls, text: str) -> "CharacterTable":
        """Parses lines of ``first-last`` (kept) and ``codepoint<TAB>code points`` (folded)."""
        kept, folded = [], {}
        for line in filter(None, text.split("\n")):
            if "\t" in line:
                source, target = line.split("\t")
                folded[chr(int(source, 16))] = "".join(chr(int(c, 16)) for c in target.split())
            else:
                first, last = line.split("-")
                kept.append((int(first, 16), int(last, 16)))
        return cls(tuple(kept), folded)

    def to_text(self) -> str:
        """Returns the table as text, the inverse of ``from_text``."""
        kept = (f"{first:X}-{last:X}\n" for first, last in self.kept)
        folded = (
            f"{ord(source):X}\t{' '.join(f'{ord(c):X}' for c in target)}\n"
            for source, target in sorted(self.folded.items())
        )
        return "".join([*kept, *folded])

    @cached_property
    def known(self) -> tuple[tuple[int, int], ...]:
        """Inclusive ranges of all code points that do not become a space, ascending."""
        points = [point for first, last in self.kept for point in range(first, last + 1)]
        return tuple(_ranges(sorted([*points, *map(ord, self.folded)])))

    @cached_property
    def translation(self) -> "_Translation":
        """The table for ``str.translate``."""
        return _Translation(self)


class _Translation(dict[int, str]):
    """Looks a kept code point up once and remembers it: texts use few of the 140,000."""

    def __init__(self, table: CharacterTable) -> None:
        super().__init__({ord(source): target for source, target in table.folded.items()})
        self._firsts = [first for first, _ in table.kept]
        self._lasts = [last for _, last in table.kept]

    def __missing__(self, point: int) -> str:
        before = bisect_right(self._firsts, point) - 1
        if before < 0 or point > self._lasts[before]:
            return " "
        return self.setdefault(point, chr(point))


def generate() -> CharacterTable:
    """Builds the table from the running Python's ``unicodedata``.

    Letters, digits, marks other than Latin accents, ASCII punctuation and emoji are known. Each
    becomes its NFKC case folding without combining accents (Unicode Standard Annex 15 and
    chapter 5.18); typographic quotes and dashes become ASCII.
    """
    kept, folded = [], {}
    for point in range(sys.maxunicode + 1):
        character = chr(point)
        target = _fold(point)
        if target is None or target == " ":
            continue
        if target == character:
            kept.append(point)
        else:
            folded[character] = target
    return CharacterTable(tuple(_ranges(kept)), folded)


def _fold(point: int) -> str | None:
    """Returns what a code point becomes, or None where it is outside the table."""
    if point in PUNCTUATION:
        return PUNCTUATION[point]
    if point in IGNORED or point in COMBINING:
        return ""
    if any(point in emoji for emoji in EMOJI) or 0x21 <= point <= 0x2F or 0x5B <= point <= 0x60:
        return chr(point)
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", chr(point)).casefold())
    folded = "".join(c for c in folded if ord(c) not in COMBINING)
    folded = unicodedata.normalize("NFC", folded).translate(PUNCTUATION)
    return folded if folded and all(map(_is_known, folded)) else None


def _is_known(character: str) -> bool:
    if character.isascii():
        return character.isprintable() and character != " "
    return unicodedata.category(character)[0] in "LNM"


def _ranges(points: Iterable[int]) -> Iterator[tuple[int, int]]:
    first = last = None
    for point in points:
        if last is not None and point == last + 1:
            last = point
            continue
        if first is not None and last is not None:
            yield first, last
        first = last = point
    if first is not None and last is not None:
        yield first, last


if __name__ == "__main__":  # python -m sentiment_common.text.characters > unicode-14.tsv
    sys.stdout.write(generate().to_text())
