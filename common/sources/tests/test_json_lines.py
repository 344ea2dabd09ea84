import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_sources.formats.files import ROW_LIMIT
from sentiment_sources.formats.json_lines import look_up

KEYS = ("text", "stars")


def test_each_line_is_a_record_and_a_key_it_lacks_is_none(read):
    found = read("a.jsonl", '\ufeff{"text": "good", "stars": 5}\r\n\n{"text": "bad"}\n', *KEYS)
    assert found.kept == [(1, "good", 5), (3, "bad", None)]
    assert not found.told


DAMAGED = [
    "{", '"text"', "7", "[" * 100_000, '{"text": 1e}', "9" * 5000, '{"text": "cut of', "[1]",
    '{"text": "a", "text": "b"}', '{"text": "a\tb"}', '{"a":' * 100_000, "nul", '{"text": "\\x"}',
]  # fmt: skip


@pytest.mark.parametrize("line", DAMAGED, ids=range(len(DAMAGED)))
def test_a_line_that_is_no_object_is_a_problem_of_that_line(read, line):
    found = read("a.jsonl", '{"text": "good"}\n' + line + '\n{"text": "fine"}\n')
    assert found.kept == [(1, "good"), (3, "fine")]
    ((row, problem, detail),) = found.dropped
    assert (row, problem) == (2, "not a JSON object")
    assert detail


def test_a_first_line_that_is_cut_does_not_hide_that_there_is_an_object_a_line(read):
    found = read("a.jsonl", '{"text": "cut\n{"text": "fine"}\n')
    assert found.kept == [(2, "fine")]
    assert found.dropped[0][:2] == (1, "not a JSON object")


@pytest.mark.parametrize(
    ("value", "problem"),
    [('"a\\u0000b"', "NUL character"), ('"\\ud83d"', "half a surrogate pair")],
)
def test_a_text_that_is_no_text_is_a_problem_of_its_row(read, value, problem):
    found = read("a.jsonl", f'{{"text": {value}}}\n{{"text": "\\ud83d\\ude00"}}\n')
    assert found.dropped == [(1, problem, "in the text")]
    assert found.kept == [(2, "😀")]


def test_bytes_that_are_not_utf8_cost_their_own_row(read):
    lines = [b'{"text": "na\xc3\xafve"}', b'{"text": "caf\xe9"}', b'{"text": "fine"}']
    for content in (b"\n".join(lines), b"[" + b",\n".join(lines) + b"]"):
        found = read("a.json", content)
        assert [text for _, text in found.kept] == ["naïve", "fine"]
        assert [row[:2] for row in found.dropped] == [(2, "not UTF-8")]


def test_nan_and_infinity_are_no_value_and_huge_numbers_stay_exact(read):
    text = '{"text": "a", "stars": NaN}\n{"text": "b", "stars": -Infinity}\n'
    text += '{"text": "c", "stars": 123456789012345678901234567890}\n'
    assert [stars for _, _, stars in read("a.jsonl", text, *KEYS).kept] == [
        None, None, 123456789012345678901234567890,
    ]  # fmt: skip


def test_columns_can_be_paths_into_nested_values(read):
    text = json.dumps({"user": {"name": "jo"}, "replies": [{"text": "good"}], "a.b": 1}) + "\n"
    assert read("a.jsonl", text, "replies.0.text", "user.name", "a.b").kept == [
        (1, "good", "jo", 1)
    ]
    with pytest.raises(InputError, match=r"no column 'user.age'; the columns are 'user', "):
        read("a.jsonl", text, "replies.0.text", "user.age")


def test_a_path_that_leads_nowhere_is_not_there():
    values = {"a": [1, {"b": None}], "c": "text"}
    assert look_up(values, "a.1.b") == (True, None)
    assert look_up(values, "a.0") == (True, 1)
    for path in ("a.2", "a.x", "c.0", "d", "a.1.b.c", "a.-1", ""):
        assert look_up(values, path) == (False, None)


def test_a_key_no_line_has_is_a_missing_column(read):
    with pytest.raises(
        InputError, match="no column 'text'; the columns are 'review', 'stars'; the"
    ):
        read("a.jsonl", '{"review": "good"}\n{"stars": 5}\n')


ARRAYS = [
    '[{"text": "good"}, {"text": "bad"}]', '\n[\n  {\n"text": "good"},\n  {"text": "bad"\n}\n]\n',
    '\ufeff[{"text":"good"},{"text":"bad"}]\n', '[{"text":"good"}][{"text":"bad"}]',
    '{\n"text": "good"\n}\n{\n"text": "bad"\n}\n', '[{"text":"good"},{"text":"bad"}\x1a',
]  # fmt: skip


