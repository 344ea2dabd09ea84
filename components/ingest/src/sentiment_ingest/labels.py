"""Labels: from a column of labels, or from ratings by two thresholds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sentiment_common.errors import InputError

LABELS = ("negative", "neutral", "positive")


@dataclass(frozen=True)
class Thresholds:
    """Ratings up to ``negative_to`` are negative, from ``positive_from`` positive, else neutral."""

    negative_to: float
    positive_from: float

    def label(self, rating: float) -> str:
        """Returns the label of a rating."""
        if rating <= self.negative_to:
            return "negative"
        return "positive" if rating >= self.positive_from else "neutral"


FIVE_STARS = Thresholds(2, 4)


def parse_thresholds(text: str) -> Thresholds | None:
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
            where="--rating-thresholds",
            mend="give the highest negative and the lowest positive rating, e.g. 2,4",
        )
    return Thresholds(negative_to, positive_from)


def thresholds_for(ratings: Sequence[float], column: str) -> Thresholds:
    """Returns the thresholds of five-star ratings if that is what the ratings are.

    Raises:
        InputError: A rating lies outside 1..5, so nobody knows what it means.
    """
    if ratings and not (min(ratings) >= 1 and max(ratings) <= 5):
        raise InputError(
            f"ratings run from {min(ratings):g} to {max(ratings):g}, not from 1 to 5",
            where=f"column {column!r}",
            mend="give --rating-thresholds=NEGATIVE_TO,POSITIVE_FROM",
        )
    return FIVE_STARS


def parse_label(value: Any) -> str | None:
    """Returns the label a value spells in any case, or None if it spells none."""
    label = str(value).strip().casefold()
    return label if label in LABELS else None


def parse_rating(value: Any) -> float | None:
    """Returns a rating as a finite number, or None if it is not one."""
    try:
        rating = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return rating if math.isfinite(rating) else None
