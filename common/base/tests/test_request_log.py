"""The request log as a reader sees it that wants to go on: see serving's tests for the rest."""

import gzip
import os

import pytest

from sentiment_common.errors import InputError
from sentiment_common.request_log import Account, Entry, read_feedback, read_log
from sentiment_common.request_log.entry import entry_line

STEM = "requests-20261102T000000.000000Z-7"


def entry(number):
    """An entry of a number."""
    return Entry(
        number, "2026-11-02T00:00:00.000Z", f"r{number}", 0, "m", "sha256:d", "", "fine", "raw",
        "positive", {"positive": 1.0}, 1.0, "",
    )  # fmt: skip


def test_a_tolerant_account_counts_damaged_lines_and_reads_on(tmp_path):
    lines = [entry_line(entry(0)), b"nonsense\n", b'{"no": "entry"}\n', entry_line(entry(1))]
    (tmp_path / f"{STEM}-000000.jsonl").write_bytes(b"".join(lines))
    account = Account(tolerant=True)
    assert [it.seq for it in read_log(tmp_path, account)] == [0, 1]
    assert account.damaged == 2
    assert "2 damaged" in str(account)
    with pytest.raises(InputError, match="line 2: no line of a request log"):
        list(read_log(tmp_path))


def test_a_tolerant_account_goes_on_behind_a_cut_archive(tmp_path):
    packed = gzip.compress(b"".join(entry_line(entry(number)) for number in range(500)))
    (tmp_path / f"{STEM}-000000.jsonl.gz").write_bytes(packed[:-100])
    (tmp_path / f"{STEM}-000001.jsonl").write_bytes(entry_line(entry(500)))
    account = Account(tolerant=True)
    numbers = [it.seq for it in read_log(tmp_path, account)]
    assert numbers[-1] == 500
    assert len(numbers) > 1
    assert account.damaged == 1


def test_a_tolerant_account_counts_damaged_feedback(tmp_path):
    good = b'{"time":"2026","request_id":"r1","position":0,"label":"positive","by":""}\n'
    (tmp_path / "feedback-20261102.jsonl").write_bytes(b"nonsense\n" + good)
    account = Account(tolerant=True)
    assert [it.request_id for it in read_feedback(tmp_path, account)] == ["r1"]
    assert account.damaged == 1
    with pytest.raises(InputError, match="line 1: no line of feedback"):
        list(read_feedback(tmp_path))


def test_files_that_were_last_written_before_are_passed_over(tmp_path):
    for number in range(3):
        path = tmp_path / f"{STEM}-{number:06d}.jsonl"
        path.write_bytes(entry_line(entry(number)))
        os.utime(path, (1_000 * number, 1_000 * number))
    assert [it.seq for it in read_log(tmp_path, since=1_000)] == [1, 2]
    assert list(read_log(tmp_path, since=5_000)) == []
