"""Slices: a model may be better on the whole and worse on one kind of text.

``SLICINGS`` declares what the rows are cut by; another line there is another kind of slice.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sentiment_evaluate.examples import Split, words
from sentiment_evaluate.metrics import Floats
from sentiment_evaluate.resampling import Bootstrap, Figures
from sentiment_models import LABELS

GATING_ROWS = 100
"""A slice with fewer rows is reported, but its figures are too uncertain to decide on."""

LEAST_ROWS = 20
"""Figures of fewer rows than this say nothing at all."""

MOST_SLICES = 20
"""Only the largest slices of a kind are measured: a column of product names is no slicing."""

SHORT, LONG = 8, 24
MANY_RARE = 0.2
NEGATION = re.compile(
    r"(?i)\b(?:not|no|never|none|nobody|nothing|nowhere|neither|nor|without|hardly|barely|cannot)\b"
    r"|n['\u2019]t\b"
)
EMOJI = re.compile(
    "[\u2600-\u27bf\u2b50-\u2b55\U0001f000-\U0001faff]"
    r"|(?<!\w)[:;=8][-o']?[)(\]\[dDpP/\\|*]|<3(?!\d)"
)
CAPITALS = re.compile(r"\b[A-Z]{3,}\b")

Names = NDArray[np.str_]


@dataclass(frozen=True)
class Slice:
    """One model's figures on rows that have something in common.

    Attributes:
        name: What they have in common, e.g. ``source=amazon`` or ``length=short``.
        rows: Number of rows.
        gating: Whether they are enough for the gate to look at.
        figures: The model's figures on these rows.
        labels: Rows per true label.
    """

    name: str
    rows: int
    gating: bool
    figures: Figures
    labels: Mapping[str, int]


@dataclass(frozen=True)
class Known:
    """What the slicings need to know beside the rows.

    Attributes:
        words: Words of the train split; none where nobody asked for them.
    """

    words: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True)
class Slicing:
    """One way to cut the rows.

    Attributes:
        name: The first half of its slices' names.
        meaning: What it says of a row, for the report.
        values: Gives each row its slice; an empty string is none. None where the rows do not say.
        order: In which order its slices are shown, others after these by name; None: the largest
            first.
    """

    name: str
    meaning: str
    values: Callable[[Split, Known], Names | None]
    order: tuple[str, ...] | None = None


def _length(split: Split, known: Known) -> Names:
    counts = np.array([len(text.split()) for text in split.texts])
    return np.select([counts <= SHORT, counts <= LONG], ["short", "medium"], "long")


def _matches(pattern: re.Pattern[str]) -> Callable[[Split, Known], Names]:
    def values(split: Split, known: Known) -> Names:
        return np.array(["yes" if pattern.search(text) else "no" for text in split.texts])

    return values


def _rare_words(split: Split, known: Known) -> Names | None:
    if not known.words:
        return None
    shares = np.array([_unknown_share(text, known.words) for text in split.texts])
    return np.select([shares == 0, shares < MANY_RARE], ["none", "some"], "many")


def _unknown_share(text: str, known: frozenset[str]) -> float:
    found = words(text)
    return sum(word not in known for word in found) / max(len(found), 1)


def _rating(split: Split, known: Known) -> Names | None:
    """Tells by how much of its scale a rating is away from the middle: a third, two, or more."""
    if split.ratings is None:
        return None
    lowest, highest = np.nanmin(split.ratings), np.nanmax(split.ratings)
    # A scale with negative ratings has its middle at 0; stars have it between the first and last.
    middle = 0.0 if lowest < 0 else (lowest + highest) / 2
    reach = max(highest - middle, middle - lowest)
    strength = np.abs(split.ratings - middle) / (reach or 1.0)
    names = np.select([strength <= 1 / 3, strength <= 2 / 3], ["weak", "moderate"], "strong")
    return np.where(np.isnan(strength), "", names)


def _time(split: Split, known: Known) -> Names | None:
    """Cuts by year, or by month where all rows are of one year."""
    if split.created is None:
        return None
    years = split.created.astype("U4")
    return years if len(set(years.tolist()) - {""}) > 1 else split.created.astype("U7")


SLICINGS = (
    Slicing("source", "where the text comes from", lambda split, known: split.sources),
    Slicing("length", f"up to {SHORT} words, up to {LONG}, more", _length,
            ("short", "medium", "long")),
    Slicing("negation", "not, never, n't and the like", _matches(NEGATION), ()),
    Slicing("emoji", "an emoji or emoticon", _matches(EMOJI), ()),
    Slicing("question", "a question mark", _matches(re.compile(r"\?")), ()),
    Slicing("capitals", "a word of three or more capitals", _matches(CAPITALS), ()),
    Slicing("rare_words", f"no word new to the train split, under {MANY_RARE:.0%}, more",
            _rare_words, ("none", "some", "many")),
    Slicing("rating", "how far from the middle of its scale", _rating,
            ("weak", "moderate", "strong")),
    Slicing("time", "year or month", _time, ()),
)  # fmt: skip


@dataclass(frozen=True)
class Cut:
    """The rows of one slice: ``name`` and their positions, ascending."""

    name: str
    rows: NDArray[np.int64]


def cuts(split: Split, known: Known, slicings: Sequence[Slicing] = SLICINGS) -> list[Cut]:
    """Cuts the rows in every way that makes a difference.

    Args:
        split: The rows.
        known: What the slicings need beside them.
        slicings: The ways to cut.
    """
    return [cut for slicing in slicings for cut in _cuts(split, known, slicing)]


def _cuts(split: Split, known: Known, slicing: Slicing) -> Iterator[Cut]:
    values = slicing.values(split, known)
    if values is None:
        return
    names, counts = np.unique(values, return_counts=True)
    sizes = sorted(zip((-counts).tolist(), names.tolist(), strict=True))
    if len(sizes) < 2:  # all the rows together say nothing new
        return
    kept = [name for size, name in sizes[:MOST_SLICES] if name and -size >= LEAST_ROWS]
    if slicing.order is not None:
        places = {name: place for place, name in enumerate(slicing.order)}
        kept.sort(key=lambda name: (places.get(name, len(places)), name))
    for name in kept:
        yield Cut(f"{slicing.name}={name}", np.flatnonzero(values == name))


def measure(
    split: Split, given: Sequence[Cut], probabilities: Floats, bootstrap: Bootstrap,
    least_rows: int = GATING_ROWS,
) -> list[Slice]:  # fmt: skip
    """Measures a model on each slice; figures that need ranks are left out.

    Args:
        split: The rows.
        given: The slices.
        probabilities: The model's probabilities for all rows, [n, 3].
        bootstrap: How to resample the rows of a slice.
        least_rows: From how many rows on the gate looks at a slice.
    """
    result = []
    for cut in given:
        truth, groups = split.truth[cut.rows], split.groups[cut.rows]
        figures = bootstrap.measure(truth, probabilities[cut.rows], groups, ranked=False)
        counts = np.bincount(truth, minlength=len(LABELS)).tolist()
        labels = dict(zip(LABELS, counts, strict=True))
        rows = len(cut.rows)
        result.append(Slice(cut.name, rows, rows >= least_rows, figures, labels))
    return result


def by_source(
    split: Split, probabilities: Floats, bootstrap: Bootstrap, least_rows: int = GATING_ROWS
) -> list[Slice]:
    """Measures a model on each source, even on a single one."""
    given = [
        Cut(f"source={name}", np.flatnonzero(split.sources == name))
        for name in sorted(set(split.sources.tolist()))
    ]
    return measure(split, given, probabilities, bootstrap, least_rows)
