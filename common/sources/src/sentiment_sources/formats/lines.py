"""The lines of a text, as a stream."""

from collections.abc import Iterator
from dataclasses import dataclass

from sentiment_sources.formats.decoding import Text
from sentiment_sources.formats.files import ROW_LIMIT


class Lines:
    """The lines of a text, each with its end; iterate over it once, by line or by block.

    Next line, line separator, vertical tab and form feed are text and end no line. A Ctrl-Z at the
    end is left out. A line of more than ``ROW_LIMIT`` characters is given as a blank one.

    Attributes:
        damage: By number of a line, from 1, why it is not to be used: problem and detail. Whoever
            reads takes out what is dealt with.
    """

    def __init__(self, text: Text) -> None:
        self.damage: dict[int, tuple[str, str]] = {}
        self._text = text

    def __iter__(self) -> Iterator[str]:
        """Yields the lines."""
        for lines in self.blocks():
            yield from lines

    def blocks(self) -> Iterator[list[str]]:
        """Yields the lines, as many at once as a chunk of the text has."""
        end, number = self._text.end, 0
        for block in _blocks(self._text):
            if block.suspect or block.too_long:
                self._examine(block, number)
            number += len(block.lines)
            yield [line + end for line in block.lines]

    def _examine(self, block: "_Block", number: int) -> None:
        offset = block.offset
        for at, line in enumerate(block.lines, start=number + 1):
            problem, detail = self._text.damage(line, offset)
            if problem:
                self.damage[at] = problem, detail
            offset += self._text.size(line + self._text.end)
        if block.too_long:
            self.damage[number + 1] = "row too long", f"more than {ROW_LIMIT:,} characters"


@dataclass(frozen=True, slots=True)
class _Block:
    """Whole lines, without their ends.

    Attributes:
        suspect: Whether one of them may be damaged.
        offset: Bytes before the first.
        too_long: Whether the first has more than ``ROW_LIMIT`` characters; it is blank then.
    """

    lines: list[str]
    suspect: bool
    offset: int
    too_long: bool


def _blocks(text: Text) -> Iterator[_Block]:
    rest, offset, suspect, too_long = "", 0, False, False
    for number, chunk in enumerate(text.chunks()):
        offset = offset if number else chunk.offset
        *lines, tail = chunk.text.split(text.end)
        suspect = suspect or chunk.suspect
        if lines:
            too_long = too_long or len(rest) + len(lines[0]) > ROW_LIMIT
            lines[0] = "" if too_long else rest + lines[0]
            yield _Block(lines, suspect, offset, too_long)
            offset = chunk.offset + text.size(chunk.text) - text.size(tail)
            rest, suspect, too_long = tail, chunk.suspect, False
        elif not too_long:
            rest += tail
            if len(rest) > ROW_LIMIT:
                rest, too_long = "", True
    rest = rest.rstrip("\x1a")
    if rest or too_long:
        yield _Block([rest], suspect, offset, too_long)
