"""Figures of several repeats as a cell of a Markdown table."""

import statistics
from collections.abc import Iterable, Sequence


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Returns the median and, in brackets, minimum and maximum."""
    shown = statistics.median(values), min(values), max(values)
    return "{} ({} to {})".format(*(f"{value:,.{digits}f}" for value in shown))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Returns a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
