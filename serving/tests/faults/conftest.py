"""Real servers to be mistreated, started as a user starts them."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

from harness import processes
from harness.load import post

SCRIPTS = Path(sys.executable).parent
GOOD = post("/predict", json.dumps({"text": "good"}).encode())


@pytest.fixture(scope="session")
def serve(tiny_bundle, environment, tmp_path_factory):
    """Runs ``sentiment-serve run`` for the length of a block, set by variables."""

    @contextlib.contextmanager
    def start(model=tiny_bundle, uri="", **variables):
        folder, port = tmp_path_factory.mktemp("server"), processes.free_port()
        command = [
            str(SCRIPTS / "sentiment-serve"), "run", "--model", str(model), "--port", str(port),
            "--home", str(folder / "home"),
        ]  # fmt: skip
        settings = {f"SENTIMENT_{name.upper()}": str(value) for name, value in variables.items()}
        log = folder / "log.txt"
        settings |= {"MLFLOW_TRACKING_URI": uri} if uri else {}
        with processes.started(command, port, GOOD, log, {**environment, **settings}) as server:
            yield server, log

    return start


@pytest.fixture(scope="session")
def shared(serve):
    """A server that has to outlive every test that has no other: port, process, log."""
    with serve(read_timeout=2) as (server, log):
        yield server, log


@pytest.fixture
def server(shared):
    """The shared server, which must answer as before when the test is over."""
    server, log = shared
    workers = processes.tree(server.process.pid)
    yield server
    assert processes.tree(server.process.pid) == workers, "no worker was lost"
    answer = httpx.post(f"http://127.0.0.1:{server.port}/predict", json={"text": "good"})
    assert answer.json()["predictions"][0]["label"] == "positive"
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="session")
def any_client(shared):
    """A client of the shared server."""
    with httpx.Client(base_url=f"http://127.0.0.1:{shared[0].port}", timeout=60) as client:
        yield client


@pytest.fixture
def client(server, any_client):
    """The same, for a test after which the server is looked at."""
    return any_client


@pytest.fixture
def disk(tmp_path):
    """Makes a file system of some megabytes, and resizes it; only root may."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def size(megabytes, *options):
        at = ["-o", ",".join([*options, f"size={megabytes}m"]), "tmpfs", str(folder)]
        return subprocess.run(["mount", "-t", "tmpfs", *at], capture_output=True, check=False)

    if size(1).returncode:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("only root may mount a file system")
    yield folder, lambda megabytes: size(megabytes, "remount")
    subprocess.run(["umount", str(folder)], check=True)
