"""A server of two workers on a registry: keys, several models, and a switch under load."""

import sys
import threading
from pathlib import Path

import httpx
import pytest

KEY = "k" * 32
CLIENTS = 4
EVERYWHERE = "0.0.0.0"  # noqa: S104 (with a key)


@pytest.fixture
def server(store, tiny_bundle, other_bundle, tmp_path, environment, started, free_port):
    """Two workers on an alias; a client with a key."""
    store(tiny_bundle)
    keys = tmp_path / "keys"
    keys.write_text(f"{KEY}\n")
    port = free_port()
    command = [
        "sentiment-serve", "run", "--model", "models:/sentiment@champion", "--follow", "0.3",
        "--also", f"other={other_bundle}", "--workers", "2", "--host", EVERYWHERE, "--port",
        str(port), "--api-keys-file", str(keys), "--home", str(tmp_path / "home"),
        "--request-log", str(tmp_path / "requests"),
    ]  # fmt: skip
    variables = environment | {"MLFLOW_TRACKING_URI": store.uri}
    variables["PATH"] = f"{Path(sys.executable).parent}:{variables['PATH']}"
    with started(command, port, tmp_path / "log", env=variables) as client:
        client.headers["X-API-Key"] = KEY
        yield client


def ask(client, **fields):
    return client.post("/predict", json={"text": "good", **fields})


def test_a_switch_under_load_drops_no_request(server, store, other_bundle, tmp_path):
    answers, end = [], threading.Event()

    def load():
        with httpx.Client(base_url=server.base_url, headers=server.headers, timeout=30) as client:
            while not end.is_set():
                answers.append(ask(client))

    threads = [threading.Thread(target=load) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        version = store(other_bundle)
        until = threading.Event()
        for _ in range(200):
            newest = {answer.json()["model"]["version"] for answer in answers[-200:]}
            if newest == {version} and len(answers) > 500:
                break
            until.wait(0.1)
    finally:
        end.set()
        for thread in threads:
            thread.join()
    assert newest == {version}, "both workers have switched"
    assert {answer.status_code for answer in answers} == {200}
    label = {"1": "positive", version: "negative"}
    for answer in answers:
        body = answer.json()
        assert body["predictions"][0]["label"] == label[body["model"]["version"]]
    assert_the_rest(server, tmp_path)


def assert_the_rest(server, tmp_path):
    """Says of the same server, which takes seconds to start, what else is true of it."""
    listed = {model["name"]: model for model in server.get("/models").json()["models"]}
    assert listed["sentiment"]["default"]
    assert listed["sentiment"]["source"] == "registry"
    assert ask(server, model="other").json()["model"]["name"] == "other"
    bare = httpx.Client(base_url=server.base_url)
    assert ask(bare).status_code == 401
    assert bare.get("/metrics").status_code == 401
    assert bare.get("/readyz").status_code == bare.get("/ping").status_code == 200
    assert 'outcome="accepted"' in server.get("/metrics").text
    # A registry that goes away later changes nothing for those who ask.
    (tmp_path / "mlflow.db").rename(tmp_path / "away.db")
    assert ask(server).json()["model"]["version"] == "2"
    assert list((tmp_path / "requests").glob("*.jsonl*"))
