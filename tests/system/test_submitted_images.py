"""Where a cluster has what lies here now, its registry is asked for just that."""

import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sentiment_pipelines import images
from sentiment_pipelines.backends.kubeflow import conf
from sentiment_pipelines.backends.kubeflow.images import digests
from sentiment_pipelines.environments import rooms

DIGEST = f"sha256:{'0' * 64}"


@pytest.fixture
def registry():
    """A registry that has everything; it notes what it was asked for."""
    seen = []

    class Registry(BaseHTTPRequestHandler):
        def do_HEAD(self):
            seen.append(self.path)
            self.send_response(200)
            self.send_header("Docker-Content-Digest", DIGEST)
            self.end_headers()

        def log_message(self, *_):
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"127.0.0.1:{server.server_port}", seen
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("client", "base")
def test_the_cluster_of_kind_is_given_the_images_of_what_lies_here_now(registry):
    host, seen = registry
    kind = conf.read("kind")
    kind = replace(kind, images=replace(kind.images, registry=host))
    version = f"sentiment-push:{rooms()['push'].version}"
    assert digests([version], kind) == {version: f"{host}/sentiment-push@{DIGEST}"}
    name, _, tag = images.reference(rooms()["push"]).partition(":")
    assert seen == [f"/v2/{name}/manifests/{tag}"]
