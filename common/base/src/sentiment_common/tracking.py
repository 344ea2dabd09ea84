"""``tracking.jsonl``: what a stage would tell an experiment tracker, told without one.

A stage writes parameters, metrics by step and trials as JSON lines beside its artifact. Whoever ran
the stage writes them to MLflow: the backend where it is the single writer, the stage's own command
line elsewhere.
"""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sentiment_common.artifacts import TRACKING


@dataclass
class TrackingLog:
    """Collects tracking events in memory until the stage's artifacts are written.

    Attributes:
        events: The events so far, each a JSON-ready mapping.
    """

    events: list[dict[str, Any]] = field(default_factory=list)

    def parameters(self, values: Mapping[str, Any]) -> None:
        """Records the parameters the stage ran with."""
        self.events.append({"event": "parameters", "values": dict(values)})

    def metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        """Records metrics, e.g. of an epoch (step = epoch) or of the whole stage (step 0)."""
        self.events.append(
            {"event": "metrics", "values": dict(values), "step": step, "time": time.time()}
        )

    def trial(self, parameters: Mapping[str, Any], metrics: Mapping[str, float]) -> None:
        """Records one trial of a hyperparameter search."""
        self.events.append(
            {"event": "trial", "parameters": dict(parameters), "metrics": dict(metrics)}
        )

    def write(self, folder: Path) -> None:
        """Writes the events into an artifact's folder."""
        lines = [json.dumps(event, ensure_ascii=False, sort_keys=True) for event in self.events]
        text = "".join(line + "\n" for line in lines)
        (folder / TRACKING).write_text(text, encoding="utf-8", newline="\n")


def read_events(folder: Path) -> Iterator[dict[str, Any]]:
    """Yields the events recorded in an artifact's folder; none if it has no tracking file."""
    path = folder / TRACKING
    if path.is_file():
        for line in path.read_text(encoding="utf-8").split("\n"):
            if line:
                yield json.loads(line)


@dataclass(frozen=True)
class Measurement:
    """A metric's value at a step, e.g. an epoch."""

    name: str
    value: float
    step: int
    milliseconds: int
    """When it was measured, since 1970."""


@dataclass
class Recorded:
    """What a stage recorded, sorted by what a tracking server wants.

    Attributes:
        parameters: What the stage ran with.
        metrics: Every measurement, in the order it was made.
        trials: Trials of a hyperparameter search: parameters and metrics each.
    """

    parameters: dict[str, Any] = field(default_factory=dict)
    metrics: list[Measurement] = field(default_factory=list)
    trials: list[dict[str, Any]] = field(default_factory=list)


def recorded(folder: Path) -> Recorded:
    """Returns what the stage that made an artifact recorded beside it."""
    found = Recorded()
    for event in read_events(folder):
        if event["event"] == "parameters":
            found.parameters.update(event["values"])
        elif event["event"] == "metrics":
            at = int(event["time"] * 1000)
            for name, value in event["values"].items():
                found.metrics.append(Measurement(name, value, event["step"], at))
        else:
            found.trials.append({key: event[key] for key in ("parameters", "metrics")})
    return found
