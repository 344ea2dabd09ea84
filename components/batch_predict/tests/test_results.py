"""Scored rows as Parquet, CSV and JSON lines; refused rows with their reasons."""

import csv
import datetime
import json
import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment_batch_predict import results
from sentiment_batch_predict.finished import Finished, table
from sentiment_batch_predict.rows import Columns, parts
from sentiment_models import LABELS
from sentiment_sources import Record

COLUMNS = Columns("text", "id", ("stars",))


def kept_parts(folder, values, size=2):
    """Keeps a part for each two values of the kept column; a text of None is a refused row."""
    records = [
        Record("a.csv", row, {"text": "fine", "id": f"r{row}", "keep:stars": value})
        for row, value in enumerate(values)
    ]
    finished = Finished(folder / "parts", "work")
    paths = []
    for part in parts(records, COLUMNS, size=size):
        good = sum(reason is None for reason in part.reasons)
        scored = table(part, COLUMNS, LABELS, np.tile([0.125, 0.25, 0.625], (good, 1)))
        paths.append(finished.path(part))
        finished.save(paths[-1], scored)
    return paths


def written(folder, values, form, *, csv_safe=True):
    paths = kept_parts(folder, values)
    counts = results.write(paths, folder, form, LABELS, csv_safe=csv_safe)
    return folder / f"scored.{form}", counts


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2, 3], pa.int64()),
        ([1, 2, 3.5], pa.float64()),
        ([None, None, 3], pa.int64()),
        ([None, None, None], pa.string()),
        ([1, 2, "three"], pa.string()),
        ([2**60 + 1, 2, 0.5], pa.string()),
        ([True, False, None], pa.bool_()),
        ([datetime.date(2026, 1, 2)] * 3, pa.date32()),
    ],
)
def test_a_kept_column_has_one_type_that_holds_all_its_values(tmp_path, values, kind):
    path, _ = written(tmp_path, values, "parquet")
    found = pq.read_table(path)
    assert found.schema.field("stars").type == kind
    spelled = [None if v is None else str(v) if kind == pa.string() else v for v in values]
    assert found["stars"].to_pylist() == spelled
    assert found.column_names == ["id", "stars", "label", *LABELS]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), max_size=5))
@settings(max_examples=40, deadline=None)
def test_csv_gives_texts_back_with_an_apostrophe_before_formulas(tmp_path_factory, values):
    path, _ = written(tmp_path_factory.mktemp("csv"), values, "csv")
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row, value in zip(rows, values, strict=True):
        cell = row["stars"]
        assert cell in (value, "'" + value)
        assert cell[:1] not in {"=", "@", "\t", "\r", "\n"}


@pytest.mark.parametrize(
    ("value", "safe"),
    [
        ("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("+1-1", "'+1-1"), ("\t=1", "'\t=1"),
        ("＝1+1", "'＝1+1"),
        ("-5", "-5"), ("-0.5e3", "-0.5e3"), ("+491701234", "+491701234"), ("fine", "fine"),
    ],
)  # fmt: skip
def test_a_formula_is_defused_and_a_number_is_left_alone(tmp_path, value, safe):
    for csv_safe, expected in ((True, safe), (False, value)):
        path, _ = written(tmp_path, [value], "csv", csv_safe=csv_safe)
        with path.open(encoding="utf-8", newline="") as stream:
            assert next(csv.DictReader(stream))["stars"] == expected


def test_csv_tells_an_absent_value_from_an_empty_text(tmp_path):
    path, _ = written(tmp_path, ["", None], "csv")
    assert [line.split(",")[1] for line in path.read_text().split("\n")[1:3]] == ['""', ""]


def test_json_lines_hold_numbers_texts_and_dates(tmp_path):
    day = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
    path, _ = written(tmp_path, [day, None], "jsonl")
    first, second = map(json.loads, path.read_text().split("\n")[:2])
    assert first == {
        "id": "r0", "stars": "2026-01-02T00:00:00+00:00", "label": "positive",
        "negative": 0.125, "neutral": 0.25, "positive": 0.625,
    }  # fmt: skip
    assert second["stars"] is None


def test_what_is_no_number_is_null_in_json(tmp_path):
    path, _ = written(tmp_path, [math.nan, math.inf, 1.5], "jsonl")
    assert [json.loads(line)["stars"] for line in path.read_text().split("\n")[:3]] == [
        None, None, 1.5,
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl"])
def test_rows_read_are_rows_scored_and_refused(tmp_path, form):
    _, counts = written(tmp_path, [1, "\ud800", 2, "a\0", 3], form)
    summary = counts.summary(LABELS)
    assert summary["rows"] == {"read": 5, "scored": 3, "refused": 2}
    assert summary["refused"] == {"NUL character": 1, "half a surrogate pair": 1}
    assert summary["labels"]["positive"] == {"rows": 3, "share": 1.0}
    refused = [json.loads(line) for line in (tmp_path / "refused.jsonl").open()]
    assert refused[0] == {
        "file": "a.csv", "row": 1, "reason": "half a surrogate pair",
        "detail": "in column 'stars'", "id": "r1",
    }  # fmt: skip
    assert [row["row"] for row in refused] == [1, 3]
