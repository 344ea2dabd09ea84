"""A finished part is found again for the same rows and work, and for no others."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sentiment_batch_predict.finished import Finished, table
from sentiment_batch_predict.rows import Columns, parts
from sentiment_common.errors import InputError
from sentiment_models import LABELS
from sentiment_sources import Record

COLUMNS = Columns("text", "", ("stars",))


def part_of(*stars, text="fine"):
    records = [
        Record("a.csv", row, {"text": text, "keep:stars": value})
        for row, value in enumerate(stars, start=2)
    ]
    records.append(Record("a.csv", 99, {}, "wrong number of columns", "3"))
    [part] = parts(records, COLUMNS)
    return part


def scored(part):
    return table(part, COLUMNS, LABELS, np.tile([0.2, 0.3, 0.5], (len(part) - 1, 1)))


def test_a_row_is_scored_or_refused_and_never_both():
    rows = scored(part_of(1, 2)).to_pylist()
    assert [row["label"] for row in rows] == ["positive", "positive", None]
    assert [row["negative"] for row in rows] == [0.2, 0.2, None]
    assert [row["reason"] for row in rows] == [None, None, "wrong number of columns"]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([1, 2], [1, 2]),
        ([1, 2.5], [1.0, 2.5]),
        (["1", "2"], ["1", "2"]),
        ([True, "2"], ["true", "2"]),
        ([2**64, 1], ["18446744073709551616", "1"]),
        ([2**60 + 1, 0.5], ["1152921504606846977", "0.5"]),
    ],
)
def test_a_column_keeps_its_type_or_is_text(values, told):
    assert scored(part_of(*values))["kept stars"].to_pylist() == [*told, None]


def kept_in(folder, part, work="work"):
    finished = Finished(folder, work)
    path = finished.path(part)
    finished.save(path, scored(part))
    return finished, path


def test_a_part_is_found_for_the_same_rows_and_work_alone(tmp_path):
    part = part_of(1)
    finished, path = kept_in(tmp_path, part)
    assert finished.holds(finished.path(part), len(part))
    assert not finished.stale(path)
    for other in (Finished(tmp_path, "other work").path(part), finished.path(part_of(2))):
        assert not finished.holds(other, len(part))
        assert finished.stale(other) == [path]


def test_a_part_takes_the_place_of_what_was_there(tmp_path):
    kept_in(tmp_path, part_of(1))
    _, path = kept_in(tmp_path, part_of(2))
    assert list(tmp_path.iterdir()) == [path]


def test_the_same_part_may_be_kept_by_two_at_once(tmp_path):
    finished, path = kept_in(tmp_path, part := part_of(1))
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: finished.save(path, scored(part)), range(80)))
    assert list(tmp_path.iterdir()) == [path]
    assert finished.holds(path, len(part))


@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_a_damaged_part_is_not_done(tmp_path, damage):
    part = part_of(1)
    finished, path = kept_in(tmp_path, part)
    content = path.read_bytes()
    path.write_bytes(content[:-20] if damage == "cut" else content[:40] + b"\0" * 8 + content[48:])
    assert not finished.holds(path, len(part))
    finished.save(path, scored(part))
    assert finished.holds(path, len(part))


def test_a_place_that_is_no_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="no folder for finished parts"):
        Finished(tmp_path / "file", "work")
