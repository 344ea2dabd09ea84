import numpy as np
import pyarrow.parquet as pq
import pytest

from sentiment_common.errors import InputError
from sentiment_train_baseline.features import read


def test_rows_are_read_in_their_order(shared_folders):
    data = read(shared_folders.features, shared_folders.graph)
    stored = pq.read_table(shared_folders.features / "features.parquet").to_pydict()
    assert (data.ids, data.texts) == (stored["id"], stored["text"])
    assert (data.tokens, data.groups.tolist()) == (stored["tokens"], stored["group"])
    assert data.ratings.tolist() == stored["rating"]


def test_a_rating_that_is_unknown_is_not_a_number(folders, change_column):
    path = folders.features / "features.parquet"
    change_column(path, "rating", lambda rating: None if rating == 3 else rating)
    data = read(folders.features, folders.graph)
    assert np.isnan(data.ratings).tolist() == (data.targets == 1).tolist()


def test_targets_are_positions_in_the_order_of_the_labels(shared_folders):
    data = read(shared_folders.features, shared_folders.graph)
    labels = pq.read_table(shared_folders.features / "features.parquet")["label"].to_pylist()
    names = {"negative": 0, "neutral": 1, "positive": 2}
    assert data.targets.tolist() == [names[label] for label in labels]


def test_an_unknown_label_is_named(folders, change_column):
    path = folders.features / "features.parquet"
    change_column(path, "label", lambda label: "mixed" if label == "neutral" else label)
    with pytest.raises(InputError, match="unknown label 'mixed'"):
        read(folders.features, folders.graph)


def test_tokens_of_another_specification_are_refused(folders, change_column):
    path = folders.features / "features.parquet"
    change_column(path, "text", lambda text: text + " more")
    with pytest.raises(InputError, match="the tokens of row 0 are not those of its text"):
        read(folders.features, folders.graph)


def test_missing_columns_are_named(folders):
    path = folders.features / "features.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["group", "tokens"]), path)
    with pytest.raises(InputError, match="no column group, tokens"):
        read(folders.features, folders.graph)


def test_a_file_that_is_not_parquet_is_refused(folders):
    (folders.features / "features.parquet").write_text("id,label\n")
    with pytest.raises(InputError, match="not a Parquet file"):
        read(folders.features, folders.graph)


def test_a_folder_without_the_file_is_refused(folders):
    (folders.features / "features.parquet").unlink()
    with pytest.raises(InputError, match=r"no features\.parquet here"):
        read(folders.features, folders.graph)
