import pytest
from tensorflow_metadata.proto.v0 import statistics_pb2

from sentiment_common.errors import InputError
from sentiment_explore.columns import read_columns


@pytest.fixture
def statistics(tmp_path):
    """Statistics of one split, as TFDV writes them."""
    whole = statistics_pb2.DatasetFeatureStatisticsList()
    data = whole.datasets.add(num_examples=10)
    label = data.features.add(type="STRING")
    label.path.step.append("label")
    label.string_stats.common_stats.num_non_missing = 9
    label.string_stats.common_stats.num_missing = 1
    label.string_stats.unique = 2
    label.string_stats.top_values.add(value="positive", frequency=6)
    label.string_stats.top_values.add(value="negative", frequency=3)
    rating = data.features.add(type="FLOAT", name="rating")
    rating.num_stats.common_stats.num_non_missing = 10
    rating.num_stats.min, rating.num_stats.max = 1, 5
    rating.num_stats.mean, rating.num_stats.median = 3.5, 4
    (tmp_path / "train.pb").write_bytes(whole.SerializeToString())
    return tmp_path


def test_columns_of_strings_and_of_numbers_are_read(statistics):
    label, rating = read_columns(statistics)
    assert (label.split, label.name, label.rows, label.missing) == ("train", "label", 9, 1)
    assert (label.unique, label.values) == (2, [("positive", 6), ("negative", 3)])
    assert (rating.name, rating.type, rating.numbers) == ("rating", "FLOAT", (1, 4, 3.5, 5))


@pytest.mark.parametrize("content", [b"\xff\xff", b""])
def test_what_is_no_statistics_is_one_line(statistics, content):
    (statistics / "test.pb").write_bytes(content)
    with pytest.raises(InputError, match="no TFDV statistics"):
        read_columns(statistics)
