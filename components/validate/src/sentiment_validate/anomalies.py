"""What was found wrong, in one shape for every check."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]
SHOWN_IDS = 5
"""So many ids of the rows concerned are kept with an anomaly."""


@dataclass(frozen=True)
class Anomaly:
    """One thing wrong with one column of one split.

    Attributes:
        split: train, validation or test.
        column: The column concerned; empty where the split as a whole is meant.
        what: What is wrong, in one sentence with its figures.
        severity: ``error`` refuses the examples, ``warning`` does not.
        check: Name of the check that found it; TFDV's own name for its anomalies.
        ids: Ids of the first rows concerned, where rows can be named.
    """

    split: str
    column: str
    what: str
    severity: Severity
    check: str
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Drift:
    """How far a column of one split lies from the same column of train.

    Attributes:
        split: The split compared with train.
        column: The column compared.
        measure: Name of the distance.
        value: The distance.
        threshold: What the schema allows.
    """

    split: str
    column: str
    measure: str
    value: float
    threshold: float


def verdict(anomalies: Iterable[Anomaly]) -> str:
    """Returns ``refused`` if any anomaly is an error, else ``accepted``."""
    return "refused" if any(item.severity == "error" for item in anomalies) else "accepted"


def count(anomalies: Iterable[Anomaly], severity: Severity) -> int:
    """Returns how many anomalies are of a severity."""
    return sum(item.severity == severity for item in anomalies)


def tally(anomalies: Sequence[Anomaly]) -> str:
    """Returns the numbers of errors and warnings in words."""
    errors, warnings = count(anomalies, "error"), count(anomalies, "warning")
    return f"{numbered(errors, 'error')}, {numbered(warnings, 'warning')}"


def numbered(number: int, thing: str) -> str:
    """Returns a number with the thing it counts, in the plural where it is not one."""
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


def as_record(
    schema: str, rows: Mapping[str, int], anomalies: Sequence[Anomaly], drifts: Sequence[Drift]
) -> dict[str, Any]:
    """Returns the content of ``anomalies.json``.

    Args:
        schema: Name of the schema the examples were judged by.
        rows: Number of rows by split.
        anomalies: Everything found.
        drifts: Every distance measured, above its threshold or not.
    """
    return {
        "verdict": verdict(anomalies),
        "schema": schema,
        "rows": dict(rows),
        "errors": count(anomalies, "error"),
        "warnings": count(anomalies, "warning"),
        "anomalies": [asdict(item) for item in anomalies],
        "drift": [asdict(item) for item in drifts],
    }
