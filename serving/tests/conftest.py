"""A bundle small enough to read, and real servers of it on free ports."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import numpy as np
import pytest

from sentiment_common.artifacts import payload_digest
from sentiment_common.text import TextSpecification, current
from sentiment_models import load, reference
from sentiment_models.bundle import Bundle, write_bundle
from sentiment_models.linear import LinearWeights, save_linear

WRITER = Path(__file__).with_name("mlflow_writer.py")
SCRIPTS = Path(sys.executable).parent
SECONDS_TO_START = 60
VOCABULARY = ("good", "bad", "parcel", "not good")
KNOWN = (*VOCABULARY, "good parcel", "the parcel is not good", "late")


def pytest_collection_modifyitems(config, items):
    """Leaves out what takes long, a server of MLflow to start, unless ``-m slow`` asks for it."""
    if not config.option.markexpr:
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="slow: make test-faults runs it"))


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
def known_texts():
    return list(KNOWN) * 200


@pytest.fixture(scope="session")
def watched_bundle(tiny_bundle, known_texts, tmp_path_factory):
    """The tiny bundle with a reference of 1,400 rows."""
    folder = shutil.copytree(tiny_bundle, tmp_path_factory.mktemp("watched") / "model")
    probabilities = load(folder).predict_proba(known_texts)
    targets = probabilities.argmax(axis=1)
    targets[::10] = np.arange(len(targets[::10])) % 3
    specification = TextSpecification.load(folder / "text_spec")
    reference.make(known_texts, probabilities, targets, specification).write(folder)
    return folder


@pytest.fixture(scope="session")
def other_bundle(tiny_bundle, tmp_path_factory):
    """The tiny bundle with good and bad exchanged."""
    folder = shutil.copytree(tiny_bundle, tmp_path_factory.mktemp("other") / "model")
    (folder / "vocabulary.txt").write_text("bad\ngood\nparcel\nnot good\n")
    return folder


@pytest.fixture(scope="session")
def mlflow_environment():
    """The environment of MLflow's interface; this room's own knows no MLflow."""
    folder = Path(sys.prefix).with_name("pipelines-ui")
    if not (folder / "bin" / "mlflow").is_file():
        pytest.fail("no environment with MLflow: `make test` and `make ui` make it")
    return folder


@pytest.fixture(scope="session")
def registry(mlflow_environment, tmp_path_factory):
    """Pushes bundles and moves aliases, in any store, with MLflow's client."""
    variables = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "PYTHONWARNINGS": "ignore"}
    with subprocess.Popen(
        [str(mlflow_environment / "bin" / "python"), str(WRITER)], env=variables, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        cwd=tmp_path_factory.mktemp("writer"),
    ) as writer:  # fmt: skip

        def ask(uri, **asked):
            writer.stdin.write(json.dumps({"uri": uri, "name": "sentiment", **asked}) + "\n")
            writer.stdin.flush()
            return json.loads(writer.stdout.readline())

        yield ask
        writer.kill()


@pytest.fixture(scope="session")
def empty_store(registry, tmp_path_factory):
    """A database with MLflow's tables and nothing in them: making one takes seconds."""
    folder = tmp_path_factory.mktemp("empty")
    registry(f"sqlite:///{folder}/mlflow.db", name="nobody")
    return folder / "mlflow.db"


@pytest.fixture
def store(registry, empty_store, tmp_path):
    """A new sqlite store: pushes a bundle to it and moves its alias ``champion``."""
    shutil.copy(empty_store, tmp_path)
    uri = f"sqlite:///{tmp_path}/mlflow.db"

    def push(bundle, digest=None):
        given = payload_digest(bundle) if digest is None else digest
        return registry(
            uri, bundle=str(bundle), digest=given, alias="champion",
            location=(tmp_path / "artifacts").as_uri(),
        )  # fmt: skip

    push.uri = uri
    push.move = lambda version: registry(uri, alias="champion", version=version)
    push.drop = lambda: registry(uri, alias="champion")
    return push


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
    unset = ("SENTIMENT_", "BENTOML_", "MLFLOW_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unset)}
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
