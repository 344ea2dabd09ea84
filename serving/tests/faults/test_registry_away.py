"""A registry that is away, damaged or gone: the model that is here goes on answering."""

import re
import shutil
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from harness import processes
from harness.load import measure

from .conftest import GOOD, SCRIPTS

ALIAS = "models:/sentiment@champion"
SECONDS_TO_SWITCH = 20


@pytest.fixture
def following(serve, store, tiny_bundle, other_bundle, tmp_path):
    """A server on an alias of an sqlite store; and a copy in which the alias has moved."""
    first, second = store(tiny_bundle), store(other_bundle)
    moved = shutil.copy(tmp_path / "mlflow.db", tmp_path / "moved.db")
    store.move(first)
    with serve(ALIAS, follow=0.2, model_cache=tmp_path / "cache", uri=store.uri) as (server, log):
        assert version(server) == first
        yield server, log, moved, second


def stale(server):
    text = httpx.get(f"http://127.0.0.1:{server.port}/metrics").text
    return re.findall(r"^sentiment_model_stale\{[^}]*\} (\S+)", text, re.MULTILINE) == ["1.0"]


def version(server):
    answer = httpx.post(f"http://127.0.0.1:{server.port}/predict", json={"text": "good"})
    return answer.json()["model"]["version"]


def wait_for(condition):
    until = time.monotonic() + SECONDS_TO_SWITCH
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.1)


def gone(database):
    database.unlink()


def damaged(database):
    database.write_bytes(b"SQLite format 3\x00" + b"\xff" * 8192)


def emptied(database):
    database.write_bytes(b"")


def no_file(database):
    database.unlink()
    database.mkdir()


@pytest.mark.parametrize("harm", [gone, damaged, emptied, no_file])
def test_a_registry_that_goes_away_changes_nothing_until_it_is_back(following, tmp_path, harm):
    server, log, moved, second = following
    database, first = tmp_path / "mlflow.db", version(server)
    harm(database)
    if harm is not emptied:  # that is a store of another MLflow, not one that is away
        wait_for(lambda: stale(server))
    load = measure(server.port, [GOOD], connections=4, seconds=1, warm_up=0)
    assert set(load.outcomes) == {"200"}, load.outcomes
    assert version(server) == first
    assert httpx.get(f"http://127.0.0.1:{server.port}/readyz").status_code == 200

    if database.is_dir():
        database.rmdir()
    shutil.copy(moved, database)
    wait_for(lambda: version(server) == second)
    wait_for(lambda: not stale(server))
    assert "Traceback" not in log.read_text()


def test_a_server_starts_without_its_registry_where_a_copy_is_kept(
    serve, store, tiny_bundle, tmp_path
):
    store(tiny_bundle)
    cache = tmp_path / "cache"
    with serve(ALIAS, model_cache=cache, uri=store.uri) as (server, _):
        assert version(server) == "1"
    (tmp_path / "mlflow.db").unlink()
    with serve(ALIAS, model_cache=cache, uri=store.uri) as (server, _):
        assert version(server) == "1"


def test_without_registry_and_copy_the_start_ends_in_one_line(environment, tmp_path):
    port = processes.free_port()
    nobody = f"http://127.0.0.1:{processes.free_port()}"
    done = subprocess.run(
        [
            str(SCRIPTS / "sentiment-serve"), "run", "--model", ALIAS, "--port", str(port),
            "--home", str(tmp_path / "home"),
        ],
        env={
            **environment, "MLFLOW_TRACKING_URI": nobody,
            "SENTIMENT_MODEL_CACHE": str(tmp_path / "cache"),
        },
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().split("\n")) == 1, done.stderr
    assert "registry" in done.stderr
    assert not Path(tmp_path / "cache").is_dir() or not list((tmp_path / "cache").glob("[0-9a-f]*"))
