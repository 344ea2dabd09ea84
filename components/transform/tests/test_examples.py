import pyarrow as pa
import pytest

from sentiment_common.errors import InputError
from sentiment_transform.examples import read_batches

ROW = {"split": "train", "id": "1", "text": "good", "label": "positive"}
SCHEMA = pa.schema([("id", pa.string()), ("text", pa.string()), ("label", pa.string())])


def test_rows_come_in_the_order_of_the_file(examples, rows):
    texts = [text for batch in read_batches(examples, "train", ("text",)) for text in batch["text"]]
    assert [text.as_py() for text in texts] == [
        row["text"] for row in rows if row["split"] == "train"
    ]


def test_a_missing_split_is_named(write_examples, rows):
    folder = write_examples(rows)
    (folder / "train" / "examples.parquet").unlink()
    with pytest.raises(InputError, match=r"train/examples\.parquet: the file is missing"):
        list(read_batches(folder, "train", ("text",)))


def test_a_missing_column_is_named(write_examples):
    folder = write_examples([ROW], SCHEMA)
    with pytest.raises(InputError, match=r"train/examples\.parquet: no column group, source"):
        list(read_batches(folder, "train", ("text", "source", "group")))


def test_a_row_without_text_is_named(write_examples):
    folder = write_examples([*[ROW] * 700, {**ROW, "text": None}], SCHEMA)
    with pytest.raises(InputError, match=r"train/examples\.parquet, row 701: no text"):
        list(read_batches(folder, "train", ("text",)))
