"""One request on a socket: answered at once, its alerts kept, and the training outlives it."""

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from sentiment_pipelines.retraining import check, journal

from .conftest import AT_ONCE, alertmanager

PLAYING = """
import os, sys, time
from pathlib import Path
from sentiment_pipelines import cli, execution, runs
from sentiment_pipelines.retraining import running, webhook

def run(order, console, backend):
    time.sleep(1.0)  # the connection is long gone
    made = runs.Run.begin({"parameters": order.parameters(), "pipeline": "training"})
    made.note(outcome="refused", status="finished")
    return 3, made

webhook.SECONDS = float(os.environ.get("PATIENCE", webhook.SECONDS))
execution.run = run
running.splits_are_known = lambda client: True
cli.main(sys.argv[1:])
"""


@contextmanager
def passed_to(state):
    """Yields our end of a connection whose other end is the command's standard input."""
    ours, theirs = socket.socketpair()
    ours.settimeout(60)
    places = ("--log", str(state.log), "--labels", str(state.labels), "--policy", AT_ONCE)
    process = subprocess.Popen(
        [sys.executable, "-c", PLAYING, "retrain-check", "--webhook", *places],
        stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "SENTIMENT_VAR": str(state.var)},
    )  # fmt: skip
    theirs.close()
    try:
        yield ours, process
    finally:
        ours.close()
        process.kill()
        process.wait()
        process.stderr.close()


def post(body, head="POST /retrain HTTP/1.1", length=None):
    length = len(body) if length is None else length
    return f"{head}\r\nHost: here\r\nContent-Length: {length}\r\n\r\n{body}".encode()


def answer(connection):
    content = b""
    while part := connection.recv(4096):
        content += part
    return content.decode()


def test_an_alert_is_answered_at_once_and_the_training_goes_on_alone(state):
    state.champion()
    state.traffic()
    began = datetime.now(UTC).isoformat()
    with passed_to(state) as (connection, process):
        connection.sendall(post(alertmanager(("Falls", "true", "firing", began))))
        said = answer(connection)
        assert said.startswith("HTTP/1.1 200 OK\r\n")
        assert said.endswith("1 alerts ask for a retraining\n")
        assert process.poll() is None
        assert [it.kind for it in journal.read(check.decisions()).lines][:1] == ["alert"]
        connection.close()
        assert process.wait(60) == 3
        assert "retrain: Alert Falls: accuracy falls" in process.stderr.read()
    assert state.told == [
        ("alert", "", ""), ("decision", "retrain", ""), ("start", "retrain", ""),
        ("end", "retrain", "refused"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (post("{}"), 400),
        (post("{", length=10), 400),
        (b"hello\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 411),
        (b"GET / HTTP/1.1\r\n\r\n", 405),
        (post("", length=2_000_000), 413),
        (post("x" * 2_000_000), 413),
        (b"POST / HTTP/1.1\r\n" + b"A: b\r\n" * 200, 400),
        (b"x" * 10_000, 400),
    ],
)
def test_what_cannot_be_used_is_answered_and_is_one_line_in_the_log(state, request_, status):
    with passed_to(state) as (connection, process):
        connection.sendall(request_)
        connection.shutdown(socket.SHUT_WR)
        assert answer(connection).startswith(f"HTTP/1.1 {status} ")
        assert process.wait(60) == 2
        assert process.stderr.read().count("\n") == 1
    assert state.lines == ()


def test_whoever_says_nothing_is_told_so_and_not_waited_for(state, monkeypatch):
    monkeypatch.setenv("PATIENCE", "1")
    begin = time.monotonic()
    with passed_to(state) as (connection, process):
        connection.sendall(b"POST / HT")
        assert answer(connection).startswith("HTTP/1.1 408 ")
        assert process.wait(60) == 2
    assert time.monotonic() - begin > 1


def test_an_alert_that_asks_for_nothing_begins_nothing(state):
    state.champion()
    with passed_to(state) as (connection, process):
        connection.sendall(post(alertmanager(("Slow", "", "firing", "2026-11-23T10:00:00Z"))))
        assert "0 alerts ask" in answer(connection)
        assert process.wait(60) == 0
    assert state.lines == ()
