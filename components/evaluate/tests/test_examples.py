"""A split is read whole, or refused with a reason."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_evaluate.examples import read_out_of_domain, read_split, read_words, words

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


def test_ratings_and_dates_are_read_where_there_are_any(tmp_path: Path, rows: Rows) -> None:
    listed = [{**row, "rating": None, "created_at": None} for row in rows("t")]
    listed[1]["rating"], listed[2]["created_at"] = 4.0, "2024-05-01"
    write(tmp_path, pa.Table.from_pylist(listed))
    split = read_split(tmp_path, "test")
    assert split.ratings is not None
    assert split.created is not None
    assert np.isnan(split.ratings[0])
    assert split.ratings[1] == 4
    assert split.created[:3].tolist() == ["", "", "2024-05-01"]


def test_without_ratings_and_dates_a_split_says_so(examples: Path) -> None:
    split = read_split(examples, "test")
    assert split.ratings is None
    assert split.created is None


def test_every_split_out_of_domain_is_for_judging_up_to_a_limit(examples: Path, rows: Rows) -> None:
    whole = read_out_of_domain(examples, rows=10_000, seed=1)
    assert len(whole) == 3 * 192
    assert whole.texts[:192] == [row["text"] for row in rows("train")]
    assert len(set(whole.groups.tolist())) == 3 * (96 + 8)
    few = read_out_of_domain(examples, rows=20, seed=1)
    assert {it: few.sources.tolist().count(it) for it in ("north", "south")} == {
        "north": 20, "south": 20,
    }  # fmt: skip
    positions = [whole.texts.index(text) for text in few.texts]
    assert [whole.truth[it] for it in positions] == few.truth.tolist()
    assert read_out_of_domain(examples, rows=20, seed=1).texts == few.texts
    assert read_out_of_domain(examples, rows=20, seed=2).texts != few.texts


def test_nothing_out_of_domain_is_refused(tmp_path: Path, rows: Rows) -> None:
    write(tmp_path, pa.Table.from_pylist(rows("t")).slice(0, 0))
    with pytest.raises(InputError, match="it has no rows"):
        read_out_of_domain(tmp_path, rows=10, seed=1)


def test_a_split_that_is_cut_short_is_refused(tmp_path: Path, rows: Rows) -> None:
    write(tmp_path, pa.Table.from_pylist(rows("t")))
    for path in tmp_path.rglob("*.parquet"):
        path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match="not a Parquet file"):
        read_out_of_domain(tmp_path, rows=10, seed=1)


def test_the_words_of_the_train_split_are_read_without_its_labels(
    tmp_path: Path, rows: Rows
) -> None:
    (tmp_path / "train").mkdir()
    table = pa.Table.from_pylist(rows("t")).drop_columns("label")
    pq.write_table(table, tmp_path / "train" / "examples.parquet")
    assert {"phone", "terrible", "monday"} <= read_words(tmp_path)
    assert "Phone" not in read_words(tmp_path)


@given(st.text(max_size=60))
def test_words_are_letters_whatever_the_text(text: str) -> None:
    for word in words(text):
        assert word == word.lower() or not word.isascii()
        assert not set(word) & set(" \t0123456789.,!?_")
