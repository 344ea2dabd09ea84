"""The chart's rules: what they record, and which alerts are pending or firing."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from sentiment_common.errors import InputError
from sentiment_pipelines.dashboard import promql
from sentiment_pipelines.dashboard.samples import NAME, Labels, Samples, labels_of

State = Literal["pending", "firing"]
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
EXPRESSION = re.compile(r"\{\{\s*\$(?:labels\.(\w+)|value(?:\s*\|\s*(\w+))?)\s*\}\}")


@dataclass(frozen=True)
class Alert:
    """An alert that is not quiet.

    Attributes:
        name: Of its rule.
        state: Whether its condition holds, or has held for long enough.
        severity: ``page`` or ``ticket``.
        summary: In one line.
        description: In a sentence or two.
        runbook: Where it says what to do.
        since: When its condition began to hold, in seconds since 1970.
    """

    name: str
    state: State
    severity: str
    summary: str
    description: str
    runbook: str
    since: float


@dataclass
class Rule:
    """A rule of the file; of an alert, also since when its condition holds, by labels."""

    name: str
    alerts: bool
    query: promql.Query
    wait: float
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    active: dict[Labels, float] = field(default_factory=dict)

    def evaluate(self, samples: Samples, time: float) -> promql.Vector:
        """Returns the samples that Prometheus would record: of an alert, those of ``ALERTS``."""
        found = promql.vector(self.query(samples, time))
        if not self.alerts:
            return {
                labels_of(**{**dict(labels), **self.labels, NAME: self.name}): value
                for labels, value in found.items()
            }
        self.active = {labels: self.active.get(labels, time) for labels in found}
        return {
            labels_of(**{
                **dict(labels), **self.labels, NAME: "ALERTS", "alertname": self.name,
                "alertstate": self._state(labels, time),
            }): 1.0
            for labels in found
        }  # fmt: skip

    def told(self, samples: Samples, time: float) -> Iterator[Alert]:
        """Yields the alerts of this rule, after it was evaluated for that time."""
        if not self.active:
            return
        values = promql.vector(self.query(samples, time))
        for labels, since in self.active.items():
            said = {
                name: _filled(text, dict(labels), values.get(labels, 0.0))
                for name, text in self.annotations.items()
            }
            yield Alert(
                self.name, self._state(labels, time), self.labels["severity"], said["summary"],
                said["description"], said["runbook_url"], since,
            )  # fmt: skip

    def _state(self, labels: Labels, time: float) -> State:
        return "firing" if time - self.active[labels] >= self.wait else "pending"


def read_rules(path: Path) -> list[Rule]:
    """Returns the rules of a Prometheus rule file, in order.

    Raises:
        InputError: It is no such file, or asks for more than is understood here.
    """
    try:
        groups: Sequence[Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        return [_rule(rule) for group in groups for rule in group["rules"]]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise InputError(f"cannot be read as rules: {error}", where=str(path)) from error


def _rule(rule: Mapping[str, Any]) -> Rule:
    alerts = "alert" in rule
    return Rule(
        name=rule["alert" if alerts else "record"],
        alerts=alerts,
        query=promql.query(rule["expr"]),
        wait=_seconds(rule.get("for", "0s")),
        labels=rule.get("labels", {}),
        annotations=rule.get("annotations", {}),
    )


def _seconds(text: str) -> float:
    return sum(int(number) * SECONDS[unit] for number, unit in re.findall(r"(\d+)([smhdw])", text))


def _filled(text: str, labels: Mapping[str, str], value: float) -> str:
    def shown(found: re.Match[str]) -> str:
        return labels.get(found[1], "") if found[1] else FORMATS[found[2]](value)

    return EXPRESSION.sub(shown, text)


def _duration(seconds: float) -> str:
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours}h {rest // 60}m {rest % 60}s"


FORMATS = {
    None: lambda value: f"{value:g}",
    "humanize": lambda value: f"{value:.4g}",
    "humanizePercentage": lambda value: f"{100 * value:.4g}%",
    "humanizeDuration": _duration,
}
