"""A bundle small enough to read, and real servers of it on free ports."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import numpy as np
import pytest

from sentiment_common.text import current
from sentiment_models.bundle import Bundle, write_bundle
from sentiment_models.linear import LinearWeights, save_linear

SCRIPTS = Path(sys.executable).parent
SECONDS_TO_START = 60
VOCABULARY = ("good", "bad", "parcel", "not good")


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory):
    """Knows four terms; a text without them gets a third of each label."""
    folder = tmp_path_factory.mktemp("tiny") / "model"
    folder.mkdir()
    specification = current({"parcels": "parcel"})
    specification.save(folder.parent / "text_spec")
    coefficients = np.array([[-2.0, 2.0, 0.0, 4.0], [0.0, 0.0, 1.0, 0.0], [2.0, -2.0, 0.0, -4.0]])
    idf = np.ones(len(VOCABULARY), dtype=np.float32)
    save_linear(folder, LinearWeights(VOCABULARY, 2, idf, coefficients, np.zeros(3)))
    bundle = Bundle(name="tiny", backend="linear", text_specification=specification.digest)
    write_bundle(folder, bundle, folder.parent / "text_spec")
    return folder


@pytest.fixture(scope="session")
def free_port():
    """Finds a port that nobody listens on."""

    def find():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    return find


@pytest.fixture(scope="session")
def environment():
    """The environment of a shell that knows no model."""
    unset = {"SENTIMENT_MODEL", "BENTOML_HOME", "BENTOML_PORT"}
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    return {**kept, "BENTOML_DO_NOT_TRACK": "True"}


@pytest.fixture(scope="session")
def started():
    """Runs a command until the server it starts has answered and the block has ended."""

    @contextlib.contextmanager
    def start(command, port, log, **options):
        with log.open("wb") as stream:
            server = subprocess.Popen(command, stdout=stream, stderr=stream, **options)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                wait_until_ready(client, server, log)
                yield client
        finally:
            server.terminate()
            server.wait(timeout=30)

    return start


def wait_until_ready(client, server, log):
    for _ in range(SECONDS_TO_START * 10):
        assert server.poll() is None, log.read_text()
        with contextlib.suppress(httpx.TransportError):
            if client.get("/readyz").status_code == 200:
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="session")
def service_log(tmp_path_factory):
    return tmp_path_factory.mktemp("service") / "log.txt"


@pytest.fixture(scope="session")
def service(tiny_bundle, started, free_port, environment, service_log):
    """A client of ``sentiment-serve run`` on the tiny bundle."""
    port = free_port()
    command = [
        str(SCRIPTS / "sentiment-serve"), "run", "--model", str(tiny_bundle),
        "--port", str(port), "--home", str(service_log.parent / "home"),
    ]  # fmt: skip
    with started(command, port, service_log, env=environment) as client:
        yield client
