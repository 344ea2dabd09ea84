import contextlib
import importlib.util
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from sentiment_common.artifacts import EXAMPLES, Manifest, payload_digest, write_manifest

WORD_COUNT = Path(__file__).parent / "word_count.py"


@pytest.fixture
def examples(tmp_path):
    folder = tmp_path / "examples"
    folder.mkdir()
    (folder / "text.txt").write_text("good bad ugly good")
    digest = payload_digest(folder)
    manifest = Manifest(EXAMPLES.name, EXAMPLES.schema_version, "sentiment-ingest", "1.2.3", digest)
    write_manifest(folder, manifest)
    return folder


@pytest.fixture(scope="session")
def word_count():
    """The module of the small stage, which can also be run as a process."""
    specification = importlib.util.spec_from_file_location("word_count", WORD_COUNT)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def http(monkeypatch):
    """A server on this machine: ``answer`` says how it answers, ``requests`` what it was asked."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    told = SimpleNamespace(requests=[], answer=lambda request: (200, {}))

    class Handler(BaseHTTPRequestHandler):
        def _answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = SimpleNamespace(
                method=self.command, path=self.path, headers=dict(self.headers), body=body
            )
            told.requests.append(request)
            status, content, *headers = told.answer(request)
            content = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in {**dict(*headers), "Content-Length": len(content)}.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 (the names are the library's)

        def log_message(self, *_):
            pass

        def handle(self):
            with contextlib.suppress(ConnectionError):  # a client that has lost its patience
                super().handle()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        told.address = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield told
        server.shutdown()
