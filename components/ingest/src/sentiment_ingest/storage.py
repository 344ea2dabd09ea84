"""Writes the examples artifact."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sentiment_common.artifacts import write_json
from sentiment_ingest.examples import reasons
from sentiment_ingest.rows import Dropped, Example
from sentiment_ingest.split import label_counts

SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("label", pa.string(), nullable=False),
        pa.field("rating", pa.float64()),
        pa.field("source", pa.string(), nullable=False),
        pa.field("group", pa.string(), nullable=False),
        pa.field("created_at", pa.string()),
    ]
)
ROW_GROUP = 1 << 16
"""Rows that are copied into columns at a time."""


def write_examples(path: Path, examples: Sequence[Example]) -> None:
    """Writes one split as Parquet: equal examples give equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        # No rows are a group as well.
        for start in range(0, len(examples) or 1, ROW_GROUP):
            rows = examples[start : start + ROW_GROUP]
            columns = [
                pa.array([getattr(row, field.name) for row in rows], field.type) for field in SCHEMA
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=SCHEMA))


def write_dropped(path: Path, dropped: Sequence[Dropped]) -> None:
    """Writes one JSON object per dropped row."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for row in dropped:
            entry = {"file": row.file, "row": row.row, "reason": row.reason}
            if row.detail:
                entry["detail"] = row.detail
            for name in ("id", "kept_id", "split"):
                if (value := getattr(row, name)) is not None:
                    entry[name] = value
            stream.write(json.dumps(entry, ensure_ascii=False) + "\n")


def write_summary(
    path: Path,
    source: str,
    parts: Mapping[str, Sequence[Example]],
    dropped: Sequence[Dropped],
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    """Writes the counts of rows, labels, sources and reasons, and returns them.

    Args:
        path: Where to.
        source: What was read: the default corpus or own data.
        parts: The rows of each split.
        dropped: The rows that are left out.
        facts: What else there is to say; what is empty is not said.
    """
    kept = sum(len(rows) for rows in parts.values())
    summary: dict[str, Any] = {
        "source": source,
        "rows": {
            "read": kept + len(dropped),
            "kept": kept,
            "dropped": len(dropped),
            **{name: len(rows) for name, rows in parts.items()},
        },
        "dropped_reasons": reasons(dropped),
        "labels": {name: label_counts(rows) for name, rows in parts.items()},
        "sources": {
            name: dict(Counter(example.source for example in rows)) for name, rows in parts.items()
        },
        **{name: fact for name, fact in facts.items() if fact not in (None, 0, [], {})},
    }
    write_json(path, summary)
    return summary
