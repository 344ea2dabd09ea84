"""Reads the examples: the texts stay in Arrow, everything else becomes numbers."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from sentiment_common.errors import InputError

LABELS = ("negative", "neutral", "positive")
SPLITS = ("train", "validation", "test")
HELD_OUT = SPLITS.index("test")
REQUIRED = ("id", "text", "label", "source", "group")
OPTIONAL = {"rating": pa.float64(), "created_at": pa.string()}
AGAIN = "run sentiment-ingest again"
EXCERPT = 400
"""Characters of a text that are quoted: one text may be as long as a book."""

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Rows:
    """All rows of the examples, split after split.

    Attributes:
        ids: Id of each row, str [n].
        texts: Texts as they are stored, str [n].
        labels: Index into ``LABELS``, [n].
        splits: Index into ``SPLITS``, [n].
        sources: Index into ``source_names``, [n].
        source_names: Every source once.
        groups: Index into ``group_names``, [n]; rows of one group depend on each other.
        group_names: Every group once.
        ratings: NaN where there is none, [n].
        days: The day of each row, NaT where there is none, datetime64[D] [n].
    """

    ids: pa.ChunkedArray
    texts: pa.ChunkedArray
    labels: Integers
    splits: Integers
    sources: Integers
    source_names: list[str]
    groups: Integers
    group_names: list[str]
    ratings: Floats
    days: NDArray[np.datetime64]

    def __len__(self) -> int:
        """Returns the number of rows."""
        return len(self.labels)

    @property
    def shown(self) -> Flags:
        """Rows that may be read out: the test split stays unseen by people and models, [n]."""
        return self.splits != HELD_OUT

    def counts(self, chosen: Flags | Integers | slice = slice(None)) -> dict[str, int]:
        """Returns how many of the chosen rows have each label."""
        counted = np.bincount(self.labels[chosen], minlength=len(LABELS))
        return dict(zip(LABELS, counted.tolist(), strict=True))

    def texts_at(self, places: Integers) -> list[str]:
        """Returns the texts of some rows."""
        return list(self.texts.take(pa.array(places, pa.int64())).to_pylist())

    def ids_at(self, places: Integers) -> list[str]:
        """Returns the ids of some rows."""
        return list(self.ids.take(pa.array(places, pa.int64())).to_pylist())


@dataclass(frozen=True)
class Dropped:
    """What ``dropped.jsonl`` tells of the rows that ingest left out.

    Attributes:
        reasons: Rows by reason.
        repeats: Id of a kept row -> how many rows repeated its text, of the most repeated.
    """

    reasons: dict[str, int] = field(default_factory=dict)
    repeats: dict[str, int] = field(default_factory=dict)


def excerpt(text: str, most: int = EXCERPT) -> str:
    """Returns the beginning of a text."""
    return text if len(text) <= most else f"{text[:most].rstrip()} …"


def read_rows(folder: Path) -> Rows:
    """Reads every split of an examples artifact.

    Raises:
        InputError: A split is missing, a file is no readable Parquet, a column is missing, a label
            is none of the three, or there are no rows at all.
    """
    tables = [_read_split(folder / split) for split in SPLITS]
    sizes = [table.num_rows for table in tables]
    table = pa.concat_tables(tables)
    if table.num_rows == 0:
        raise InputError("it has no rows", where=str(folder), mend="give ingest more rows")
    source_codes, source_names = _codes(table["source"])
    group_codes, group_names = _codes(table["group"])
    return Rows(
        ids=table["id"],
        texts=table["text"],
        labels=_labels(table["label"], folder),
        splits=np.repeat(np.arange(len(SPLITS)), sizes),
        sources=source_codes,
        source_names=source_names,
        groups=group_codes,
        group_names=group_names,
        ratings=table["rating"].to_numpy().astype(np.float64),
        days=_days(table["created_at"]),
    )


def read_summary(folder: Path) -> dict[str, Any]:
    """Returns what ingest counted in ``summary.json``; nothing if it is not there.

    Raises:
        InputError: The file is not a JSON object.
    """
    path = folder / "summary.json"
    if not path.is_file():
        return {}
    try:
        summary = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise InputError(f"not JSON ({error})", where=str(path), mend=AGAIN) from error
    if not isinstance(summary, dict):
        raise InputError("not a JSON object", where=str(path), mend=AGAIN)
    return summary


def read_dropped(folder: Path, most: int) -> Dropped:
    """Counts the rows that ingest left out; none if there is no record of them.

    Args:
        folder: The examples artifact.
        most: Of how many repeated texts to keep the number of repetitions.

    Raises:
        InputError: A line is not what ingest writes.
    """
    path = folder / "dropped.jsonl"
    reasons: Counter[str] = Counter()
    repeats: Counter[str] = Counter()
    if path.is_file():
        with path.open(encoding="utf-8", newline="\n") as stream:
            for number, line in enumerate(stream, start=1):
                try:
                    entry = json.loads(line)
                    reasons[entry["reason"]] += 1
                except (ValueError, KeyError, TypeError) as error:
                    where = f"{path}, line {number}"
                    raise InputError("no dropped row", where=where, mend=AGAIN) from error
                if "kept_id" in entry and entry["reason"].startswith("repeated text"):
                    repeats[entry["kept_id"]] += 1
    ranked = sorted(repeats.items(), key=lambda it: (-it[1], it[0]))
    return Dropped(dict(sorted(reasons.items())), dict(ranked[:most]))


def _read_split(folder: Path) -> pa.Table:
    files = sorted(folder.glob("*.parquet"))
    if not files:
        raise InputError("no Parquet file of this split", where=str(folder), mend=AGAIN)
    return pa.concat_tables([_read_file(path) for path in files])


def _read_file(path: Path) -> pa.Table:
    try:
        table = pq.ParquetFile(path).read()
        table.validate(full=True)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).split("\n")[0]
        raise InputError(f"no readable Parquet ({reason})", where=str(path), mend=AGAIN) from error
    columns = {}
    for name in REQUIRED:
        if name not in table.column_names:
            raise InputError(f"no column {name!r}", where=str(path), mend=AGAIN)
        columns[name] = pc.fill_null(_cast(table[name], pa.large_string(), name, path), "")
    for name, type_ in OPTIONAL.items():
        absent = name not in table.column_names
        columns[name] = (
            pa.chunked_array([pa.nulls(table.num_rows, type_)])
            if absent
            else _cast(table[name], type_, name, path)
        )
    return pa.table(columns)


def _cast(column: pa.ChunkedArray, type_: pa.DataType, name: str, path: Path) -> pa.ChunkedArray:
    try:
        return column.cast(type_)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        where = f"{path}, column {name!r}"
        raise InputError(f"{column.type} instead of {type_}", where=where, mend=AGAIN) from error


def _labels(column: pa.ChunkedArray, folder: Path) -> Integers:
    found = pc.index_in(column, value_set=pa.array(LABELS, pa.large_string()))
    if found.null_count:
        row = int(np.flatnonzero(pc.is_null(found).to_numpy())[0])
        raise InputError(
            f"label {column[row].as_py()!r} is none of {', '.join(LABELS)}",
            where=f"{folder}, row {row + 1} of all splits",
            mend=AGAIN,
        )
    return found.to_numpy().astype(np.int64)


def _codes(column: pa.ChunkedArray) -> tuple[Integers, list[str]]:
    encoded = column.combine_chunks().dictionary_encode()
    return encoded.indices.to_numpy().astype(np.int64), encoded.dictionary.to_pylist()


def _days(column: pa.ChunkedArray) -> NDArray[np.datetime64]:
    days = pc.utf8_slice_codeunits(column, 0, 10)
    parsed = pc.strptime(days, format="%Y-%m-%d", unit="s", error_is_null=True)
    return parsed.to_numpy().astype("datetime64[D]")
