"""Ratings: how numbers of stars are spelt, and which of them are good."""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sentiment_common.errors import InputError
from sentiment_ingest.labels import NEGATIVE, NEUTRAL, POSITIVE

FULL_STARS, EMPTY_STARS = "★⭐🌟✭", "☆✩"
STARS = re.compile(f"([{FULL_STARS}]*)(½?)([{EMPTY_STARS}]*)")
SPELT = re.compile(
    r"([+-]?\d+(?:\.\d+|,\d{1,2})?)"  # a comma before three digits may be one of thousands
    r"(?: ?(?:/|out of|of|von|sur|de|su|av|van) ?(\d+)(?:[.,]0+)?)?"
    rf" ?(?:stars?|sterne?n?|sterren|étoiles?|estrellas?|stell[ae]|estrelas?|[{FULL_STARS}])?",
    re.I,
)


@dataclass(frozen=True)
class Thresholds:
    """Ratings up to ``negative_to`` are negative, from ``positive_from`` positive, else neutral."""

    negative_to: float
    positive_from: float

    def label(self, rating: float) -> str:
        """Returns the label of a rating."""
        if rating <= self.negative_to:
            return NEGATIVE
        return POSITIVE if rating >= self.positive_from else NEUTRAL


FIVE_STARS = Thresholds(2, 4)


def parse_thresholds(text: str, where: str = "--rating-thresholds") -> Thresholds | None:
    """Reads ``NEGATIVE_TO,POSITIVE_FROM``; None if nothing is given.

    Raises:
        InputError: Not two numbers, or not in ascending order.
    """
    if not text.strip():
        return None
    try:
        negative_to, positive_from = (float(part) for part in text.split(","))
        in_order = negative_to < positive_from
    except ValueError:
        in_order = False
    if not in_order:
        raise InputError(
            f"{text!r} is not two ascending numbers",
            where=where,
            mend="give the highest negative and the lowest positive rating, e.g. 2,4",
        )
    return Thresholds(negative_to, positive_from)


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating, and the highest that there could be if it says so (``4/5``)."""

    value: float
    scale: int | None = None


def parse_rating(value: Any) -> Rating | None:
    """Returns a rating, or None if it is none.

    It is a finite number, and as text one of ``4``, ``4.5``, ``4,5``, ``4/5``, ``4 out of 5``,
    ``4 stars``, ``4,0 von 5 Sternen`` (and so in other languages), ``★★★★☆``.
    """
    if isinstance(value, str):
        return _spelt(value.strip())
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return Rating(number) if math.isfinite(number) else None


@lru_cache(maxsize=1024)
def _spelt(text: str) -> Rating | None:
    if stars := STARS.fullmatch(text):
        full, half, empty = stars.groups()
        count = len(full) + len(half) / 2
        return Rating(count, math.ceil(count) + len(empty) if empty else None) if count else None
    if spelt := SPELT.fullmatch(text):
        number = float(spelt[1].replace(",", "."))
        scale = int(spelt[2]) if spelt[2] and len(spelt[2]) < 6 else None
        beyond = not math.isfinite(number) or (scale is not None and number > scale)
        return None if beyond else Rating(number, scale)
    try:
        number = float(text)
    except ValueError:
        return None
    return Rating(number) if math.isfinite(number) else None


@dataclass
class RatingRange:
    """What the ratings of a source have been so far."""

    low: float = math.inf
    high: float = -math.inf
    scales: set[int] = field(default_factory=set)

    def add(self, rating: Rating) -> None:
        """Takes note of a rating."""
        self.low, self.high = min(self.low, rating.value), max(self.high, rating.value)
        if rating.scale is not None:
            self.scales.add(rating.scale)

    def check(self, column: str) -> None:
        """Checks that the ratings are on one scale.

        Raises:
            InputError: Some are out of one number and some out of another.
        """
        if len(self.scales) > 1:
            raise InputError(
                f"ratings out of {_listed(self.scales)} in one column",
                where=f"column {column!r}",
                mend="bring them to one scale, or read them as several sources",
            )

    def thresholds(self, column: str) -> Thresholds:
        """Returns the thresholds of five-star ratings if that is what the ratings are.

        Raises:
            InputError: They are on another scale, or one lies outside 1..5: nobody knows what it
                means.
        """
        mend = "give --rating-thresholds=NEGATIVE_TO,POSITIVE_FROM"
        if self.scales - {5}:
            raise InputError(
                f"ratings out of {_listed(self.scales)}, not out of 5",
                where=f"column {column!r}", mend=mend,
            )  # fmt: skip
        if self.low <= self.high and not (self.low >= 1 and self.high <= 5):
            classes = self.low in (-1, 0) and self.high == 1
            raise InputError(
                f"ratings run from {self.low:g} to {self.high:g}, not from 1 to 5",
                where=f"column {column!r}",
                mend=f"for classes give --label-column {column} and --labels" if classes else mend,
            )
        return FIVE_STARS


def _listed(scales: Collection[int]) -> str:
    return " and out of ".join(map(str, sorted(scales)))
