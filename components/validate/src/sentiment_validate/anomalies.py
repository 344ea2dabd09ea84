"""What was found wrong, in one shape for every check."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning")
SHOWN_IDS = 5
"""So many ids of the rows concerned are kept with an anomaly."""


@dataclass(frozen=True)
class Anomaly:
    """One thing wrong with one column of one split.

    Attributes:
        split: train, validation or test.
        column: The column concerned; empty where the split as a whole is meant.
        what: What is wrong, in one sentence with its figures.
        severity: ``error`` refuses the examples unless its rule is accepted, ``warning`` does not.
        rule: Name of the rule that fired.
        check: TFDV's own name of its anomaly; the rule's name where the rule is ours.
        ids: Ids of the first rows concerned, where rows can be named.
    """

    split: str
    column: str
    what: str
    severity: Severity
    rule: str
    check: str
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Distance:
    """How far a column lies from the same column of other data.

    Attributes:
        rule: ``skew`` (from train) or ``drift`` (from the earlier train).
        split: The split compared.
        column: The column compared.
        measure: Name of the distance.
        value: The distance.
        threshold: What the schema allows.
        rows: Rows on the smaller side of the comparison.
    """

    rule: str
    split: str
    column: str
    measure: str
    value: float
    threshold: float
    rows: int


def verdict(anomalies: Iterable[Anomaly], accepted: Collection[str] = ()) -> str:
    """Returns ``refused`` if any anomaly is an error of a rule not accepted, else ``accepted``."""
    refusing = (item for item in anomalies if item.severity == "error")
    return "refused" if any(item.rule not in accepted for item in refusing) else "accepted"


def count(anomalies: Iterable[Anomaly], severity: Severity) -> int:
    """Returns how many anomalies are of a severity."""
    return sum(item.severity == severity for item in anomalies)


def tally(anomalies: Sequence[Anomaly], accepted: Collection[str] = ()) -> str:
    """Returns the numbers of errors and warnings in words, and how many errors are accepted."""
    errors, warnings = count(anomalies, "error"), count(anomalies, "warning")
    words = f"{numbered(errors, 'error')}, {numbered(warnings, 'warning')}"
    known = sum(item.severity == "error" and item.rule in accepted for item in anomalies)
    return f"{words} ({numbered(known, 'error')} accepted)" if known else words


def numbered(number: int, thing: str) -> str:
    """Returns a number with the thing it counts, in the plural where it is not one."""
    return f"{number:,} {thing}" + ("" if number == 1 else "s")
