import os
import signal
import socket
import sqlite3
import subprocess
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from sentiment_common.artifacts import payload_digest
from sentiment_common.errors import InputError
from sentiment_common.mlflow_api import ServerError
from sentiment_serving.registry import Registered, registry_of

SECONDS_TO_START = 120


@pytest.fixture(scope="module")
def server(mlflow_environment, tmp_path_factory):
    """Address of a real MLflow server that passes artifacts on."""
    folder = tmp_path_factory.mktemp("mlflow")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(mlflow_environment / "bin" / "mlflow"), "server", "--host", "127.0.0.1",
        "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination", (folder / "artifacts").as_uri(),
    ]  # fmt: skip
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(
            command, stdout=log, stderr=log, cwd=folder, start_new_session=True
        ) as process,
    ):
        try:
            until = time.monotonic() + SECONDS_TO_START
            while time.monotonic() < until:
                assert process.poll() is None, (folder / "log").read_text()
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
                    break
                except (urllib.error.URLError, ConnectionError, TimeoutError):
                    time.sleep(0.2)
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # its workers too; the store is thrown away


@pytest.fixture(params=["sqlite", pytest.param("server", marks=pytest.mark.slow)])
def pushed(request, tiny_bundle, store, registry):
    """A store with one version of the model, and its address."""
    if request.param == "sqlite":
        store(tiny_bundle)
        return store.uri
    address = request.getfixturevalue("server")
    registry(
        address, bundle=str(tiny_bundle), digest=payload_digest(tiny_bundle), alias="champion",
        location=None,
    )  # fmt: skip
    return address


def test_what_mlflow_wrote_is_found_by_alias_and_version_and_copied_whole(
    pushed, tiny_bundle, tmp_path
):
    registry = registry_of({"MLFLOW_TRACKING_URI": pushed})
    found = registry.look("sentiment", "champion", "")
    assert found == registry.look("sentiment", "", "1")
    assert (found.version, found.digest) == ("1", payload_digest(tiny_bundle))
    copy = tmp_path / "copy"
    copy.mkdir()
    registry.download(found, copy)
    assert payload_digest(copy) == found.digest
    for name, alias, version in [
        ("sentiment", "nobody", ""), ("sentiment", "", "9"), ("nobody", "champion", "")
    ]:  # fmt: skip
        with pytest.raises(InputError, match=f"of a model '{name}' in the registry"):
            registry.look(name, alias, version)


def test_a_moved_and_a_deleted_alias_are_seen(store, tiny_bundle, other_bundle):
    registry = registry_of({"MLFLOW_TRACKING_URI": store.uri})
    store(tiny_bundle)
    store(other_bundle)
    assert registry.look("sentiment", "champion", "").version == "2"
    store.move("1")
    assert registry.look("sentiment", "champion", "").version == "1"
    store.drop()
    with pytest.raises(InputError, match="champion"):
        registry.look("sentiment", "champion", "")


def test_a_database_of_another_schema_is_refused_in_one_line(store, tiny_bundle, tmp_path):
    store(tiny_bundle)
    with sqlite3.connect(tmp_path / "mlflow.db") as connection:
        connection.execute("ALTER TABLE model_versions RENAME COLUMN status TO state")
    with pytest.raises(InputError, match="table model_versions lacks status") as refused:
        registry_of({"MLFLOW_TRACKING_URI": store.uri}).look("sentiment", "champion", "")
    assert "\n" not in str(refused.value)


def test_a_store_that_is_not_there_is_away(tmp_path):
    uri = f"sqlite:///{tmp_path}/no.db"
    with pytest.raises(ServerError, match=r"no\.db"):
        registry_of({"MLFLOW_TRACKING_URI": uri}).look("sentiment", "champion", "")
    (tmp_path / "no.db").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(ServerError, match="cannot be read"):
        registry_of({"MLFLOW_TRACKING_URI": uri}).look("sentiment", "champion", "")


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({}, "set MLFLOW_TRACKING_URI"),
        ({"MLFLOW_TRACKING_URI": "postgresql://host/db"}, "no http or https address"),
        ({"MLFLOW_REGISTRY_URI": "http://user:pass@host"}, "MLFLOW_REGISTRY_URI"),
    ],
)
def test_an_address_that_is_no_registry_is_refused(variables, reason):
    with pytest.raises(InputError, match=reason):
        registry_of(variables)


def test_files_that_only_a_cloud_has_are_not_promised(store, tiny_bundle, tmp_path):
    store(tiny_bundle)
    with sqlite3.connect(tmp_path / "mlflow.db") as connection:
        connection.execute("UPDATE model_versions SET storage_location = 's3://bucket/model'")
    registry = registry_of({"MLFLOW_TRACKING_URI": store.uri})
    with pytest.raises(InputError, match="files at s3: cannot be read from here"):
        registry.download(registry.look("sentiment", "champion", ""), tmp_path)


class Evil(BaseHTTPRequestHandler):
    """Answers as an MLflow server would whose listing leads out of the folder."""

    def do_GET(self):
        body = b'{"files": [{"path": "..", "is_dir": false}]}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing."""


def test_a_listing_that_leads_out_of_the_folder_is_refused(tmp_path):
    with HTTPServer(("127.0.0.1", 0), Evil) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        registry = registry_of({"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{server.server_port}"})
        with pytest.raises(InputError, match="leads elsewhere"):
            registry.download(Registered("1", "", "mlflow-artifacts:/1/a/model"), tmp_path / "x")
        server.shutdown()
    assert list(tmp_path.iterdir()) == []
