import gzip
import time
from http.server import BaseHTTPRequestHandler

import pytest

from sentiment_common.errors import InputError
from sentiment_sources import places
from sentiment_sources.places import spool
from sentiment_sources.secrets import Secrets

CSV = b"text,stars\ngood,5\nbad,1\n"


class Answers(BaseHTTPRequestHandler):
    """Answers each path in the way that its name says."""

    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.asked = self.server.__dict__.setdefault("asked", [])

    def do_GET(self):
        path, _, _ = self.path.partition("?")
        self.asked.append(path)
        getattr(self, path.strip("/").partition(".")[0])()

    def send(self, status, body=b"", length=None, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def there(self):
        self.send(200, CSV)

    def gzipped(self):
        self.send(200, gzip.compress(CSV), Content_Encoding="gzip")

    def brotli(self):
        self.send(200, b"\x0b\x02\x80", Content_Encoding="br")

    def moved(self):
        self.send(302, Location="/there.csv")

    def loop(self):
        self.send(302, Location="/loop.csv?X-Amz-Signature=canary")

    def signed(self):
        self.send(302, Location="/forbidden.csv?X-Amz-Signature=canary")

    def elsewhere(self):
        self.send(302, Location="ftp://host/a.csv?X-Amz-Signature=canary")

    def gone(self):
        self.send(404, b"<html>no</html>")

    def forbidden(self):
        self.send(403)

    def busy(self):
        self.send(503) if self.asked.count("/busy.csv") < 3 else self.send(200, CSV)

    def broken(self):
        self.send(500)

    def flaky(self):
        short = self.asked.count("/flaky.csv") < 2
        self.send(200, CSV[:15] if short else CSV, length=len(CSV))
        self.close_connection = True

    def cut(self):
        self.send(200, CSV[:15], length=len(CSV))
        self.close_connection = True

    def chunks(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(CSV), CSV))
        self.close_connection = True

    def endless(self):
        self.send(200, CSV, length=10**17)
        self.close_connection = True

    def silent(self):
        time.sleep(1)
        self.close_connection = True

    def private(self):
        self.send(200 if self.headers.get("Authorization") == "Basic dTpwQDpz" else 401, CSV)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def host(serve, monkeypatch):
    monkeypatch.setattr(spool, "PAUSES", (0.01, 0.01))
    monkeypatch.setenv("SENTIMENT_SOURCE_TIMEOUT", "5")
    return serve(Answers)


def fetched(uri, secrets=None):
    """Returns name, bytes and lineage of each file of an address."""
    secrets = secrets or Secrets()
    for content, source in places.contents(secrets.resolve_uri(uri), secrets, print):
        with content.open() as stream:
            yield content.name, stream.read(), source


@pytest.mark.parametrize("path", ["there.csv", "moved.csv", "busy.csv", "flaky.csv"])
def test_a_file_is_fetched_whole_whatever_is_in_the_way(host, path):
    ((name, given, source),) = fetched(f"{host}/{path}")
    assert (name, given, source.uri, source.size) == (path, CSV, f"{host}/{path}", len(CSV))


def test_what_comes_compressed_is_unpacked(host):
    ((name, given, source),) = fetched(f"{host}/gzipped.csv")
    assert (name, given) == ("gzipped.csv", CSV)
    assert source.size == len(gzip.compress(CSV))


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("gone.csv", "gone.csv: no such file"),
        ("forbidden.csv", r"access denied \(the server answers 403\); give credentials"),
        ("broken.csv", "the server answers 500; try again later"),
        ("cut.csv", r"cut off \("),
        ("chunks.csv", r"cut off \("),
        ("loop.csv", r"cannot be had \(TooManyRedirects"),
        ("brotli.csv", "the server sends it compressed by 'br'"),
        ("endless.csv", "100,000,000,000,000,000 bytes do not fit on the disk"),
        ("*.csv", "a web server cannot be asked for the files it has"),
    ],
)
def test_a_failure_is_one_line_that_names_the_file(host, path, message):
    with pytest.raises(InputError, match=message) as caught:
        list(fetched(f"{host}/{path}"))
    assert caught.value.where == f"{host}/{path}"
    assert caught.value.mend


def test_a_server_that_says_nothing_is_given_up(host, monkeypatch):
    monkeypatch.setenv("SENTIMENT_SOURCE_TIMEOUT", "0.2")
    with pytest.raises(
        InputError, match=r"no answer in time; .*SENTIMENT_SOURCE_TIMEOUT be more than 0.2"
    ):
        list(fetched(f"{host}/silent.csv"))


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/a.csv", "http://host.invalid/a.csv"])
def test_a_host_that_is_not_there_cannot_be_reached(host, address):
    with pytest.raises(InputError, match=r"cannot be reached .*check the address"):
        list(fetched(address))


def test_user_and_password_open_what_is_private_and_are_never_said(host, monkeypatch):
    monkeypatch.setenv("PASSWORD", "p@:s")
    uri = f"{host}/private.csv".replace("//", "//u:${PASSWORD}@")
    ((_, given, source),) = fetched(uri)
    assert (given, source.uri) == (CSV, uri)
    monkeypatch.setenv("PASSWORD", "wrong")
    with pytest.raises(InputError, match="access denied") as caught:
        list(fetched(uri))
    assert "wrong" not in str(caught.value)


def test_failures_do_not_repeat_the_secrets_of_an_address(host, monkeypatch, caplog):
    monkeypatch.setenv("TOKEN", "c4nary/!")
    caplog.set_level("DEBUG")
    for path in ("gone", "forbidden", "broken", "cut", "loop", "brotli", "endless"):
        with pytest.raises(InputError) as caught:
            list(fetched(f"{host}/{path}.csv?token=${{TOKEN}}"))
        assert "${TOKEN}" in str(caught.value)
        assert "c4nary" not in str(caught.value)


def test_nothing_is_left_on_the_disk(host, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    files = fetched(f"{host}/there.csv")
    next(files)
    assert len(list(tmp_path.rglob("file"))) == 1
    assert not list(files)
    with pytest.raises(InputError):
        list(fetched(f"{host}/cut.csv"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("path", "message"),
    [("loop", "TooManyRedirects"), ("signed", "access denied"), ("elsewhere", r"//host/a.csv\?\.")],
)
def test_the_signature_of_an_address_that_a_server_sends_us_on_to_is_not_repeated(
    host, caplog, path, message
):
    with pytest.raises(InputError, match=message) as caught:
        list(fetched(f"{host}/{path}.csv"))
    assert "canary" not in str(caught.value) + caplog.text
