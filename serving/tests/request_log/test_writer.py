import os
import resource
import signal
import subprocess
import sys
import time

import pytest

from sentiment_common.errors import InputError
from sentiment_common.request_log import Account, files, read_log
from sentiment_serving.request_log import LogSettings, RequestLog

ENDLESS = """
import itertools, sys, time
from pathlib import Path
from sentiment_common.request_log import Answered
from sentiment_serving.request_log import RequestLog
log = RequestLog(Path(sys.argv[1]))
for number in itertools.count():
    log.record(Answered("r", "tiny", "d", [f"text {number}"], ("positive",), [[1.0]], 0.1, 0.0))
    print(number, flush=True)
    time.sleep(0.001)
"""


def read(folder):
    account = Account()
    return list(read_log(folder, account)), account


def wait_until(condition):
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen")


def test_everything_recorded_is_read_again_in_order(opened, answered, folder):
    log = opened()
    for number in range(500):
        log.record(answered(f"text {number}", "and another", request_id=f"r-{number}"))
    log.close()
    entries, account = read(folder)
    assert [entry.seq for entry in entries] == list(range(1_000))
    assert entries[998].text == "text 499"
    assert account == Account(entries=1_000)
    assert (log.written, log.dropped) == (1_000, {})


def test_within_a_second_it_is_on_the_disk(opened, answered, folder):
    log = opened(flush_seconds=LogSettings().flush_seconds)
    log.record(answered("soon"))
    recorded = time.monotonic()
    wait_until(lambda: log.written)
    assert time.monotonic() - recorded < 1
    assert read(folder)[1] == Account(entries=1)


def test_a_full_queue_drops_and_counts_and_never_waits(opened, answered, folder):
    log = opened(flush_seconds=30, queue_texts=3)
    for _ in range(5):
        log.record(answered("one", "two"))
    assert log.dropped == {"queue full": 8}
    log.close()
    _, account = read(folder)
    assert account == Account(entries=2, dropped={"queue full": 8})


def test_long_texts_fill_the_queue_too(opened, answered):
    log = opened(flush_seconds=30, queue_characters=100)
    log.record(answered("x" * 90))
    log.record(answered("x" * 20))
    assert log.dropped == {"queue full": 1}


def test_files_are_closed_by_size_compressed_and_the_oldest_deleted(opened, answered, folder):
    log = opened(rotate_bytes=20_000, keep_bytes=15_000, text="raw")
    for number in range(1, 41):
        log.record(answered(*(os.urandom(40).hex() for _ in range(20))))
        wait_until(lambda done=20 * number: log.written == done)
    log.close()
    parts = files.parts(folder)
    assert parts[0].number > 0, "the oldest are gone"
    assert sum(part.path.stat().st_size for part in parts) < 15_000 + 3 * 20_000
    assert any(part.compressed for part in parts)
    entries, account = read(folder)
    assert entries[-1].seq == 799
    assert account == Account(entries=len(entries)), "what is deleted in order is not lost"


def test_files_are_closed_by_age(opened, answered, folder):
    log = opened(rotate_seconds=0.05)
    log.record(answered("first"))
    wait_until(lambda: any(part.compressed for part in files.parts(folder)))
    log.record(answered("second"))
    log.close()
    assert [part.number for part in files.parts(folder)] == [0, 1]
    assert read(folder)[1] == Account(entries=2)


def test_only_the_owner_may_read(opened, answered, folder):
    opened().record(answered("mine", caller="key"))
    wait_until(lambda: list(folder.glob("*.jsonl")))
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_a_killed_process_loses_a_second_at_most_and_it_is_counted(folder, opened, answered):
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(folder)], stdout=subprocess.PIPE, text=True
    )
    for line in process.stdout:
        if int(line) == 1_500:
            process.send_signal(signal.SIGKILL)
            break
    last = [1_500, *map(int, process.stdout.read().split())][-1]
    process.wait()
    entries, account = read(folder)
    assert [entry.seq for entry in entries] == list(range(len(entries)))
    assert 0 < account.entries <= last + 1
    # It was killed between storing a number and printing it, or not.
    assert account.entries + account.lost in (last + 1, last + 2)
    assert account.lost < 1_000, "it records fewer than a thousand a second"

    opened().close()
    wait_until(lambda: files.parts(folder)[0].compressed)
    assert read(folder)[1] == account, "the next process closes the file and keeps the count"


def test_what_is_recorded_after_the_end_is_dropped_by_name(opened, answered):
    log = opened()
    log.close()
    log.record(answered("late"))
    assert log.dropped == {"closed": 1}


def test_a_process_that_just_ends_writes_what_waits(folder):
    program = ENDLESS.replace("itertools.count()", "range(3)")
    subprocess.run([sys.executable, "-c", program, str(folder)], check=True, capture_output=True)
    assert read(folder)[1] == Account(entries=3)
    assert not list(folder.glob("*.count"))


def test_a_disk_that_takes_no_more_drops_counts_and_goes_on(opened, answered, folder):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    log = opened()
    log.record(answered("before"))
    wait_until(lambda: log.written == 1)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
        log.record(answered("x" * 5_000, "y" * 5_000))
        wait_until(lambda: log.dropped == {"cannot write": 2})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    log.record(answered("after"))
    log.close()
    entries, account = read(folder)
    assert [entry.text for entry in entries] == ["before", "after"]
    assert account == Account(entries=2, dropped={"cannot write": 2})


def test_a_place_that_is_no_folder_is_bad_input(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="no folder for the request log"):
        RequestLog(tmp_path / "file")
