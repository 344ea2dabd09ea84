import pandas as pd
import pytest

from sentiment_common.errors import InputError
from sentiment_validate.examples import derive
from sentiment_validate.statistics import compute, counted, read, without_wide_columns


def test_equal_rows_have_equal_statistics(frames, default_corpus):
    train = frames["train"]
    many = pd.concat([train.assign(text=train["text"] + str(at)) for at in range(4)])
    runs = [compute(derive(many), default_corpus.proto) for _ in range(3)]
    assert runs[0] == runs[1] == runs[2]


def test_values_are_counted_where_the_schema_asks_for_them(frames, default_corpus):
    statistics = compute(derive(frames["test"]), default_corpus.proto)
    assert {name: counted(statistics, name) for name in ("label", "rating", "text", "no such")} == {
        "label": True, "rating": True, "text": False, "no such": False,
    }  # fmt: skip


def test_a_column_of_many_values_is_not_compared(frames, feedback_schema):
    wide = frames["train"].assign(source=frames["train"]["id"])
    kept = without_wide_columns(feedback_schema.proto, {"train": wide, "test": frames["test"]})
    compared = [item.name for item in kept.feature if item.HasField("skew_comparator")]
    assert compared == ["label", "rating", "length"]
    assert without_wide_columns(feedback_schema.proto, frames) == feedback_schema.proto


def test_statistics_are_read_as_they_were_written(frames, feedback_schema, tmp_path):
    statistics = compute(frames["train"], feedback_schema.proto)
    (tmp_path / "train.pb").write_bytes(statistics.SerializeToString())
    assert read(tmp_path) == statistics


def test_an_artifact_without_a_split_stands_for_no_earlier_data(tmp_path):
    assert read(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"\xff no statistics"])
def test_a_file_without_statistics_is_bad_input(tmp_path, content):
    (tmp_path / "train.pb").write_bytes(content)
    with pytest.raises(InputError, match=r"train\.pb: no statistics of one data set"):
        read(tmp_path)
