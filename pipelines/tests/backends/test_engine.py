"""What is known of containers without a daemon; real ones are in tests/system."""

import http.server
import itertools
import json
import os
import socketserver
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests
from docker.errors import APIError
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.errors import InputError
from sentiment_pipelines.backends import engine
from sentiment_pipelines.backends.container import Container


class Daemon(http.server.BaseHTTPRequestHandler):
    """Answers as a daemon of long ago."""

    def do_GET(self):
        body = json.dumps({"ApiVersion": "1.39", "Version": "18.09.1"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "somebody"

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture
def old_daemon(tmp_path):
    address = tmp_path / "docker.sock"
    with socketserver.ThreadingUnixStreamServer(str(address), Daemon) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"unix://{address}"
        server.shutdown()


def complaint():
    with pytest.raises(InputError) as error:
        engine.connect()
    return str(error.value)


def test_a_daemon_that_is_too_old_is_refused_with_what_it_takes(monkeypatch, old_daemon):
    monkeypatch.setenv("DOCKER_HOST", old_daemon)
    assert complaint() == (
        "docker: the Docker daemon is too old: 18.09.1, API 1.39; it takes Docker 20.10, API 1.41, "
        "or newer"
    )


def test_no_daemon_is_one_line_that_names_its_address_and_the_way_without(monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    assert complaint() == (
        f"unix://{tmp_path}/none.sock: no Docker daemon answers (No such file or directory); start "
        "one, check DOCKER_HOST, or take the process backend, which needs none"
    )


LINES = st.lists(st.text(st.characters(exclude_characters="\n", codec="utf-8"), max_size=5))


@given(LINES, LINES, st.data())
def test_lines_of_both_streams_come_whole_however_the_daemon_cuts_and_mixes_them(one, two, data):
    waiting = [[(it, None) for it in cut(one, data)], [(None, it) for it in cut(two, data)]]
    parts = []
    while any(waiting):
        stream = data.draw(st.sampled_from([it for it in waiting if it]))
        parts.append(stream.pop(0))
    told = list(engine._lines(parts))
    assert sorted(told) == sorted([*one, *two])


def cut(lines, data):
    content = "".join(f"{line}\n" for line in lines).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=5)))
    return [content[begin:end] for begin, end in itertools.pairwise([0, *cuts, len(content)])]


def test_a_last_line_without_an_end_and_bytes_that_are_no_text_are_told_as_well():
    parts = [(b"one\ntw", None), (None, b"err"), (b"o\xff", None)]
    assert list(engine._lines(parts)) == ["one", "two�", "err"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            APIError("500", explanation="mkdir /var/lib/docker/x: no space left on device"),
            "the disk is full",
        ),
        (
            APIError("409", explanation="removal of container 1 is already in progress"),
            "the container vanished",
        ),
        (
            APIError("400", explanation="Minimum memory\nlimit allowed is 6MB"),
            "Docker could not run the container: Minimum memory limit allowed is 6MB",
        ),
        (requests.ConnectionError("aborted"), "the connection to the Docker daemon was lost"),
    ],
)
def test_what_the_daemon_refuses_is_one_line(error, reason):
    told = engine._refusal(error, Container("sentiment-ingest:1", ["sentiment-ingest"]))
    assert told.startswith(reason)
    assert "\n" not in told


def test_a_run_is_alive_as_long_as_its_process(tmp_path):
    hold = (
        "import pathlib, sys, time; from sentiment_pipelines.backends import engine; "
        "engine.hold(pathlib.Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", hold, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        assert engine._is_held(tmp_path)
        process.kill()
        process.wait()
        assert not engine._is_held(tmp_path)


def test_a_run_whose_folder_was_deleted_is_dead(tmp_path):
    assert not engine._is_held(tmp_path / "gone")


def test_a_run_of_another_machine_is_not_ours_to_judge(tmp_path):
    label = engine.labels(Path(tmp_path), "r", "ingest")[engine.HOST]
    assert label == os.uname().nodename
