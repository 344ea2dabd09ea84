import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sentiment_common.errors import InputError
from sentiment_ingest.previous import Previous, read_previous
from sentiment_ingest.rows import Dropped, Example
from sentiment_ingest.storage import write_dropped, write_examples


def test_rows_are_read_with_the_split_they_stood_in(tmp_path):
    write_examples(
        tmp_path / "test" / "examples.parquet",
        [Example("1", "naïve 😊", "positive", 4.5, "shop", "c1", None)],
    )
    write_examples(tmp_path / "train" / "examples.parquet", [])
    assert list(read_previous(tmp_path)) == [Previous("1", "test", "naïve 😊", "c1")]


def test_a_dropped_row_that_had_a_split_still_has_it_and_no_text(tmp_path):
    rows = [Dropped("a.csv", 2, "no text"), Dropped("a.csv", 3, "r", id="7", split="train")]
    write_dropped(tmp_path / "dropped.jsonl", rows)
    assert list(read_previous(tmp_path)) == [Previous("7", "train", None, "7")]


def test_no_artifact_and_an_empty_one_have_no_rows(tmp_path):
    assert list(read_previous(None)) == list(read_previous(tmp_path)) == []


def test_files_of_another_make_are_named(tmp_path):
    (tmp_path / "dropped.jsonl").write_text("[1]\n")
    with pytest.raises(InputError, match=r"dropped\.jsonl: not readable as earlier examples"):
        list(read_previous(tmp_path))
    (tmp_path / "dropped.jsonl").write_text(json.dumps({"split": "test"}) + "\n")
    with pytest.raises(InputError, match="not readable as earlier examples"):
        list(read_previous(tmp_path))
    (tmp_path / "test").mkdir()
    pq.write_table(pa.table({"id": ["1"], "text": ["a"]}), tmp_path / "test" / "examples.parquet")
    with pytest.raises(InputError, match=r"examples\.parquet: not readable as earlier examples"):
        list(read_previous(tmp_path))
