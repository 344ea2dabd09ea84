"""Progress says how many rows, how fast and how long still; once in a while."""

import logging

import pyarrow as pa
import pyarrow.parquet as pq

from sentiment_batch_predict.progress import Progress, expected_rows
from sentiment_sources import SourceSpec


class Clock:
    """A clock that is set by hand."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


def test_the_rate_counts_only_what_was_scored_now():
    clock = Clock()
    progress = Progress(10_000, clock)
    progress.found(5_000)
    clock.seconds = 10
    progress.add(1_000)
    assert progress.line() == "6,000 of about 10,000 rows (60%), 100 rows/s, 0:40 left"


def test_hours_are_told_as_hours():
    clock = Clock()
    progress = Progress(1_000_000, clock)
    clock.seconds = 10
    progress.add(1_000)
    assert progress.line().endswith("100 rows/s, 2:46:30 left")


def test_before_the_first_row_there_is_no_rate():
    clock = Clock()
    progress = Progress(1_000, clock)
    clock.seconds = 7
    assert progress.line() == "0 of about 1,000 rows (0%)"
    progress.found(500)
    assert progress.line() == "500 of about 1,000 rows (50%)"


def test_what_is_not_known_is_not_told():
    clock = Clock()
    for expected in (0, 50):
        clock.seconds = 0
        progress = Progress(expected, clock)
        clock.seconds = 2
        progress.add(100)
        assert progress.line() == "100 rows, 50 rows/s"


def test_without_a_terminal_it_is_a_line_soon_and_then_every_ten_seconds(caplog):
    caplog.set_level(logging.INFO)
    clock = Clock()
    with Progress(1_000, clock) as progress:
        for second in range(1, 31):
            clock.seconds = second
            progress.add(10)
    assert [record.message[:3] for record in caplog.records] == ["50 ", "150", "250"]


def test_rows_of_parquet_files_are_known_and_those_of_text_estimated(tmp_path):
    pq.write_table(pa.table({"text": ["a"] * 70}), tmp_path / "a.parquet")
    (tmp_path / "b.csv").write_text("text\n" + "a line\n" * 200_000)
    assert expected_rows([SourceSpec(str(tmp_path / "a.parquet"))]) == 70
    both = expected_rows([SourceSpec(str(tmp_path / "[ab].*"))])
    assert abs(both - 200_070) < 500


def test_rows_are_not_known_where_one_source_does_not_tell(tmp_path):
    (tmp_path / "a.csv").write_text("text\na\n")
    (tmp_path / "a.csv.gz").write_bytes(b"")
    known = SourceSpec(str(tmp_path / "a.csv"))
    for unknown in (str(tmp_path / "a.csv.gz"), "s3://bucket/a.csv"):
        assert expected_rows([known, SourceSpec(unknown)]) == 0
