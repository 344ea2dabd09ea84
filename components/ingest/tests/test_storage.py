import json

import pyarrow.parquet as pq

from sentiment_ingest.rows import Dropped, Example
from sentiment_ingest.storage import SCHEMA, write_dropped, write_examples, write_summary

EXAMPLES = [
    Example("1", "naïve 😊\x85", "positive", 4.5, "shop", "c1", "2025-01-06T00:00:00"),
    Example("2", "meh", "neutral", None, "shop", "c2", None),
]


def test_examples_are_read_back_with_their_types(tmp_path):
    write_examples(tmp_path / "train" / "examples.parquet", EXAMPLES)
    table = pq.read_table(tmp_path / "train" / "examples.parquet")
    assert table.schema.equals(SCHEMA)
    assert table.column_names == [
        "id", "text", "label", "rating", "source", "group", "created_at",
    ]  # fmt: skip
    assert [Example(**row) for row in table.to_pylist()] == EXAMPLES


def test_equal_examples_give_equal_bytes(tmp_path):
    for name in ("a", "b"):
        write_examples(tmp_path / name, EXAMPLES)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_dropped_row_is_one_line_even_if_its_id_holds_line_breaks(tmp_path):
    write_dropped(
        tmp_path / "dropped.jsonl",
        [Dropped("a.csv", 3, "no text"), Dropped("a.csv", 4, "r", "d", "i\n\x85", "k", "test")],
    )
    lines = (tmp_path / "dropped.jsonl").read_text(encoding="utf-8").split("\n")
    assert [json.loads(line) for line in lines if line] == [
        {"file": "a.csv", "row": 3, "reason": "no text"},
        {
            "file": "a.csv", "row": 4, "reason": "r", "detail": "d",
            "id": "i\n\x85", "kept_id": "k", "split": "test",
        },
    ]  # fmt: skip


def test_the_summary_counts_splits_labels_sources_and_reasons(tmp_path):
    parts = {"train": EXAMPLES, "validation": [], "test": EXAMPLES[:1]}
    write_summary(
        tmp_path / "summary.json",
        "a.csv",
        parts,
        [Dropped("a.csv", 3, "no text")],
        {"guesses": ["a guess"], "personal_data": {}},
    )
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["rows"] == {
        "read": 4, "kept": 3, "dropped": 1, "train": 2, "validation": 0, "test": 1,
    }  # fmt: skip
    assert summary["labels"]["train"] == {"negative": 0, "neutral": 1, "positive": 1}
    assert summary["sources"]["test"] == {"shop": 1}
    assert summary["guesses"] == ["a guess"]
    assert "personal_data" not in summary
    assert (summary["source"], summary["dropped_reasons"]) == ("a.csv", {"no text": 1})
