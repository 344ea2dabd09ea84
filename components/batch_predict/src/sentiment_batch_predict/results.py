"""Joins the finished parts to the result: one file of scored rows, one of refused ones, counts."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from sentiment_batch_predict.rows import spelled

PARQUET, CSV, JSON_LINES = "parquet", "csv", "jsonl"
GROUP_PARTS = 10
"""Parts in a row group of a Parquet file."""
FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
"""What a cell begins with that a spreadsheet computes; East Asian ones take the wide signs too."""
NUMBER = r"^[-+]?[0-9]+([.,][0-9]+)*([eE][-+]?[0-9]+)?$"
KEPT = "kept "


@dataclass
class Counts:
    """What became of the rows.

    Attributes:
        scored: Rows by label.
        refused: Rows by reason.
    """

    scored: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def summary(self, labels: Sequence[str]) -> dict[str, Any]:
        """Returns the counts and shares, ready for JSON."""
        scored, refused = self.scored.total(), self.refused.total()
        shares = {
            label: {
                "rows": self.scored[label],
                "share": round(self.scored[label] / (scored or 1), 6),
            }
            for label in labels
        }
        return {
            "rows": {"read": scored + refused, "scored": scored, "refused": refused},
            "labels": shares,
            "refused": dict(sorted(self.refused.items())),
        }


class Sink(Protocol):
    """Where scored rows are written to."""

    def write(self, rows: pa.Table) -> None:
        """Appends rows."""
        ...

    def close(self) -> None:
        """Ends the file."""
        ...


def write(
    paths: Sequence[Path], folder: Path, form: str, labels: Sequence[str], *, csv_safe: bool
) -> Counts:
    """Writes ``scored.*`` and ``refused.jsonl``; one part is in memory at a time.

    Args:
        paths: The finished parts, in order.
        folder: Where the result goes.
        form: ``parquet``, ``csv`` or ``jsonl``.
        labels: Labels in the order of the probabilities.
        csv_safe: Whether a spreadsheet is kept from taking cells of a CSV file for formulas.
    """
    schema = _schema(paths, labels)
    counts = Counts()
    sink = _sink(folder / f"scored.{form}", form, schema, csv_safe=csv_safe)
    with (folder / "refused.jsonl").open("w", encoding="utf-8", newline="\n") as refused:
        for path in paths:
            part = pq.read_table(path)
            good = pc.is_null(part["reason"])
            _write_refused(refused.write, part.filter(pc.invert(good)), counts)
            rows = _as(part.filter(good), schema)
            counts.scored.update(rows["label"].to_pylist())
            sink.write(rows)
    sink.close()
    return counts


def _schema(paths: Sequence[Path], labels: Sequence[str]) -> pa.Schema:
    """Returns the columns of the result, each in a type that holds it in all parts."""
    types: dict[str, set[pa.DataType]] = {}
    for path in paths:
        for column in pq.read_schema(path):
            if column.name.startswith(KEPT):
                types.setdefault(column.name, set()).add(column.type)
    kept = ((name.removeprefix(KEPT), _common(name, types[name], paths)) for name in types)
    fields = [("id", pa.string()), *kept]
    fields += [("label", pa.string()), *((label, pa.float64()) for label in labels)]
    return pa.schema(fields)


def _common(name: str, types: set[pa.DataType], paths: Sequence[Path]) -> pa.DataType:
    found = types - {pa.null()}
    if len(found) == 1:
        return found.pop()
    numbers = found == {pa.int64(), pa.float64()}
    return pa.float64() if numbers and all(_exact(name, path) for path in paths) else pa.string()


def _exact(name: str, path: Path) -> bool:
    """Tells whether a part's numbers are the same as floating-point numbers."""
    try:
        pq.read_table(path, columns=[name])[name].cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


def _as(part: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = []
    for column in schema:
        kept = KEPT + column.name
        values = part[kept if kept in part.column_names else column.name]
        if pa.types.is_string(column.type) and not pa.types.is_string(values.type):
            texts = [None if value is None else spelled(value) for value in values.to_pylist()]
            values = pa.array(texts, pa.string())
        columns.append(values.cast(column.type))
    return pa.table(columns, schema=schema)


def _write_refused(write: Callable[[str], object], part: pa.Table, counts: Counts) -> None:
    names = {"file": "file", "line": "row", "reason": "reason", "detail": "detail", "id": "id"}
    for row in part.select([*names]).rename_columns([*names.values()]).to_pylist():
        counts.refused[row["reason"]] += 1
        known = {name: value for name, value in row.items() if value is not None}
        write(json.dumps(known, ensure_ascii=False) + "\n")


def _sink(path: Path, form: str, schema: pa.Schema, *, csv_safe: bool) -> Sink:
    if form == CSV:
        return CsvSink(path, schema, safe=csv_safe)
    return JsonLinesSink(path) if form == JSON_LINES else ParquetSink(path, schema)


class ParquetSink:
    """A Parquet file, in row groups of several parts."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(path, schema)
        self._waiting: list[pa.Table] = []

    def write(self, rows: pa.Table) -> None:
        """Appends rows."""
        self._waiting.append(rows)
        if len(self._waiting) == GROUP_PARTS:
            self._flush()

    def close(self) -> None:
        """Ends the file."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting))
            self._waiting.clear()


class CsvSink:
    """A CSV file as in RFC 4180: texts in quotes, an absent value is nothing at all.

    Where it is safe, a cell that a spreadsheet would take for a formula begins with an apostrophe.
    """

    def __init__(self, path: Path, schema: pa.Schema, *, safe: bool) -> None:
        self._safe = safe
        self._stream = path.open("wb")
        names = _safe(pa.array(schema.names)).to_pylist() if safe else schema.names
        header = ",".join('"' + name.replace('"', '""') + '"' for name in names)
        self._stream.write(header.encode() + b"\n")
        options = pacsv.WriteOptions(include_header=False, quoting_style="needed")
        self._writer = pacsv.CSVWriter(self._stream, schema, write_options=options)

    def write(self, rows: pa.Table) -> None:
        """Appends rows."""
        if self._safe:
            cells = [
                _safe(rows[column.name]) if pa.types.is_string(column.type) else rows[column.name]
                for column in rows.schema
            ]
            rows = pa.table(cells, schema=rows.schema)
        self._writer.write_table(rows)

    def close(self) -> None:
        """Ends the file."""
        self._writer.close()
        self._stream.close()


def _safe(texts: Any) -> Any:
    """Puts an apostrophe before what a spreadsheet would compute; numbers stay numbers."""
    harmful = pc.and_(
        pc.match_substring_regex(texts, FORMULA),
        pc.invert(pc.match_substring_regex(texts, NUMBER)),
    )
    return pc.if_else(harmful, pc.binary_join_element_wise("'", texts, ""), texts)


class JsonLinesSink:
    """A file with one JSON object a line."""

    def __init__(self, path: Path) -> None:
        self._stream = path.open("w", encoding="utf-8", newline="\n")

    def write(self, rows: pa.Table) -> None:
        """Appends rows."""
        for row in _rows(rows):
            self._stream.write(json.dumps(row, ensure_ascii=False, default=spelled) + "\n")

    def close(self) -> None:
        """Ends the file."""
        self._stream.close()


def _rows(rows: pa.Table) -> Iterator[Mapping[str, Any]]:
    columns = []
    for column in rows.schema:
        values = rows[column.name]
        if pa.types.is_floating(column.type):
            # JSON has no word for what is no number.
            values = pc.if_else(pc.is_finite(values), values, None)
        columns.append(values)
    return iter(pa.table(columns, names=rows.column_names).to_pylist())
