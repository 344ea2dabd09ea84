"""The judgement as a web page for people."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from sentiment_common import report
from sentiment_validate import charts
from sentiment_validate.distances import MEASURES
from sentiment_validate.examples import FLAGS
from sentiment_validate.judgement import Judgement
from sentiment_validate.outcomes import Outcome, outcomes

BINS = 13
"""Bins of the length histogram; the last one is open."""

SHOWN_SOURCES = 6


def render(judged: Judgement, summary: Mapping[str, Any]) -> str:
    """Returns the report of a judgement.

    Args:
        judged: The judgement.
        summary: ``summary.json`` of the examples, for where they are from.
    """
    return report.page(
        "Validation of the examples",
        [
            report.verdict(judged.verdict, judged.verdict == "accepted"),
            report.paragraph(_lead(judged, summary)),
            report.heading("Anomalies"),
            _anomalies(judged),
            report.heading("Rules"),
            _rules(outcomes(judged)),
            report.heading("Rows and labels"),
            _rows(judged),
            *_charts(judged),
            report.heading("Texts"),
            _texts(judged.frames),
            report.heading("Distances"),
            _distances(judged),
        ],
    )


def _lead(judged: Judgement, summary: Mapping[str, Any]) -> str:
    lead = (
        f"{judged.tally} against the schema {judged.schema.name} and the rules "
        f"{judged.policy.name}."
    )
    rows = summary.get("rows", {})
    if {"read", "kept", "dropped"} <= rows.keys():
        lead += (
            f" Source: {summary.get('source', 'unknown')}; ingest read {rows['read']:,} rows, kept "
            f"{rows['kept']:,} and dropped {rows['dropped']:,}."
        )
    return lead


def _anomalies(judged: Judgement) -> str:
    if not judged.anomalies:
        return report.paragraph("None.")
    rows = (
        (item.severity, item.rule, item.split, item.column or "all", item.what,
         ", ".join(item.ids[:3]))
        for item in judged.anomalies
    )  # fmt: skip
    return report.table(("Severity", "Rule", "Split", "Column", "What", "First ids"), rows)


def _rules(table: Sequence[Outcome]) -> str:
    rows = (
        (item.rule, f"accepted: {item.reason}" if item.result == "accepted" else item.result,
         item.threshold, item.figure, item.severity, item.remedy)
        for item in sorted(table, key=lambda item: item.result == "passed")
    )  # fmt: skip
    return report.table(("Rule", "Result", "Threshold", "Found", "Severity", "Remedy"), rows)


def _rows(judged: Judgement) -> str:
    counts = _label_counts(judged)
    labels = list(next(iter(counts.values())))
    rows = (
        (split, len(frame), *counts[split].values(), _sources(frame))
        for split, frame in judged.frames.items()
    )
    return report.table(("Split", "Rows", *labels, "Sources"), rows)


def _label_counts(judged: Judgement) -> dict[str, dict[str, int]]:
    """Counts rows by split and label; whatever the schema does not know is one last column."""
    known = judged.schema.domain("label") or charts.COLOURS
    counts = {}
    for split, frame in judged.frames.items():
        row = _counts(frame, "label")
        counts[split] = {label: row.pop(label, 0) for label in known}
        counts[split]["other"] = len(frame) - sum(counts[split].values())
    if not any(row["other"] for row in counts.values()):
        counts = {split: {label: row[label] for label in known} for split, row in counts.items()}
    return counts


def _sources(frame: pd.DataFrame) -> str:
    counts = list(_counts(frame, "source").items())
    shown = [f"{name} {number:,}" for name, number in counts[:SHOWN_SOURCES]]
    more = len(counts) - len(shown)
    return ", ".join([*shown, *([f"{more:,} more"] if more else [])])


def _charts(judged: Judgement) -> Iterator[str]:
    yield report.chart(charts.label_shares(_label_counts(judged)), "Share of each label")
    words = {name: frame["n_words"] for name, frame in judged.frames.items() if "n_words" in frame}
    if words:
        width = _bin_width(pd.concat(list(words.values())))
        shares = {split: _word_shares(column, width) for split, column in words.items()}
        edges = [str(place * width) if place % 3 == 0 else "" for place in range(BINS)]
        edges[-1] += "+"
        caption = "Share of texts by words; the last bar holds all longer texts"
        yield report.chart(charts.histogram(shares, edges), caption)


def _bin_width(words: pd.Series) -> int:
    """Returns the words per bin that leave about three texts in a hundred to the last bin."""
    return max(1, math.ceil(words.quantile(0.97) / (BINS - 1))) if len(words) else 1


def _word_shares(column: pd.Series, width: int) -> list[float]:
    counted = (column // width).clip(upper=BINS - 1).value_counts(normalize=True)
    return [float(counted.get(place, 0.0)) for place in range(BINS)]


def _texts(frames: Mapping[str, pd.DataFrame]) -> str:
    rows = (
        (split, _median(frame["n_words"]), int(frame["n_words"].max() if len(frame) else 0),
         int(frame["n_chars"].max() if len(frame) else 0),
         *(int((frame[flag] == "yes").sum()) for flag in FLAGS))
        for split, frame in frames.items() if "n_words" in frame
    )  # fmt: skip
    columns = ("Split", "Median words", "Most words", "Most characters")
    return report.table((*columns, "Empty", "Garbled", "Foreign", "Repeated"), rows)


def _distances(judged: Judgement) -> str:
    rows = [
        (item.split, "train" if item.rule == "skew" else "earlier train", item.column,
         MEASURES.get(item.measure, item.measure), item.value, item.threshold, item.rows)
        for item in judged.distances
    ]  # fmt: skip
    if not rows:
        return report.paragraph("The schema compares no column.")
    columns = ("Split", "From", "Column", "Distance", "Value", "Allowed", "Rows")
    return report.table(columns, rows)


def _counts(frame: pd.DataFrame, column: str) -> dict[str, int]:
    if column not in frame:
        return {}
    return {str(name): int(n) for name, n in frame[column].value_counts().items()}


def _median(column: pd.Series) -> int:
    return int(column.median()) if len(column) else 0
