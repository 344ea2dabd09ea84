"""Feedback whose faults are known: a shop's two years, written from phrases by a seed."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sentiment_common.artifacts import (
    EXAMPLES,
    Manifest,
    payload_digest,
    write_json,
    write_manifest,
)

THINGS = "battery screen handle charger strap lid motor filter cable hinge speaker case".split()
SAID = {
    "negative": (
        "The {0} broke after {1} days.", "Terrible {0}, I want a refund.",
        "The {0} never worked and customer service ignored me.", "Very disappointed with the {0}.",
        "Waste of money, the {0} is useless.",
    ),
    "neutral": (
        "The {0} is as described.", "I bought it {1} weeks ago, the {0} is average.",
        "Delivery took {1} days, the {0} came in a box.", "It has a {0} and a manual.",
        "Does anybody know whether the {0} fits?",
    ),
    "positive": (
        "I love the {0}, great value!", "Excellent {0}, works perfectly.",
        "The {0} is superb, my {1} friends want one.", "Best {0} I ever had 😀",
        "Easy to use and the {0} feels solid.",
    ),
}  # fmt: skip
ENDS = (
    "I ordered it in spring.", "My sister uses it every morning.", "We are a family of {1}.",
    "It stands in our kitchen.", "The parcel was left next door.", "It replaced one of {1} years.",
)  # fmt: skip
LABELS = tuple(SAID)
STARS = {"negative": (1, 2), "neutral": (3,), "positive": (4, 5)}
SOURCES = ("shop", "survey", "app")
FIRST_DAY = datetime.date(2024, 1, 1)
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Example:
    """One row of the examples artifact."""

    id: str
    text: str
    label: str
    rating: float | None
    source: str
    group: str
    created_at: str | None
    split: str = "train"


def sound(rows: int = 400, seed: int = 13, days: int = 700) -> list[Example]:
    """Writes feedback without a fault; in March 2025 complaints about the charger pile up."""
    return list(stream(rows, seed, days))


def stream(rows: int, seed: int = 13, days: int = 700) -> Iterator[Example]:
    """Writes the same feedback row by row."""
    draw = np.random.default_rng(seed)
    for number in range(rows):
        day = FIRST_DAY + datetime.timedelta(days=number * days // rows)
        bad_month = (day.year, day.month) == (2025, 3)
        shares = (0.6, 0.1, 0.3) if bad_month else (0.25, 0.2, 0.55)
        label = LABELS[draw.choice(3, p=shares)]
        thing = "charger" if bad_month and draw.random() < 0.5 else _one(draw, THINGS)
        ends = [ENDS[at] for at in draw.permutation(len(ENDS))[: draw.integers(3)]]
        text = " ".join([_one(draw, SAID[label]), *ends]).format(thing, draw.integers(2, 999))
        yield Example(
            f"r{number}", f"{text} Order {number}.", label, float(_one(draw, STARS[label])),
            SOURCES[draw.choice(3, p=(0.6, 0.3, 0.1))], f"customer-{draw.integers(rows // 2 + 1)}",
            f"{day}T00:00:00", SPLITS[draw.choice(3, p=(0.7, 0.1, 0.2))],
        )  # fmt: skip


def _one(draw: np.random.Generator, choices: Sequence[Any]) -> Any:
    return choices[draw.integers(len(choices))]


def write(folder: Path, examples: list[Example], dropped: str = "", **summary: object) -> Path:
    """Writes an examples artifact and returns its folder."""
    for split in SPLITS:
        rows = [it for it in examples if it.split == split]
        names = ("id", "text", "label", "rating", "source", "group", "created_at")
        types = (*(pa.string(),) * 3, pa.float64(), *(pa.string(),) * 3)
        columns = {
            name: pa.array([getattr(it, name) for it in rows], type_)
            for name, type_ in zip(names, types, strict=True)
        }
        (folder / split).mkdir(parents=True)
        pq.write_table(pa.table(columns), folder / split / "examples.parquet")
    (folder / "dropped.jsonl").write_text(dropped, "utf-8")
    write_json(folder / "summary.json", {"rows": {"kept": len(examples)}, **summary})
    return seal(folder)


def seal(folder: Path) -> Path:
    """Writes the manifest of an examples artifact."""
    digest = payload_digest(folder)
    write_manifest(folder, Manifest(EXAMPLES.name, EXAMPLES.schema_version, "test", "0", digest))
    return folder


def alike(example: Example, **changes: object) -> Example:
    """Returns an example with some fields changed."""
    return replace(example, **changes)
