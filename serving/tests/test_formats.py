import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_serving.calls import JSON, RefusedError
from sentiment_serving.formats import CSV, LINES, notation, texts_of, written
from sentiment_serving.model import OpenModel
from sentiment_serving.references import parse
from sentiment_serving.sources import Copy

TEXTS = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30), min_size=1, max_size=8
)


@given(TEXTS)
def test_each_notation_gives_the_same_texts_in_their_order(texts):
    lines = "".join(f"{json.dumps(text)}\n" for text in texts).encode()
    objects = "".join(f"{json.dumps({'text': text, 'id': 3})}\n" for text in texts).encode()
    table = io.StringIO(newline="")
    csv.writer(table, quoting=csv.QUOTE_ALL).writerows([text] for text in texts)
    assert texts_of(lines, LINES) == texts
    assert texts_of(objects, b"application/x-ndjson") == texts
    assert texts_of(table.getvalue().encode(), CSV) == texts
    for value in (texts, {"texts": texts}, {"inputs": texts}, {"instances": texts}):
        assert texts_of(json.dumps(value).encode(), JSON) == texts


def test_an_empty_line_of_csv_is_an_empty_text_and_a_cut_end_is_no_record():
    assert texts_of(b"a\n\nb", CSV) == ["a", "", "b"]
    assert texts_of(b'"a"\n"b"\n', LINES) == ["a", "b"]


@pytest.mark.parametrize(
    ("body", "media_type", "reason"),
    [
        (b"good,bad\n", CSV, "record 1 has 2 columns"), (b'"good', CSV, "not CSV"),
        (b"good\0\n" + b'"', CSV, "not CSV"), (b"", CSV, "no record"),
        (b'"a"\n\n"b"\n', LINES, "record 2 is not JSON"), (b"5\n", LINES, "record 1 is neither"),
        (b'"\xff"', LINES, "not UTF-8 at byte 1"), (b"[" * 100_000, LINES, "record 1 is not JSON"),
        (b'"\\ud800"', LINES, "lone surrogate"), (b'{"text": null}', LINES, "record 1 is neither"),
        (b"[5]", JSON, "record 1 is neither"), (b"[]", JSON, "no record"),
        (b"[" * 100_000, JSON, "recursion"),
        (b'"good"', JSON, "object"), (b'{"inputs": "good"}', JSON, "Extra inputs"),
        (b"x" * 10_001, CSV, "record 1 has more than 10000 characters"),
        (b"x\n" * 20_001, CSV, "more than 20000 records"),
    ],
)  # fmt: skip
def test_what_is_no_list_of_texts_is_refused_by_its_number(body, media_type, reason):
    with pytest.raises(RefusedError) as refused:
        texts_of(body, media_type)
    assert refused.value.status == 400
    assert reason in refused.value.reason


@pytest.mark.parametrize(
    ("accepted", "sent", "wanted"),
    [
        (None, CSV, CSV), (b"*/*", LINES, LINES), (b"application/jsonlines", CSV, LINES),
        (b"text/html, text/csv;q=0.5", JSON, CSV), (b"text/html", JSON, JSON),
    ],
)  # fmt: skip
def test_the_answer_is_in_the_accepted_notation_else_in_the_one_sent(accepted, sent, wanted):
    assert notation(accepted, sent) == wanted


@pytest.fixture(scope="module")
def model(tiny_bundle):
    return OpenModel(Copy(tiny_bundle), parse(str(tiny_bundle)), print)


def test_a_line_out_for_each_record_in(model):
    rows = model.score_now(["good", "", "bad"])
    lines = written(model, rows, LINES).decode().removesuffix("\n").split("\n")
    assert [json.loads(line)["label"] for line in lines] == ["positive", "negative", "negative"]
    table = list(csv.reader(io.StringIO(written(model, rows, CSV).decode())))
    assert [row[0] for row in table] == ["positive", "negative", "negative"]
    assert [[float(value) for value in row[1:]] for row in table] == rows
    assert len(json.loads(written(model, rows, JSON))["predictions"]) == 3
