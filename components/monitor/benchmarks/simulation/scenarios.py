"""What changes, and when."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from sentiment_models.bundle import LABELS
from sentiment_monitor.window import Array
from simulation.pool import OWN, Pool

DAYS = 7
WEEKEND = (5, 6)
SLOW_WINDOWS = 60


@dataclass(frozen=True)
class Scenario:
    """How windows are drawn.

    Attributes:
        name: What the table calls it.
        sources: By number of windows since the onset, from 0, the share of each source; what is
            left is drawn from the texts that stand for no drift.
        labels: Share of each true label among these; empty: as they come.
        weekdays: By weekday the share of tweets among these; empty: as they come.
        meaning: Share of texts whose true label is another one than before.
        windows: From the onset on.
    """

    name: str
    sources: Callable[[int], Mapping[str, float]] = lambda _: {}
    labels: Mapping[str, float] | None = None
    weekdays: Mapping[int, float] | None = None
    meaning: float = 0.0
    windows: int = 10


def steady(source: str, share: float) -> Callable[[int], Mapping[str, float]]:
    """Returns a source whose share stays."""
    return lambda _: {source: share}


def rising(source: str, share: float, windows: int) -> Callable[[int], Mapping[str, float]]:
    """Returns a source whose share rises evenly."""
    return lambda number: {source: share * min(1.0, (number + 1) / windows)}


def shares(negative: float, neutral: float, positive: float) -> Mapping[str, float]:
    """Returns shares of the labels."""
    return dict(zip(LABELS, (negative, neutral, positive), strict=True))


SCENARIOS = (
    Scenario("domain: 10% film reviews", steady("movies", 0.1)),
    Scenario("domain: 30% film reviews", steady("movies", 0.3)),
    Scenario("domain: 100% film reviews", steady("movies", 1.0)),
    Scenario("domain: 100% editorials", steady("editorials", 1.0)),
    Scenario("labels: negative 29% to 45%", labels=shares(0.45, 0.15, 0.4)),
    Scenario("labels: negative 29% to 60%", labels=shares(0.6, 0.1, 0.3)),
    Scenario("new product in 3% of texts", steady("product", 0.03)),
    Scenario("new product in 15% of texts", steady("product", 0.15)),
    Scenario("garbled: 3% of texts", steady("garbled", 0.03)),
    Scenario("garbled: 15% of texts", steady("garbled", 0.15)),
    Scenario("meaning: 10% of texts", meaning=0.1),
    Scenario("meaning: 25% of texts", meaning=0.25),
)
SLOW = Scenario(
    "slow: 1% more film reviews a window", rising("movies", 0.6, SLOW_WINDOWS), windows=SLOW_WINDOWS
)
CALM = Scenario("no drift")
SEASON = Scenario(
    "season: tweets 65% on weekdays, 20% at the weekend",
    weekdays={day: 0.2 if day in WEEKEND else 0.65 for day in range(DAYS)}, windows=6 * DAYS,
)  # fmt: skip


def draw(
    pool: Pool,
    own: Array,
    scenario: Scenario,
    since: int,
    rows: int,
    generator: np.random.Generator,
) -> Array:
    """Draws the rows of a window; no text comes twice while there are enough.

    Args:
        pool: What is drawn from.
        own: Rows that stand for no drift.
        scenario: What changes.
        since: Windows since the onset; before it below 0.
        rows: How many to draw.
        generator: For chance.
    """
    shares = scenario.sources(since) if since >= 0 else {}
    counts = {source: int(generator.binomial(rows, share)) for source, share in shares.items()}
    parts = [
        _some(np.flatnonzero(pool.source == source), count, generator)
        for source, count in counts.items()
    ]
    left = rows - sum(counts.values())
    by = _weights(pool, own, scenario, since)
    for candidates, share in by:
        left_here = round(share * left)
        parts.append(_some(candidates, left_here, generator))
    return np.concatenate(parts)


def _weights(pool: Pool, own: Array, scenario: Scenario, since: int) -> list[tuple[Array, float]]:
    if scenario.labels and since >= 0:
        return [
            (own[pool.label[own] == number], scenario.labels[label])
            for number, label in enumerate(LABELS)
        ]
    if scenario.weekdays:
        tweets = scenario.weekdays[since % DAYS]
        return [
            (own[pool.source[own] == source], share)
            for source, share in zip(OWN, (1 - tweets, tweets), strict=True)
        ]
    return [(own, 1.0)]


def _some(candidates: Array, count: int, generator: np.random.Generator) -> Array:
    return np.asarray(generator.choice(candidates, count, replace=count > len(candidates)))
