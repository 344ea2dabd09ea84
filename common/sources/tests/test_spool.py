import os
import signal
import subprocess
import sys
import time
from collections import namedtuple

import pytest

from sentiment_common.errors import InputError
from sentiment_sources.places import spool
from sentiment_sources.places.failures import CutOffError
from sentiment_sources.secrets import Secrets

Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    monkeypatch.setattr(spool, "PAUSES", (0.0, 0.0))


def test_a_transient_failure_is_tried_again_from_the_beginning():
    tries = []

    def download(sink):
        tries.append(sink)
        sink.expect(6)
        sink.write(b"abc")
        if len(tries) == 2:
            raise ConnectionResetError("gone")
        if len(tries) == 3:
            sink.write(b"def")

    with spool.spooled("https://host/a%20b.csv?c=d", download, Secrets()) as (content, source):
        assert content.open().read() == b"abcdef"
        assert (content.name, source.size) == ("a b.csv", 6)
    assert len(tries) == 3
    assert not content.path.exists()


@pytest.mark.parametrize(
    ("error", "tries", "message"),
    [
        (CutOffError("3 of 6 bytes"), 3, r"cut off \(3 of 6 bytes\); try again"),
        (TimeoutError(), 3, "no answer in time; .* be more than 60 seconds"),
        (ConnectionRefusedError("no"), 3, r"cannot be reached \(no\)"),
        (FileNotFoundError("no"), 1, "no such file"),
        (PermissionError("no"), 1, "access denied"),
        (ValueError("one\ntwo"), 1, r"cannot be had \(ValueError: one\)"),
    ],
)
def test_failures_are_told_in_one_line_after_as_many_tries_as_they_are_worth(error, tries, message):
    made = []

    def attempt():
        made.append(1)
        raise error

    with pytest.raises(InputError, match=f"s3://b/a.csv: {message}"):
        spool.retried(attempt, "s3://b/a.csv", Secrets())
    assert len(made) == tries


def test_a_bug_and_a_full_disk_are_not_taken_for_failures_of_the_server():
    for error in (KeyError("bug"), OSError(28, "No space left on device")):

        def attempt(error=error):
            raise error

        with pytest.raises(type(error)):
            spool.retried(attempt, "s3://b/a.csv", Secrets())


def test_how_far_it_is_is_said_now_and_then(monkeypatch, caplog, tmp_path):
    monkeypatch.setattr(spool, "SECONDS_BETWEEN_LINES", 0.0)
    caplog.set_level("INFO")
    with (tmp_path / "file").open("wb") as stream:
        sink = spool.Sink(stream, "s3://b/a.csv")
        sink.expect(2_000)
        time.sleep(0.001)
        sink.write(bytes(1_500))
    assert caplog.messages == ["s3://b/a.csv: 1,500 of 2,000 bytes"]


def test_what_does_not_fit_on_the_disk_is_not_begun(monkeypatch, tmp_path):
    monkeypatch.setattr(spool.shutil, "disk_usage", lambda _: Usage(10**9, 0, 10**9))
    with (tmp_path / "file").open("wb") as stream:
        sink = spool.Sink(stream, "s3://b/a.csv")
        sink.expect(9 * 10**8)
        with pytest.raises(InputError, match=r"950,000,000 bytes do not fit.*let TMPDIR name"):
            sink.expect(95 * 10**7)


@pytest.mark.parametrize("given", ["0", "-1", "soon", "nan"])
def test_a_time_limit_that_is_none_is_refused(monkeypatch, given):
    monkeypatch.setenv("SENTIMENT_SOURCE_TIMEOUT", given)
    with pytest.raises(InputError, match=r"SENTIMENT_SOURCE_TIMEOUT: .* is no number of seconds"):
        spool.timeout()


STOPPED = """
import signal, sys, time
from sentiment_sources.places.spool import spooled
from sentiment_sources.secrets import Secrets

def stop(number, frame):
    raise SystemExit(128 + number)

def download(sink):
    sink.write(b"abc")
    print("here", flush=True)
    time.sleep(60)

signal.signal(signal.SIGTERM, stop)
with spooled("s3://b/a.csv", download, Secrets()):
    pass
"""


def test_a_stage_that_is_stopped_leaves_no_copy_behind(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", STOPPED], stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert process.stdout.readline() == b"here\n"
    assert list(tmp_path.rglob("file"))
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGTERM
    assert not list(tmp_path.iterdir())
