"""Rows that a person should look at, as a table for a spreadsheet."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sentiment_explore.evidence import Doubted
from sentiment_explore.label_noise import CrossFitted
from sentiment_explore.reading import LABELS, SPLITS, Integers, Rows, excerpt

DOUBTFUL, HARD = "doubtful label", "between two labels"
COLUMNS = (
    "reason", "label", "self_confidence", "other_label", "probability", "rating", "split", "source",
    "id", "text",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula, in full width as well."""


CELL = 32_000
"""Characters of a cell; a spreadsheet cuts it at 32,767."""


@dataclass(frozen=True)
class Suspect:
    """A row to look at.

    Attributes:
        reason: ``DOUBTFUL`` or ``HARD``.
        label: As it is given.
        self_confidence: Probability of the given label.
        other_label: The likeliest of the other labels.
        probability: Its probability.
        rating: The rating behind the label, if there is one.
        split: The split it is in.
        source: Where it is from.
        id: Its id.
        text: As it is stored.
    """

    reason: str
    label: str
    self_confidence: float
    other_label: str
    probability: float
    rating: float | None
    split: str
    source: str
    id: str
    text: str


def describe(rows: Rows, doubted: Doubted, chosen: Integers, reason: str) -> list[Suspect]:
    """Describes rows by their places within the sample that was doubted."""
    if not isinstance(doubted.fitted, CrossFitted):
        return []
    places = doubted.sample[chosen]
    described = []
    for at, place, id_, text in zip(
        chosen, places, rows.ids_at(places), rows.texts_at(places), strict=True
    ):
        probability = doubted.fitted.probabilities[at]
        given = int(rows.labels[place])
        other = max(set(range(len(LABELS))) - {given}, key=lambda it: (probability[it], -it))
        rating = float(rows.ratings[place])
        described.append(Suspect(
            reason, LABELS[given], float(probability[given]), LABELS[other],
            float(probability[other]),
            None if np.isnan(rating) else rating, SPLITS[rows.splits[place]],
            rows.source_names[rows.sources[place]], id_, text,
        ))  # fmt: skip
    return described


def write(path: Path, listed: Sequence[Suspect]) -> None:
    """Writes the rows as CSV in UTF-8 with a byte order mark, which spreadsheets need.

    A cell that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
        writer.writerow(COLUMNS)
        for it in listed:
            writer.writerow([harmless(getattr(it, name)) for name in COLUMNS])


def harmless(value: object) -> str:
    """Returns a value as a cell that no spreadsheet runs."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    text = excerpt(str(value).replace("\0", " "), CELL)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text
