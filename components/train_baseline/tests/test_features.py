import numpy as np
import pyarrow.parquet as pq
import pytest

from sentiment_common.errors import InputError
from sentiment_train_baseline.features import read


def test_rows_have_unit_length_and_their_terms_in_place(shared_folders):
    data = read(shared_folders.features, shared_folders.graph)
    stored = pq.read_table(shared_folders.features / "features.parquet").to_pylist()
    assert data.matrix.shape == (len(stored), len(data.graph.vocabulary))
    lengths = np.sqrt(data.matrix.multiply(data.matrix).sum(axis=1))
    np.testing.assert_allclose(lengths, 1, atol=1e-15)
    for number, row in enumerate(stored):
        assert data.matrix[number].indices.tolist() == row["ngram_ids"]
        terms = {data.graph.vocabulary[column] for column in row["ngram_ids"]}
        assert {term for term in terms if " " not in term} <= set(row["tokens"])


def test_a_row_without_known_terms_is_a_row_of_zeros(make_folders, make_rows):
    folders = make_folders([*make_rows(60), ("zyx", "neutral", "alone")])
    data = read(folders.features, folders.graph)
    assert data.matrix[60].nnz == 0
    assert np.isfinite(data.matrix.data).all()


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
