import numpy as np
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
    assert list(split.ids) == stored["id"]


def test_ratings_may_be_unknown(folders):
    path = folders.train / "features.parquet"
    stored = pq.read_table(path)
    expected = [np.nan if rating is None else rating for rating in stored["rating"].to_pylist()]
    np.testing.assert_array_equal(read(folders.train).ratings, expected)
    unrated = pa.nulls(len(stored), pa.float64())
    pq.write_table(
        stored.set_column(stored.schema.get_field_index("rating"), "rating", unrated), path
    )
    assert np.isnan(read(folders.train).ratings).all()


def test_missing_columns_are_named(folders):
    path = folders.train / "features.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["group", "tokens"]), path)
    with pytest.raises(InputError, match="no column group, tokens"):
        read(folders.train)


def test_an_unknown_label_is_named(tmp_path):
    rows = {"id": ["1", "2"], "label": ["positive", "mixed"], "group": ["a", "b"]}
    tokens = {"text": ["x"] * 2, "tokens": [["x"]] * 2}
    table = pa.table({**rows, "rating": pa.nulls(2, pa.float64()), **tokens})
    pq.write_table(table, tmp_path / "features.parquet")
    with pytest.raises(InputError, match="unknown label 'mixed'"):
        read(tmp_path)


@pytest.mark.parametrize("content", [None, b"id,label\n"])
def test_what_is_no_parquet_file_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "features.parquet").write_bytes(content)
    with pytest.raises(InputError, match=r"no features\.parquet here|not a Parquet file"):
        read(tmp_path)
