import json

import numpy as np
import planted
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sentiment_common.errors import InputError
from sentiment_explore import reading


def test_every_row_of_every_split_is_read_as_it_was_written(rows_of):
    written = planted.sound(50)
    rows = rows_of(written)
    in_order = [it for split in reading.SPLITS for it in written if it.split == split]
    everything = np.arange(50)
    assert rows.texts_at(everything) == [it.text for it in in_order]
    assert rows.ids_at(everything) == [it.id for it in in_order]
    assert [reading.LABELS[at] for at in rows.labels] == [it.label for it in in_order]
    assert [rows.source_names[at] for at in rows.sources] == [it.source for it in in_order]
    assert rows.ratings.tolist() == [it.rating for it in in_order]
    assert [f"{day}T00:00:00" for day in rows.days] == [it.created_at for it in in_order]
    assert sum(rows.counts().values()) == 50


def test_the_test_split_is_not_shown(rows_of):
    written = planted.sound(50)
    assert rows_of(written).shown.sum() == sum(it.split != "test" for it in written)


def test_ratings_and_dates_may_be_absent(tmp_path):
    folder = planted.write(tmp_path / "examples", planted.sound(30))
    for path in folder.rglob("*.parquet"):
        pq.write_table(pq.read_table(path).drop_columns(["rating", "created_at"]), path)
    rows = reading.read_rows(folder)
    assert np.isnan(rows.ratings).all()
    assert np.isnat(rows.days).all()


def _replace(folder, name, values):
    path = folder / "train" / "examples.parquet"
    table = pq.read_table(path)
    at = table.column_names.index(name)
    pq.write_table(table.set_column(at, name, pa.array([values] * table.num_rows)), path)


def _garble(folder):
    (folder / "train" / "examples.parquet").write_bytes(b"PAR1 no more")


def _empty(folder):
    for path in folder.rglob("*.parquet"):
        pq.write_table(pq.read_table(path).slice(0, 0), path)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_garble, "no readable Parquet"),
        (_empty, "it has no rows"),
        (lambda folder: (folder / "test/examples.parquet").unlink(), "no Parquet file"),
        (lambda folder: _replace(folder, "label", "great"), "label 'great' is none of negative"),
        (lambda folder: _replace(folder, "text", [1]), "instead of large_string"),
        (lambda folder: (folder / "summary.json").write_text("[]"), "not a JSON object"),
        (lambda folder: (folder / "summary.json").write_text("{"), "not JSON"),
        (lambda folder: (folder / "dropped.jsonl").write_text('{"row": 1}\n'), "line 1"),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path, harm, said):
    folder = planted.write(tmp_path / "examples", planted.sound(30))
    harm(folder)
    with pytest.raises(InputError, match=said):
        reading.read_rows(folder), reading.read_summary(folder), reading.read_dropped(folder, 1)


def test_a_text_as_long_as_a_book_is_quoted_from_its_beginning():
    assert reading.excerpt("word " * 1_000_000) == f"{'word ' * 79}word …"
    assert reading.excerpt("short") == "short"


def test_dropped_rows_are_counted_by_reason_and_the_most_repeated_are_known(tmp_path):
    entries = [
        {"reason": "no text"},
        {"reason": "repeated text", "kept_id": "a"},
        {"reason": "repeated text", "kept_id": "b"},
        {"reason": "repeated text with another label", "kept_id": "b"},
        {"reason": "repeated id", "kept_id": "c"},
    ]
    (tmp_path / "dropped.jsonl").write_text("".join(json.dumps(it) + "\n" for it in entries))
    dropped = reading.read_dropped(tmp_path, 1)
    assert dropped.repeats == {"b": 2}
    assert sum(dropped.reasons.values()) == 5
    assert reading.read_dropped(tmp_path / "nowhere", 1) == reading.Dropped()
