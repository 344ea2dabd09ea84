"""The real client of KFP's SDK against a server that checks it, and that fails in every way."""

import datetime
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sentiment_common.errors import InputError
from sentiment_pipelines.backends.kubeflow import client
from sentiment_pipelines.backends.kubeflow.types import Connection

VARIABLE, STALE, FRESH = "KUBEFLOW_TOKEN", "stale", "fresh"


def complaint(connection, **limits):
    with pytest.raises(InputError) as raised:
        client.connect(connection, **{"delays": (0.01,), **limits})
    line = str(raised.value)
    assert "\n" not in line
    return line


def test_a_server_that_is_down_is_said_at_once_with_what_starts_it():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    begin = time.monotonic()
    line = complaint(Connection("kind", address, ""))
    assert "does not answer (connection refused); `make kind-status`" in line
    assert "check the network, and api in /etc/team.toml" in complaint(
        Connection("team", address, "", where="/etc/team.toml")
    )
    assert time.monotonic() - begin < 10


def test_a_host_that_does_not_exist_is_said():
    assert "no such host" in complaint(Connection("cloud", "http://no-such-host.invalid", ""))


def test_a_server_that_hangs_is_given_up(api, connection):
    api.faults.append(("GET", "healthz", "hang", 9))
    begin = time.monotonic()
    assert "does not answer (it hangs)" in complaint(connection, read=0.2)
    assert time.monotonic() - begin < 10


def test_a_certificate_that_nobody_vouches_for_is_said_with_where_to_name_its_authority(
    certificate,
):
    class Silent(BaseHTTPRequestHandler):
        pass

    server = HTTPServer(("127.0.0.1", 0), Silent)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    line = complaint(
        Connection("cloud", f"https://127.0.0.1:{server.server_port}", "", where="a.toml")
    )
    server.shutdown()
    server.server_close()
    assert "certificate is not trusted" in line
    assert "ca in a.toml" in line


def test_a_token_that_has_expired_is_said_with_what_holds_it(api, monkeypatch):
    api.token = FRESH
    monkeypatch.setenv(VARIABLE, STALE)
    named = Connection("cloud", api.address, "", token=VARIABLE)
    line = complaint(named)
    assert "the token has expired or is not known (401); renew it and export KUBEFLOW_TOKEN" in line
    monkeypatch.setenv(VARIABLE, FRESH)
    assert client.connect(named).pipeline("none") is None


def test_a_token_in_a_file_is_read_anew_for_each_call(api, tmp_path):
    file = tmp_path / "token"
    file.write_text(STALE)
    api.token = STALE
    connected = client.connect(Connection("cloud", api.address, "", token_file=str(file)))
    file.write_text(FRESH)
    api.token = FRESH
    assert connected.pipeline("none") is None


def test_a_variable_without_a_token_and_files_that_are_not_there_are_said_before_any_call(
    api, monkeypatch
):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert "$KUBEFLOW_TOKEN: there is no token in it" in complaint(
        Connection("cloud", api.address, "", token=VARIABLE)
    )
    for field in ("token_file", "ca"):
        line = complaint(Connection("cloud", api.address, "", **{field: "/no/such/file"}))
        assert line.startswith("/no/such/file: no such file")
    assert api.calls == []


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (302, "it asks to log in (302); name the variable that holds one: token in"),
        (401, "it wants a token (401)"),
        (403, "it does not allow this (403: said the test); ask its administrator"),
        (404, "there is no Kubeflow Pipelines (its health is not found: 404)"),
        (418, "it refuses the request (418: said the test)"),
        (503, "Kubeflow Pipelines fails (503: said the test); look at `kubectl --namespace"),
    ],
)
def test_every_refusal_is_one_line_with_its_remedy(api, connection, status, said):
    api.faults += [("GET", "healthz", status, 9)]
    assert said in complaint(connection)


def test_a_server_that_fails_for_a_moment_is_asked_again(api, connection):
    api.faults.append(("GET", "healthz", 500, 1))
    assert client.connect(connection, delays=(0.01,)).pipeline("none") is None


def test_a_server_of_another_version_is_said_with_both_versions(api, connection):
    api.only_v1 = "1.8.5"
    line = complaint(connection)
    assert "this is Kubeflow Pipelines 1.8.5, which has no API v2beta1" in line
    assert "it takes 2.0 or later, best 2.17" in line


def test_a_page_of_something_else_is_not_taken_for_health(page):
    assert "something else than Kubeflow Pipelines answers there" in complaint(
        Connection("cloud", page, "")
    )


def test_a_kubeflow_of_many_users_wants_to_know_the_namespace(api, connection):
    api.multi_user = True
    assert "user_namespace in pipelines/conf" in complaint(connection)
    named = Connection("kind", api.address, "", user_namespace="team")
    client.connect(named).pipeline("none")
    assert api.calls[-1][2]["namespace"] == "team"


def test_the_sdk_prints_nothing_and_links_go_to_the_interface(kubeflow, capsys):
    kubeflow.experiment("sentiment")
    assert kubeflow.experiment("sentiment") == "experiment-1"
    assert kubeflow.link("r1") == "http://ui.example/#/runs/details/r1"
    assert capsys.readouterr() == ("", "")


@pytest.fixture
def page():
    """A web server that is no Kubeflow."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html>nginx</html>")

        def log_message(self, *_):
            """Keeps quiet."""

    server = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def certificate(tmp_path):
    """A certificate that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    (tmp_path / "key.pem").write_bytes(private)
    (tmp_path / "certificate.pem").write_bytes(made.public_bytes(pem))
    return tmp_path / "certificate.pem", tmp_path / "key.pem"
