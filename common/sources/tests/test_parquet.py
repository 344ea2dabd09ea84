import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sentiment_common.errors import InputError
from sentiment_ingest.readers.parquet import read_parquet


@pytest.fixture
def table(tmp_path):
    def write(**columns):
        path = tmp_path / "a.parquet"
        pq.write_table(pa.table(columns), path)
        return path

    return write


def test_rows_are_numbered_through_all_batches(table):
    path = table(text=[f"text {n}" for n in range(70_000)], other=list(range(70_000)))
    records = list(read_parquet(path, ["text"]))
    assert [record.row for record in records] == list(range(1, 70_001))
    assert dict(records[-1].values) == {"text": "text 69999"}


def test_nanoseconds_and_time_zones_become_dates(table):
    created = pa.array([1_700_000_000_123_456_789], pa.timestamp("ns", "Asia/Tokyo"))
    (record,) = read_parquet(table(text=["good"], created=created), ["text", "created"])
    assert record.values["created"].isoformat() == "2023-11-14T22:13:20.123456+00:00"


def test_categories_are_read_as_their_values(table):
    (record,) = read_parquet(table(text=pa.array(["good"]).dictionary_encode()), ["text"])
    assert record.values == {"text": "good"}


def test_a_string_that_is_not_utf8_is_an_input_error(table):
    bad = pa.StringArray.from_buffers(
        1,
        pa.py_buffer((0).to_bytes(4, "little") + (4).to_bytes(4, "little")),
        pa.py_buffer(b"caf\xe9"),
    )
    with pytest.raises(InputError, match="Invalid UTF8"):
        list(read_parquet(table(text=bad), ["text"]))


@pytest.mark.parametrize("content", [b"", b"text,stars\ngood,5\n", b"PAR1" * 3])
def test_another_file_by_that_name_is_an_input_error(write, content):
    with pytest.raises(InputError, match="not a readable Parquet file"):
        list(read_parquet(write("a.parquet", content), ["text"]))


def test_a_missing_column_and_an_empty_table_are_input_errors(table):
    with pytest.raises(InputError, match="no column 'text'; the columns are 'review'"):
        list(read_parquet(table(review=["good"]), ["text"]))
    with pytest.raises(InputError, match="holds no rows"):
        list(read_parquet(table(text=pa.array([], pa.string())), ["text"]))
