"""A split is read whole, or refused with a reason."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sentiment_common.errors import InputError
from sentiment_evaluate.examples import read_split

Rows = Callable[[str], list[dict[str, str]]]


def write(folder: Path, table: pa.Table) -> None:
    (folder / "test").mkdir()
    pq.write_table(table, folder / "test" / "examples.parquet")


def test_a_split_keeps_the_order_of_its_rows(examples: Path, rows: Rows) -> None:
    split = read_split(examples, "test")
    assert split.texts == [row["text"] for row in rows("test")]
    assert len(split) == len(split.truth) == len(split.groups) == 192
    assert set(split.sources.tolist()) == {"north", "south"}


def test_rows_of_a_group_share_a_number_and_rows_without_one_stand_alone(
    tmp_path: Path, rows: Rows
) -> None:
    groups = ["a", "b", "a", None, None, ""]
    listed = [{**row, "group": group} for row, group in zip(rows("t"), groups, strict=False)]
    write(tmp_path, pa.Table.from_pylist(listed))
    assert read_split(tmp_path, "test").groups.tolist() == [0, 1, 0, 2, 3, 4]


def test_a_missing_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the split is missing; run ingest again"):
        read_split(tmp_path, "test")


def test_an_empty_split_is_refused(tmp_path: Path, rows: Rows) -> None:
    write(tmp_path, pa.Table.from_pylist(rows("t")).slice(0, 0))
    with pytest.raises(InputError, match="no rows"):
        read_split(tmp_path, "test")


def test_a_missing_column_is_named(tmp_path: Path, rows: Rows) -> None:
    write(tmp_path, pa.Table.from_pylist(rows("t")).drop_columns("group"))
    with pytest.raises(InputError, match="no column 'group'"):
        read_split(tmp_path, "test")


def test_an_unknown_label_is_refused_with_its_row(tmp_path: Path, rows: Rows) -> None:
    listed = rows("t")
    listed[6]["label"] = "angry"
    write(tmp_path, pa.Table.from_pylist(listed))
    with pytest.raises(InputError, match="row 7: label 'angry' is none of negative, neutral"):
        read_split(tmp_path, "test")
