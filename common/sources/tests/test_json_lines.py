import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_ingest.readers.json_lines import read_json_lines


def test_each_line_is_a_record_and_a_key_it_lacks_is_none(write):
    path = write("a.jsonl", '{"text": "good", "stars": 5}\n\n{"text": "bad"}\n')
    assert [(record.row, record.values) for record in read_json_lines(path, ["text", "stars"])] == [
        (1, {"text": "good", "stars": 5}),
        (3, {"text": "bad", "stars": None}),
    ]


@pytest.mark.parametrize("line", ["{", '"text"', "7", "[" * 100_000, '{"text": 1e}', "9" * 5000])
def test_a_line_that_is_no_object_is_a_problem_of_that_line(write, line):
    path = write("a.jsonl", '{"text": "good"}\n' + line + "\n")
    records = list(read_json_lines(path, ["text"]))
    assert [record.problem for record in records] == ["", "not a JSON object"]
    assert records[1].detail


def test_a_key_no_line_has_is_a_missing_column(write):
    path = write("a.jsonl", '{"review": "good"}\n{"stars": 5}\n')
    with pytest.raises(InputError, match="no column 'text'; the columns are 'review', 'stars'"):
        list(read_json_lines(path, ["text"]))


def test_an_array_is_recognised(write):
    with pytest.raises(InputError, match="one JSON array, not JSON lines"):
        list(read_json_lines(write("a.json", '[\n{"text": "good"}\n]\n'), ["text"]))


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=8), st.booleans())
def test_any_text_is_read_back(tmp_path_factory, texts, escaped):
    lines = [json.dumps({"text": text}, ensure_ascii=escaped) + "\n" for text in texts]
    path = tmp_path_factory.mktemp("jsonl") / "a.jsonl"
    path.write_bytes("".join(lines).encode())
    assert [record.values["text"] for record in read_json_lines(path, ["text"])] == texts
