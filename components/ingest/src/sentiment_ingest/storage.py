"""Writes the examples artifact."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sentiment_common.artifacts import write_json
from sentiment_ingest.examples import Dropped, Example, reasons
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


def write_examples(path: Path, examples: Sequence[Example]) -> None:
    """Writes one split as Parquet: equal examples give equal bytes."""
    columns = [
        pa.array([getattr(example, field.name) for example in examples], field.type)
        for field in SCHEMA
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_arrays(columns, schema=SCHEMA), path, compression="zstd")


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
    path: Path, source: str, parts: Mapping[str, Sequence[Example]], dropped: Sequence[Dropped]
) -> dict[str, Any]:
    """Writes the counts of rows, labels, sources and reasons, and returns them."""
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
    }
    write_json(path, summary)
    return summary
