"""The chart's dashboards: which panels they have, and the course of each."""

import json
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError
from sentiment_pipelines.dashboard import promql
from sentiment_pipelines.dashboard.samples import Labels, Samples

CHOSEN = {"$job": ".*", "$model": ".*", "$experiment": ".*"}
"""What Grafana lets people choose by; here it is everything."""

LABEL = re.compile(r"\{\{(\w+)\}\}")


@dataclass
class Course:
    """One query of a panel and what it has given: a value or None for each look, by legend."""

    query: promql.Query
    legend: str
    values: dict[str, deque[float | None]] = field(default_factory=dict)

    def look(self, samples: Samples, time: float, looks: int, most: int) -> None:
        """Adds what the query gives now to the ``looks`` before, of which ``most`` are kept."""
        found = {
            self._called(labels): value
            for labels, value in promql.vector(self.query(samples, time)).items()
            if isfinite(value)
        }
        for name in found.keys() - self.values.keys():
            self.values[name] = deque([None] * min(looks, most - 1), maxlen=most)
        for name, course in self.values.items():
            course.append(found.get(name))
        self.values = {
            name: it for name, it in self.values.items() if any(v is not None for v in it)
        }

    def _called(self, labels: Labels) -> str:
        if self.legend == "__auto":
            return ", ".join(value for _, value in labels)
        given = dict(labels)
        return LABEL.sub(lambda found: given.get(found[1], ""), self.legend).strip()


@dataclass(frozen=True)
class Panel:
    """A panel: how it is drawn, and what.

    Attributes:
        drawing: What the page needs to draw it: title, help, unit, width and so on.
        courses: Its queries.
    """

    drawing: Mapping[str, Any]
    courses: tuple[Course, ...]


@dataclass(frozen=True)
class Board:
    """A dashboard: titles of rows and their panels."""

    name: str
    title: str
    about: str
    rows: tuple[tuple[str, tuple[Panel, ...]], ...]

    def panels(self) -> list[Panel]:
        """Returns all panels."""
        return [panel for _, panels in self.rows for panel in panels]


def read_board(path: Path, interval: float) -> Board:
    """Returns a dashboard of Grafana's classic JSON.

    Args:
        path: The file.
        interval: Seconds between two looks, for the range that Grafana would choose.

    Raises:
        InputError: It cannot be read.
    """
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        rows: list[tuple[str, list[Panel]]] = []
        for panel in read["panels"]:
            if panel["type"] == "row":
                rows.append((panel["title"], []))
            else:
                rows[-1][1].append(_panel(panel, interval))
        shown = tuple((title, tuple(panels)) for title, panels in rows)
        return Board(path.stem, read["title"], read["description"], shown)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"cannot be read as a dashboard: {error}", where=str(path)) from error


def _panel(panel: Mapping[str, Any], interval: float) -> Panel:
    defaults = panel["fieldConfig"]["defaults"]
    custom = defaults.get("custom", {})
    steps = defaults.get("thresholds", {}).get("steps", [])
    drawing = {
        "title": panel["title"],
        "help": panel["description"],
        "single": panel["type"] == "stat",
        "named": panel["options"].get("textMode") == "name",
        "unit": defaults.get("unit", "short"),
        "most": defaults.get("max"),
        "limit": steps[-1]["value"] if steps else None,
        "stacked": custom.get("stacking", {}).get("mode") == "normal",
        "width": panel["gridPos"]["w"],
    }
    courses = (Course(promql.query(_chosen(it["expr"], interval)), it["legendFormat"])
               for it in panel["targets"])  # fmt: skip
    return Panel(drawing, tuple(courses))


def _chosen(expression: str, interval: float) -> str:
    for name, value in CHOSEN.items():
        expression = expression.replace(name, value)
    # Grafana's own rule: four scrapes, so that one that failed leaves no gap.
    return expression.replace("$__rate_interval", f"{max(4 * interval, 30):.0f}s")
