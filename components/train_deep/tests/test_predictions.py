import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sentiment_train_deep import features
from sentiment_train_deep.predictions import write

COLUMNS = ["id", "label", "group", "negative", "neutral", "positive"]


def test_each_row_has_its_probabilities_in_the_order_of_the_features(shared_folders, tmp_path):
    split = features.read(shared_folders.train)
    probabilities = np.random.default_rng(1).dirichlet((1, 1, 1), len(split.ids))
    write(tmp_path, split, probabilities)
    found = pq.read_table(tmp_path / "predictions.parquet")
    stored = pq.read_table(shared_folders.train / "features.parquet")
    assert found.column_names == COLUMNS
    for name in ("id", "label", "group"):
        assert found[name].to_pylist() == stored[name].to_pylist()
    columns = [found[label].to_numpy() for label in ("negative", "neutral", "positive")]
    np.testing.assert_array_equal(np.stack(columns, axis=1), probabilities)


def test_without_probabilities_there_are_columns_and_no_rows(shared_folders, tmp_path):
    write(tmp_path, features.read(shared_folders.train), None)
    found = pq.read_table(tmp_path / "predictions.parquet")
    assert (found.column_names, len(found)) == (COLUMNS, 0)
    assert found.schema.types == [pa.string()] * 3 + [pa.float64()] * 3
