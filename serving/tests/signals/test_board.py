import json
import os
import subprocess
import sys

import pytest

from sentiment_serving.signals.board import Board

WORKER = """
import json, sys
from pathlib import Path
from sentiment_serving.signals.board import Board
Board(Path(sys.argv[1])).publish(json.loads(sys.argv[2]))
if sys.argv[3:]:
    print("ready", flush=True)
    sys.stdin.read()
"""
CONTENT = {"model": {"1h": {"7": {"label": [1, 2, 3]}}}}


@pytest.fixture
def dead(tmp_path):
    """Leaves what a worker has published that is no more."""

    def dead(content=CONTENT):
        command = [sys.executable, "-c", WORKER, str(tmp_path), json.dumps(content)]
        subprocess.run(command, check=True, timeout=60)

    return dead


@pytest.fixture
def alive(tmp_path):
    command = [sys.executable, "-c", WORKER, str(tmp_path), json.dumps(CONTENT), "stay"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        worker.stdout.readline()
        yield worker
        worker.stdin.close()


def test_every_worker_is_read_dead_ones_too(tmp_path, dead, alive):
    dead()
    board = Board(tmp_path)
    board.publish({"model": {"24h": {}}, "other": {}})
    assert board.all("model").count(CONTENT["model"]) == 2
    assert len(board.all("model")) == 3
    assert board.all("other") == [{}]
    assert board.all("unknown") == []


def test_what_the_dead_have_left_is_inherited_once_and_the_living_keep_theirs(
    tmp_path, dead, alive
):
    dead()
    dead()
    heirs = Board(tmp_path), Board(tmp_path)
    assert [heir.inherit() for heir in heirs] == [[CONTENT, CONTENT], []]
    assert [path.name for path in tmp_path.iterdir()] == [f"signals_{alive.pid}.json"]


def test_a_predecessor_with_the_same_number_is_inherited(tmp_path):
    (tmp_path / f"signals_{os.getpid()}.json").write_text(json.dumps(CONTENT))
    assert Board(tmp_path).inherit() == [CONTENT]


def test_a_worker_replaces_what_it_has_left_before(tmp_path):
    board = Board(tmp_path)
    board.publish(CONTENT)
    board.publish({"model": {}})
    assert board.all("model") == [{}]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_single_process_needs_no_folder():
    board = Board(None)
    assert board.all("model") == []
    counts = {"1h": {"7": {"label": [1]}}}
    board.publish({"model": counts})
    counts["1h"]["7"]["label"][0] = 9
    assert board.all("model") == [{"1h": {"7": {"label": [1]}}}]
    assert board.inherit() == []


def test_a_folder_that_is_gone_is_said(tmp_path):
    with pytest.raises(OSError, match="gone"):
        Board(tmp_path / "gone").publish(CONTENT)
