import logging

import pytest

from sentiment_common.errors import InputError
from sentiment_ingest import capacity
from sentiment_sources import Record, SourceSpec


def records(count):
    return (Record("a.csv", row, {"text": "x" * 100}) for row in range(2, count + 2))


def test_this_machine_has_some_memory():
    assert 10**7 < capacity.available_memory() < 10**15


def test_rows_that_fit_are_all_yielded():
    assert len(list(capacity.watched(records(capacity.BATCH + 1), 10**9))) == capacity.BATCH + 1


def test_rows_that_will_not_fit_are_refused_where_it_is_certain():
    with pytest.raises(InputError, match=r"a\.csv, row 32769: 32,768 rows and more.*--since auto"):
        list(capacity.watched(records(2 * capacity.BATCH), 10**7))


def test_only_files_that_may_not_fit_are_warned_of(tmp_path, caplog):
    (tmp_path / "a.csv").write_bytes(b"x" * 1000)
    (tmp_path / "b.csv").write_bytes(b"x" * 1000)
    specs = [SourceSpec(str(tmp_path / "*.csv")), SourceSpec("s3://bucket/c.csv")]
    with caplog.at_level(logging.WARNING):
        capacity.warn_of_size(specs, 2000 * capacity.FILE_FACTOR)
        assert caplog.messages == []
        capacity.warn_of_size(specs, 2000 * capacity.FILE_FACTOR - 1)
    assert len(caplog.messages) == 1