@pytest.mark.parametrize("text", ARRAYS, ids=range(len(ARRAYS)))
def test_an_array_or_objects_over_several_lines_are_read(read, text):
    found = read("a.json", text)
    assert [text for _, text in found.kept] == ["good", "bad"]
    assert not found.dropped


def test_objects_in_an_array_are_numbered_by_their_lines(read):
    text = '[{"text": "one",\n "stars": 1}, {"text": "two"},\n\n{"text": "three"}]'
    assert [row for row, _ in read("a.json", text).kept] == [1, 2, 4]


BROKEN = [
    ('{"text": "a\\x"}', 1), ('{"text": "a"', 1), ('{"text": "a, "stars": 5}', 1), ("7", 1),
    ('"text"', 1), ('{"text": ["a"}', 1), ("[1, 2]", 1), ("null", 1), ('{"text": "a"}}', 1),
    ('{"a":' * 50_000 + "1" + "}" * 50_000, 1), ('{"text": "a", "text": "b"}', 1),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "rows"), BROKEN, ids=range(len(BROKEN)))
def test_a_damaged_object_in_an_array_costs_its_own_row(read, damage, rows):
    found = read(
        "a.json", '[\n{"text": "one"},\n' + damage + ',\n{"text": "two"},\n{"text": "x"}\n]'
    )
    assert [text for _, text in found.kept if text != "a"] == ["one", "two", "x"]
    assert [problem for _, problem, _ in found.dropped] == ["not a JSON object"] * rows


@pytest.mark.parametrize("cut", range(1, 30, 3))
def test_an_array_that_is_cut_off_keeps_its_whole_objects(read, cut):
    text = '[{"text": "one"}, {"text": "two words", "stars": 5}'
    found = read("a.json", text[:-cut])
    assert found.kept == [(1, "one")]
    assert [problem for _, problem, _ in found.dropped] == ["not a JSON object"]


def test_an_array_is_read_through_many_chunks(read):
    rows = [{"text": f'naïve text {n} "quoted" [{{', "stars": n} for n in range(60_000)]
    found = read("a.json", json.dumps(rows, ensure_ascii=False), *KEYS)
    assert [(text, stars) for _, text, stars in found.kept] == [
        (row["text"], row["stars"]) for row in rows
    ]


@pytest.mark.parametrize("separator", ["\n", ""])
def test_an_object_that_holds_the_list_is_told_with_its_key(read, separator):
    text = f'{{{separator}"page": 1, "reviews": [{{{separator}"text": "good"}}]{separator}}}\n'
    with pytest.raises(InputError, match=r"no column 'text', but a list of objects in 'reviews'; .*"
                       r"jq -c '\.reviews\[\]' a\.json"):  # fmt: skip
        read("a.json", text)


def test_a_row_beyond_the_limit_is_dropped_and_the_next_is_read(read):
    long = json.dumps({"text": "long " * (ROW_LIMIT // 4)})
    found = read("a.jsonl", f'{{"text": "one"}}\n{long}\n{{"text": "two"}}\n')
    assert found.kept == [(1, "one"), (3, "two")]
    assert found.dropped == [(2, "row too long", "more than 16,777,216 characters")]


def test_brackets_that_never_close_are_one_line(read):
    row = json.dumps({"text": "good " * 10_000})
    text = '[{"text": "one"}, {"text": [' + f"{row},\n" * (ROW_LIMIT // 40_000)
    with pytest.raises(InputError, match="row 1: brackets are opened and never closed; write one"):
        read("a.json", text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1, max_size=8
    ),
    st.booleans(),
    st.sampled_from(["lines", "array", "indented"]),
)
def test_any_text_is_read_back(read, texts, escaped, layout):
    rows = [{"text": text} for text in texts]
    if layout == "lines":
        content = "".join(json.dumps(row, ensure_ascii=escaped) + "\n" for row in rows)
    else:
        indent = 2 if layout == "indented" else None
        content = json.dumps(rows, ensure_ascii=escaped, indent=indent)
    found = read("a.json", content, encoding="utf-8")
    assert [text for _, text in found.kept] == texts


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{'text': 'good'}\n{'text': 'bad'}\n", "Expecting property name enclosed in .*"),
        ('window.YTD.tweets.part0 = [ {"text": "good"} ]', "Expecting value"),
        ('[["text", "stars"], ["good", 5]]', "a list instead"),
        ("text,stars\ngood,5\n", "Expecting value"),
    ],
)
def test_what_holds_no_object_at_all_is_one_line_with_the_reason(read, content, why):
    with pytest.raises(InputError, match=f"row 1: holds no row of JSON .*: {why}.; write one obj"):
        read("a.json", content)


def test_a_key_in_another_case_is_proposed(read):
    with pytest.raises(InputError, match="no column 'text'; the columns are 'Text'; the text may"):
        read("a.jsonl", '{"Text": "good"}\n')
