"""Rows in are rows kept and rows dropped, whatever the bytes."""

import io
import json
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment_common.errors import InputError

PROPERTY = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=5_000, max_examples=150,
)  # fmt: skip
# A text begins and ends with a letter: behind a quotation mark that nobody closed no reader can
# tell a text that begins with a delimiter from the next column.
TEXT = st.from_regex(r"\A[a-zé][a-z é,;|\"'\n=.😀]{0,30}[a-z]\Z")


def _quoted(text):
    return '"' + text.replace('"', '""') + '"'


def _csv(text, stars):
    return f"{_quoted(text)},{stars}\n".encode()


def _json(text, stars):
    return json.dumps({"text": text, "stars": str(stars)}).encode() + b"\n"


CSV_DAMAGE = [
    b"ragged\n", b"a,b,c\n", b"caf\xe9,1\n", b"cut \xe2\x80,1\n", b"n\0ul,1\n", b'"open,1\n',
    b'"closed" early,1\n', b"text,stars\n", b'a,"open too\n', b"\xef\xbb\xbftext,stars\n",
]  # fmt: skip
JSON_DAMAGE = [
    b"{\n", b"null\n", b'{"text": "caf\xe9"}\n', b'{"text": "n\\u0000ul"}\n', b'{"text": "cut\n',
    b'{"text": 1e}\n', b'{"text": "\\ud83d"}\n', b'{"text": "a", "text": "b"}\n', b"[1]\n",
]  # fmt: skip
ARRAY_DAMAGE = [*JSON_DAMAGE[1:-1], b'{"text": ["a"}\n', b'{"text": "a"\n', b"7\n"]


def _rows(good, damage):
    row = st.tuples(TEXT, st.integers(1, 5)).map(lambda row: (row, good(*row)))
    return st.lists(row | st.sampled_from(damage).map(lambda raw: (None, raw)), max_size=12)


def _check(found, rows, nested=False):
    assert [row[1:] for row in found.kept] == [
        (text, str(stars)) for text, stars in filter(None, (row for row, _ in rows))
    ]
    planted = sum(row is None for row, _ in rows)
    # What stands behind brackets that never close, up to the next object, is a part of the damage.
    fewest = min(1, planted) if nested else planted
    assert fewest <= len(found.dropped) <= planted
    places = [row[0] for row in found.kept + found.dropped]
    assert len(places) == len(set(places))


@PROPERTY
@given(_rows(_csv, CSV_DAMAGE), st.booleans())
def test_every_good_row_of_a_csv_file_comes_back_once_among_damaged_ones(read, rows, crlf):
    content = b"text,stars\n" + b"".join(raw for _, raw in rows)
    if crlf and not any("\n" in row[0] for row, _ in rows if row):
        content = content.replace(b"\n", b"\r\n")
    pins = {"encoding": "utf-8", "quotes": "doubled", "delimiter": ","}
    if rows:
        _check(read("a.csv", content, "text", "stars", **pins), rows)


@PROPERTY
@given(_rows(_json, JSON_DAMAGE))
def test_every_good_row_of_json_lines_comes_back_once_among_damaged_ones(read, rows):
    content = _json("first", 1) + b"".join(raw for _, raw in rows)
    found = read("a.jsonl", content, "text", "stars", encoding="utf-8")
    _check(found._replace(kept=found.kept[1:]), rows)


@PROPERTY
@given(_rows(_json, ARRAY_DAMAGE))
def test_every_good_row_of_an_array_comes_back_once_among_damaged_ones(read, rows):
    parts = [_json("first", 1), *(raw for _, raw in rows), _json("last", 1)]
    found = read("a.json", b"[\n" + b",\n".join(parts) + b"]", "text", "stars", encoding="utf-8")
    assert found.kept[-1][1:] == ("last", "1")
    _check(found._replace(kept=found.kept[1:-1]), rows, nested=True)


@PROPERTY
@given(st.lists(st.sampled_from([b"good", b"na\xc3\xafve", b"caf\xe9", b"n\0ul"]), min_size=1))
def test_every_parquet_row_is_kept_or_dropped(read, cells):
    stream = io.BytesIO()
    pq.write_table(pa.table({"text": pa.array(cells, pa.binary())}), stream)
    found = read("a.parquet", stream.getvalue())
    fit = [cell for cell in cells if cell not in (b"caf\xe9", b"n\0ul")]
    assert [text.encode() for _, text in found.kept] == fit
    assert sorted(row for row, *_ in found.kept + found.dropped) == list(range(1, len(cells) + 1))


def _parquet():
    stream = io.BytesIO()
    pq.write_table(pa.table({"text": ["good", "naïve", None], "stars": ["1", "2", "3"]}), stream)
    return stream.getvalue()


SEEDS = {
    "a.csv": 'text,stars\n"good, ""really""",5\nnaïve,1\n"two\nlines",3\n'.encode(),
    "a.tsv": b"\xff\xfe" + "text\tstars\ngood\t5\n".encode("utf-16-le"),
    "a.jsonl": '{"text": "good", "stars": 5}\n{"text": "naïve", "stars": null}\n'.encode(),
    "a.json": b'[{"text": "good", "stars": [1]},\n {"text": "bad", "stars": {"a": "b"}}]',
    "a.txt": "good\nnaïve\r\n\nlast".encode(),
    "a.parquet": _parquet(),
}
SPLICES = [
    b'"', b"\n", b"\r", b",", b";", b"\0", b"\xff", b"\xe2\x80", b"\xef\xbb\xbf", b"\xff\xfe",
    b"{", b"}", b"[", b"]", b"\\", b"\x1a", b"sep=;\n", b"text,stars\n", b"\xed\xa0\x80", b"PAR1",
]  # fmt: skip


@st.composite
def damaged_files(draw):
    name = draw(st.sampled_from(sorted(SEEDS)))
    content = bytearray(SEEDS[name] * draw(st.sampled_from([1, 1, 2])))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(content)))
        end = min(len(content), at + draw(st.integers(0, 8)))
        content[at:end] = draw(st.sampled_from(SPLICES) | st.binary(max_size=4))
    return name, bytes(content)


@settings(PROPERTY, max_examples=400)
@given(damaged_files())
def test_no_bytes_bring_a_reader_down(read, file):
    name, content = file
    columns = ["text"] if name == "a.txt" else ["text", "stars"]
    try:
        found = read(name, content, *columns)
    except InputError as error:
        assert "\n" not in str(error)
        return
    places = [row[0] for row in found.kept + found.dropped]
    assert len(places) == len(set(places)) or name in ("a.json", "a.jsonl")
    assert all(problem for _, problem, _ in found.dropped)
    assert not any("\0" in value for _, *row in found.kept for value in row if type(value) is str)


@PROPERTY
@given(st.lists(st.binary(max_size=12).map(lambda line: re.sub(rb'[\r\n"\x1a]', b"", line))))
def test_lines_are_counted_as_another_counts_them(read, lines):
    content = b"text,stars\n" + b"\n".join(lines)
    shown = [line.decode("utf-8", "replace") for line in content.split(b"\n")]
    blank = [not line.strip() for line in shown]
    for name, columns, header in (("a.txt", ["text"], 0), ("a.csv", ["text", "stars"], 1)):
        pins = {"encoding": "utf-8", "quotes": "doubled", "delimiter": ",", "format": name[2:]}
        if blank.count(False) == header:
            with pytest.raises(InputError, match="holds no rows"):
                read(name, content, *columns, **pins)
            continue
        found = read(name, content, *columns, **pins)
        assert len(found.kept) + len(found.dropped) == blank.count(False) - header
