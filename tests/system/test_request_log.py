"""The request log on a disk that fills up: entries are dropped and counted, and on it goes."""

import json
import os
import subprocess

import pytest

from sentiment_pipelines.environments import process_environment, rooms, sync

PROGRAM = """
import json, sys, time
from pathlib import Path
from sentiment_common.request_log import Account, Answered, read_log
from sentiment_serving.request_log import LogSettings, RequestLog

folder, big = Path(sys.argv[1]) / "log", Path(sys.argv[1]) / "big"
folder.mkdir()

def fill():
    try:
        big.write_bytes(bytes(8 << 20))
    except OSError:
        pass

def record(count):
    before = log.written + sum(log.dropped.values())
    for _ in range(count):
        log.record(Answered("r", "m", "d", ["x" * 1_000], ("positive",), [[1.0]], 0.1, 0.0))
    while log.written + sum(log.dropped.values()) < before + count:
        time.sleep(0.01)
    return log.written, log.dropped

steps = []
if sys.argv[2] == "full from the beginning":
    fill()
log = RequestLog(folder, LogSettings(text="raw", flush_seconds=0.02, rotate_bytes=100_000))
steps.append(record(50))
fill()
steps.append(record(500))
big.unlink()
steps.append(record(50))
log.close()
account = Account()
numbers = [entry.seq for entry in read_log(folder, account)]
print(json.dumps([steps, numbers, account.dropped, account.lost, account.cut_lines]))
"""


@pytest.fixture
def small_disk(tmp_path):
    """A file system of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("only root may mount a file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def run(disk, disk_is):
    room = rooms()["serving"]
    sync(room)
    done = subprocess.run(
        [room.python, "-c", PROGRAM, disk, disk_is], env=process_environment(room),
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_full_disk_drops_and_counts_and_the_log_goes_on_when_there_is_room(small_disk):
    steps, numbers, dropped, lost, cut_lines = run(small_disk, "empty at first")
    before, (full_written, full), (after, final) = steps
    assert before == [50, {}]
    assert full["disk full"] > 0
    assert full_written + full["disk full"] == 550
    assert after == full_written + 50, "there is room again"
    assert final == full == dropped
    assert (len(numbers), lost, cut_lines) == (after, 0, 0)
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == 599


def test_a_disk_that_is_full_from_the_beginning_does_not_stop_the_service(small_disk):
    steps, numbers, dropped, _, _ = run(small_disk, "full from the beginning")
    assert steps[0] == [0, {"disk full": 50}]
    assert numbers == list(range(550, 600))
    assert dropped == {"disk full": 550}
