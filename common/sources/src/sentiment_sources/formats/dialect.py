"""How a delimited file is written: what separates its columns and what quotes a cell."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from sentiment_common.errors import InputError
from sentiment_sources.formats.columns import clean, fold
from sentiment_sources.formats.decoding import Text
from sentiment_sources.formats.rows import (
    DOUBLED,
    ESCAPED,
    SPACED,
    UNQUOTED,
    Dialect,
    Row,
    Rows,
)

DELIMITERS = "\t;|,"
"""What may separate columns. Where two explain a file equally well the first here does: decimal
commas are frequent in files with semicolons, and semicolons in every row of another are not."""

ALONE = "\x1f"
"""Separates the columns of a file that has only one: no text has it."""

NAMES = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "none": ALONE, "\\t": "\t"}
SAMPLE_ROWS = 200
SAMPLE = 64 * 1024
"""Characters by which a dialect is told."""

LOOK = 20
"""Rows among which the header is, if there is anything above it."""

HOW = {
    DOUBLED: "are doubled inside a cell",
    ESCAPED: "are marked by a backslash",
    SPACED: "have spaces before them, which are left out",
    UNQUOTED: "are text and quote no cell",
}
EVIDENCE = 3
"""Rows with quotation marks that have to speak against quoting before it is not assumed."""


_SPACED = re.compile(' +"')


@dataclass(frozen=True)
class _Trial:
    """How a sample looks when it is read in a dialect.

    Attributes:
        found: Wanted columns that the first row names, or one shortly below it.
        even: Share of rows that are as wide as the first one; 0 if that has one column.
        rows: The rows.
    """

    dialect: Dialect
    found: int
    even: float
    rows: Sequence[Row]

    @property
    def bad(self) -> int:
        """Rows that cannot be read."""
        return sum(bool(row.problem) for row in self.rows)


def sniff(
    text: Text, usual: str, wanted: Collection[str], pins: Mapping[str, str],
    tell: Callable[[str], None],
) -> Dialect:  # fmt: skip
    r"""Returns the dialect of a file, judged by its first rows.

    The delimiter is the one under which the first row names most of the wanted columns, then the
    one under which most rows are equally wide. (``csv.Sniffer`` counts characters and knows neither
    rows nor wanted columns: it takes letters for delimiters.) Cells are quoted as RFC 4180 says,
    unless rows that cannot be read so are all readable with backslashes before quotation marks, or
    no quoted cell at all can be read so.

    Args:
        text: The file.
        usual: The delimiter of its extension.
        wanted: Names of columns.
        pins: ``delimiter`` and ``quotes`` if they are not to be guessed.
        tell: Is told a guess, in words.

    Raises:
        InputError: A pin is none.
    """
    declared = re.match('"?sep=(.)"?\r?(?:\n|$)', text.head)
    name, lines = text.content.name, _sample(text)
    given = pins.get("delimiter") or (declared[1] if declared else "")
    delimiter = parse_delimiter(given) if given else _delimiter(lines, usual, wanted)
    if not given and delimiter != usual:
        spelling = _spell(delimiter)
        read = "a single column" if delimiter == ALONE else f"columns separated by {spelling}"
        tell(f"{name}: read as {read}; pin with delimiter={spelling}")
    dialect = Dialect(delimiter, DOUBLED, skip=int(bool(declared)))
    if pins.get("quotes"):
        return replace(dialect, quotes=_parse_quotes(pins["quotes"]))
    quotes = _quotes(lines, dialect, wanted)
    if quotes != DOUBLED:
        tell(f"{name}: quotation marks {HOW[quotes]}; pin with quotes={quotes}")
    return replace(dialect, quotes=quotes)


def sample_rows(text: Text, dialect: Dialect) -> list[Row]:
    """Returns the first rows of a file, as wide as they are."""
    return list(islice(Rows([_sample(text)], {}, dialect, text.content.place), SAMPLE_ROWS))


def parse_delimiter(pin: str) -> str:
    r"""Returns the delimiter that a pin names or is, e.g. ``semicolon``, ``;`` or ``\t``.

    Raises:
        InputError: It is none.
    """
    delimiter = NAMES.get(pin.strip().casefold(), pin)
    if len(delimiter) != 1 or delimiter in '"\r\n \ufeff\0' or not delimiter.isascii():
        raise InputError(
            f"{pin!r} is no delimiter", where="delimiter", mend=f"give one of {', '.join(NAMES)}"
        )
    return delimiter


def _parse_quotes(pin: str) -> str:
    if pin not in HOW:
        raise InputError(
            f"no way to quote {pin!r}", where="quotes",
            mend=f"give {', '.join(HOW)}",
        )  # fmt: skip
    return pin


def _spell(delimiter: str) -> str:
    return next((name for name, value in NAMES.items() if value == delimiter), delimiter)


def _sample(text: Text) -> list[str]:
    # To the end of the line, for the header alone may be longer.
    end = text.head.find(text.end, SAMPLE)
    return [line + text.end for line in text.head[: end if end >= 0 else None].split(text.end)]


def _try(lines: list[str], dialect: Dialect, wanted: Collection[str]) -> _Trial:
    rows = list(islice(Rows([lines], {}, dialect, ""), SAMPLE_ROWS))
    if not rows:
        return _Trial(dialect, 0, 0.0, rows)
    folded = {fold(name) for name in wanted}
    found = max(len(folded & {fold(clean(f)) for f in row.fields}) for row in rows[:LOOK])
    width = len(rows[0].fields)
    even = sum(len(row.fields) == width for row in rows) / len(rows) if width > 1 else 0.0
    return _Trial(dialect, found, even, rows)


def _delimiter(lines: list[str], usual: str, wanted: Collection[str]) -> str:
    trials = [_try(lines, Dialect(delimiter), wanted) for delimiter in DELIMITERS]
    best = max(trials, key=lambda trial: (trial.found, trial.even))
    if best.even or best.found > min(trial.found for trial in trials):
        return best.dialect.delimiter
    # One column in the first row: either there is only one, or its name is all that the first says.
    for trial in trials:
        widths = {len(row.fields) for row in trial.rows[1:]}
        if len(trial.rows) > EVIDENCE and len(widths) == 1 and widths.pop() > 1:
            return trial.dialect.delimiter
    held = any(mark in line for line in lines for mark in DELIMITERS)
    return ALONE if held else usual


def _quotes(lines: list[str], dialect: Dialect, wanted: Collection[str]) -> str:
    doubled = _try(lines, dialect, wanted)
    if any(_SPACED.match(field) for row in doubled.rows for field in row.fields):
        spaced = _try(lines, replace(dialect, quotes=SPACED), wanted)
        if spaced.bad <= doubled.bad and spaced.even >= doubled.even:
            return SPACED
    if not doubled.bad:
        return DOUBLED
    if any('\\"' in line for line in lines):
        escaped = _try(lines, replace(dialect, quotes=ESCAPED), wanted)
        if escaped.bad == 0 and escaped.even >= doubled.even:
            return ESCAPED
    unquoted = _try(lines, replace(dialect, quotes=UNQUOTED), wanted)
    begun = sum(any(field.startswith('"') for field in row.fields) for row in unquoted.rows)
    every = begun >= EVIDENCE and doubled.bad >= begun and unquoted.even >= doubled.even
    return UNQUOTED if every else DOUBLED
