"""Which column of a file is meant by a name, and what to say where none is."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence

from sentiment_common.errors import InputError
from sentiment_sources.content import Content

USUAL: Mapping[str, Sequence[str]] = {
    "text": (
        "text", "review", "comment", "feedback", "body", "message", "content", "verbatim",
        "answer", "description", "tweet", "post",
    ),
    "rating": ("rating", "stars", "score", "overall", "grade"),
    "label": ("label", "sentiment", "polarity", "class", "target"),
    "id": ("id", "uuid", "key", "number"),
    "group": ("group", "customer", "user", "author"),
    "source": ("source", "channel", "origin", "site"),
    "created_at": ("created", "date", "time"),
}  # fmt: skip
"""What columns are usually called, by role; the most telling names first."""

LONG = 20
"""Characters, on average, of a column that is likely text."""


LISTED = 50
"""Names of columns that a message lists."""

_AROUND = " \t\r\n\"'\xa0\ufeff\u200b\u200e\u200f\u2060"
_MARK_IN_CP1252 = "\ufeff".encode().decode("cp1252")
_FORMATTING = re.compile("[\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_NUMBERED = re.compile("column_([1-9][0-9]{0,5})")


def clean(name: str) -> str:
    """Returns a column's name without white space, marks and quotes around it."""
    return name.removeprefix(_MARK_IN_CP1252).strip(_AROUND)


def fold(name: str) -> str:
    """Returns what two names have in common that look alike: case, accents' spelling and spaces."""
    seen = unicodedata.normalize("NFKC", _FORMATTING.sub("", name)).casefold()
    return " ".join(seen.split())


def find_columns(
    content: Content,
    columns: Mapping[str, str],
    names: Sequence[str],
    tell: Callable[[str], None],
    rows: Sequence[Sequence[str]] = (),
) -> dict[str, int]:
    """Returns the position of each wanted column by role.

    A name is matched exactly, else as ``fold`` says if only one column then fits, else as
    ``column_N``: by its number, which reaches columns whose names are the same.

    Args:
        content: The file.
        columns: Column by role.
        names: The columns there are.
        tell: Is told a guess, in words.
        rows: Some rows, from which the text is proposed where its column is missing.

    Raises:
        InputError: A column is missing or ambiguous; the message lists the columns there are, and
            the likeliest.
    """
    folded = [fold(name) for name in names]
    found = {}
    for role, wanted in columns.items():
        same = names.count(wanted)
        alike = folded.count(fold(wanted))
        number = _NUMBERED.fullmatch(wanted)
        if same == 1:
            found[role] = names.index(wanted)
        elif same == 0 and alike == 1:
            found[role] = folded.index(fold(wanted))
            there = names[found[role]]
            tell(f"{content.name}: column {wanted!r} read from {there!a}; pin by naming that")
        elif not (same or alike) and number and int(number[1]) <= len(names):
            found[role] = int(number[1]) - 1
        else:
            raise missing_column(content, role, wanted, names, rows)
    return found


def missing_column(
    content: Content, role: str, wanted: str, names: Sequence[str],
    rows: Sequence[Sequence[str]] = (),
) -> InputError:  # fmt: skip
    """Returns the error for a column that is not there, or there twice.

    Args:
        content: The file.
        role: What the column is for.
        wanted: Its name.
        names: The columns there are.
        rows: Some rows, by which the likeliest is proposed.
    """
    fitting = [at for at, name in enumerate(names, start=1) if fold(name) == fold(wanted)]
    double = len(fitting) > 1
    what = f"two columns {wanted!r}" if double else f"no column {wanted!r}"
    shown = [repr(column) for column in names[:LISTED]]
    more = f" and {len(names) - LISTED:,} more" if len(names) > LISTED else ""
    hint = ""
    if double:
        hint = f"; name one by its number: {', '.join(f'column_{at}' for at in fitting)}"
    elif len(names) == 1 and fold(wanted) in fold(names[0]) != fold(wanted):
        hint = (
            "; each row is a single cell: pin the delimiter, or take off quotes around whole rows"
        )
    elif likely := propose(role, names, rows):
        hint = f"; the {role} may be in {likely!r}"
    listing = (", ".join(shown) or "none") + more + hint
    return InputError(what, where=content.place, mend=f"the columns are {listing}")


def propose(role: str, names: Sequence[str], rows: Sequence[Sequence[str]] = ()) -> str:
    """Returns the column that likely has what a role needs; empty if none stands out."""
    for word in USUAL.get(role, ()):
        fitting = [name for name in names if word in name.casefold()]
        if len(fitting) == 1:
            return fitting[0]
    if role != "text" or not rows:
        return ""
    lengths = [_mean_length(row[at] for row in rows if at < len(row)) for at in range(len(names))]
    longest = max(lengths, default=0)
    return names[lengths.index(longest)] if longest >= LONG else ""


def _mean_length(cells: Iterable[str]) -> float:
    lengths = [len(cell) for cell in cells]
    return sum(lengths) / len(lengths) if lengths else 0
