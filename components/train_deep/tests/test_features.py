import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sentiment_common.errors import InputError
from sentiment_train_deep.features import read


def test_rows_are_read_with_labels_as_positions(shared_folders):
    split = read(shared_folders.train)
    stored = pq.read_table(shared_folders.train / "features.parquet").to_pydict()
    names = {"negative": 0, "neutral": 1, "positive": 2}
    assert split.targets.tolist() == [names[label] for label in stored["label"]]
    assert split.tokens == stored["tokens"]
    assert split.groups.tolist() == stored["group"]


def test_missing_columns_are_named(folders):
    path = folders.train / "features.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["group", "tokens"]), path)
    with pytest.raises(InputError, match="no column group, tokens"):
        read(folders.train)


def test_an_unknown_label_is_named(tmp_path):
    table = pa.table({"label": ["positive", "mixed"], "group": ["a", "b"], "tokens": [["x"]] * 2})
    pq.write_table(table, tmp_path / "features.parquet")
    with pytest.raises(InputError, match="unknown label 'mixed'"):
        read(tmp_path)


@pytest.mark.parametrize("content", [None, b"id,label\n"])
def test_what_is_no_parquet_file_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "features.parquet").write_bytes(content)
    with pytest.raises(InputError, match=r"no features\.parquet here|not a Parquet file"):
        read(tmp_path)
