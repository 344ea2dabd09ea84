"""Which column of a file is meant by a name, and what to say where none is."""

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


def clean(name: str) -> str:
    """Returns a column's name without white space, marks and quotes around it."""
    return name.strip("\ufeff \t\r\n\"'")


def find_columns(
    content: Content,
    columns: Mapping[str, str],
    names: Sequence[str],
    tell: Callable[[str], None],
    rows: Sequence[Sequence[str]] = (),
) -> dict[str, int]:
    """Returns the position of each wanted column by role.

    A name is matched exactly, else in any case if only one column then fits.

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
    folded = [name.casefold() for name in names]
    found = {}
    for role, wanted in columns.items():
        same = names.count(wanted)
        alike = folded.count(wanted.casefold())
        if same == 1:
            found[role] = names.index(wanted)
        elif same == 0 and alike == 1:
            found[role] = folded.index(wanted.casefold())
            there = names[found[role]]
            tell(f"{content.name}: column {wanted!r} read from {there!r}; pin by naming that")
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
    fitting = [name for name in names if name.casefold() == wanted.casefold()]
    what = f"two columns {wanted!r}" if fitting else f"no column {wanted!r}"
    listing = ", ".join(repr(column) for column in names) or "none"
    likely = "" if fitting else propose(role, names, rows)
    proposal = f"; the {role} may be in {likely!r}" if likely else ""
    return InputError(what, where=content.place, mend=f"the columns are {listing}{proposal}")


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
