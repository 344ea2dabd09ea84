import datetime
import decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sentiment_common.errors import InputError

BAD = pa.StringArray.from_buffers(
    2,
    pa.py_buffer(b"".join(n.to_bytes(4, "little") for n in (0, 4, 8))),
    pa.py_buffer(b"caf\xe9good"),
)


@pytest.fixture
def read_table(read, tmp_path):
    def read_table(*wanted, **columns):
        path = tmp_path / "table.parquet"
        pq.write_table(pa.table(columns), path)
        return read("a.parquet", path.read_bytes(), *(wanted or ["text"]))

    return read_table


def test_rows_are_numbered_through_all_batches(read_table):
    found = read_table(text=[f"text {n}" for n in range(70_000)], other=list(range(70_000)))
    assert found.kept == [(n + 1, f"text {n}") for n in range(70_000)]


def test_nanoseconds_and_time_zones_become_dates(read_table):
    created = pa.array([1_700_000_000_123_456_789], pa.timestamp("ns", "Asia/Tokyo"))
    ((_, _, value),) = read_table("text", "created", text=["good"], created=created).kept
    assert value.isoformat() == "2023-11-14T22:13:20.123456+00:00"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (pa.array(["good"]).dictionary_encode(), "good"),
        (pa.array(["good"], pa.large_string()), "good"),
        (pa.array(["good"], pa.string_view()), "good"),
        (pa.array([b"na\xc3\xafve"]), "naïve"),
        (pa.array([b"na\xc3\xafve"], pa.large_binary()), "naïve"),
        (pa.array([None], pa.string()), None),
        (pa.array([None]), None),
        (pa.array([decimal.Decimal("4.5")]), decimal.Decimal("4.5")),
        (pa.array([datetime.date(2023, 1, 1)]), datetime.date(2023, 1, 1)),
        (pa.array([4.5], pa.float32()), 4.5),
        (pa.array([True]), True),
    ],
)
def test_every_plain_type_is_read(read_table, column, value):
    assert read_table(text=column).kept == [(1, value)]


def test_columns_can_be_paths_into_nested_columns(read_table):
    user = pa.array([{"name": {"first": "jo"}}, {"name": None}, None])
    found = read_table("text", "user.name.first", text=["a", "b", "c"], user=user)
    assert found.kept == [(1, "a", "jo"), (2, "b", None), (3, "c", None)]
    dotted = {"a.b": pa.array(["flat"]), "a": pa.array([{"b": "nested"}])}
    assert read_table("a.b", **dotted).kept == [(1, "flat")]
    with pytest.raises(InputError, match=r"no column 'user.age'; the columns are 'text', 'user'"):
        read_table("text", "user.age", text=["a", "b", "c"], user=user)


@pytest.mark.parametrize(
    ("column", "kind"),
    [(pa.array([["a"]]), "list<"), (pa.array([{"a": 1}]), "struct<")],
)
def test_a_column_of_lists_or_objects_is_refused_with_its_type(read_table, column, kind):
    with pytest.raises(InputError, match=f"the column 'text' holds {kind}.*, not one value a row"):
        read_table(text=column)


def test_a_string_that_is_not_utf8_costs_its_own_row(read_table):
    found = read_table(text=BAD)
    assert found.dropped == [(1, "not UTF-8", "byte 0xe9 in the text")]
    assert found.kept == [(2, "good")]


def test_a_nul_character_costs_its_own_row(read_table):
    found = read_table(text=["a\0b", "good"])
    assert (found.dropped, found.kept) == ([(1, "NUL character", "in the text")], [(2, "good")])


@pytest.mark.parametrize("content", [b"", b"text,stars\ngood,5\n", b"PAR1" * 3, b"PARE" * 9])
def test_another_file_by_that_name_is_an_input_error(read, content):
    with pytest.raises(
        InputError, match=r"a.parquet: not a readable Parquet file .*write it again$"
    ):
        read("a.parquet", content)


def test_a_file_that_is_damaged_inside_is_an_input_error(read, tmp_path):
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"text": ["good"] * 1000}), path, write_page_checksum=True)
    content = bytearray(path.read_bytes())
    content[content.index(b"good")] ^= 1
    with pytest.raises(InputError, match=r"not a readable Parquet file .*CRC"):
        read("a.parquet", bytes(content))


def test_a_missing_column_and_an_empty_table_are_input_errors(read_table):
    with pytest.raises(
        InputError, match=r"no column 'text'; the columns are 'review'; the text may"
    ):
        read_table(review=["good"])
    with pytest.raises(InputError, match=r"holds no rows"):
        read_table(text=pa.array([], pa.string()))
