import http.client
import json
import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines.labelling import store
from sentiment_pipelines.labelling.batches import Ask, Batch
from sentiment_pipelines.labelling.desk import Desk
from sentiment_pipelines.labelling.server import MOST_BYTES, listen

HOSTILE = "<script>alert(1)</script>"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def labels(tmp_path):
    """All labels."""
    return tmp_path / "data" / "labels.csv"


@pytest.fixture
def port(labels):
    """Port of a page that asks about forty texts."""
    asks = [Ask(f"r{n}", 0, f"{HOSTILE} {n}", "random", "random", False) for n in range(40)]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found = probe.getsockname()[1]
    server = listen(Desk(Batch("t", "s", "u", 13, 100, tuple(asks), ()), labels), found)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


def call(port, method, path, said=None, host="127.0.0.1", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    named = {"Host": f"{host}:{port}", **{key.replace("_", "-"): it for key, it in headers.items()}}
    body = said if said is None or isinstance(said, bytes) else json.dumps(said)
    connection.request(method, path, body, {**(JSON if said is not None else {}), **named})
    answer = connection.getresponse()
    return answer, answer.read()


@pytest.mark.parametrize("path", ["/", "/app.js", "/style.css"])
def test_the_page_and_its_files_are_served_with_a_strict_policy(port, path):
    answer, body = call(port, "GET", path)
    assert answer.status == 200 and body
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_label_is_on_the_disk_when_it_is_acknowledged(port, labels):
    asked = json.loads(call(port, "GET", "/next.json?by=anna")[1])
    assert asked["next"] == {"id": "r0:0", "text": f"{HOSTILE} 0"}
    said = {"by": "anna", "id": "r0:0", "label": "neutral"}
    answer, body = call(port, "POST", "/label", said)
    assert answer.status == 200 and json.loads(body)["mine"] == 1
    assert [(it.label, it.by) for it in store.read(labels)] == [("neutral", "anna")]
    assert json.loads(call(port, "POST", "/undo", {"by": "anna"})[1])["mine"] == 0
    assert store.read(labels) == []


def test_neither_the_models_answer_nor_why_a_text_was_chosen_is_told(port):
    asked = json.loads(call(port, "GET", "/next.json?by=anna")[1])
    assert set(asked["next"]) == {"id", "text"}


def test_two_labellers_at_once_label_everything_once(port, labels):
    def work(by):
        while asked := json.loads(call(port, "GET", f"/next.json?by={by}")[1])["next"]:
            said = {"by": by, "id": asked["id"], "label": "neutral"}
            assert call(port, "POST", "/label", said)[0].status == 200

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, ("anna", "ben")))
    kept = store.read(labels)
    assert len({it.text for it in kept}) == 40
    assert {it.by for it in kept} <= {"anna", "ben"}


def test_another_site_can_neither_read_nor_write(port, labels):
    said = {"by": "anna", "id": "r0:0", "label": "neutral"}
    assert call(port, "GET", "/next.json?by=a", host="evil.example")[0].status == 403
    assert call(port, "POST", "/label", said, host="evil.example")[0].status == 403
    assert call(port, "POST", "/label", said, Origin="https://evil.example")[0].status == 403
    for origin in ("null", "http://[", f"http://127.0.0.1:{port + 1}", f"https://localhost:{port}"):
        assert call(port, "POST", "/label", said, Origin=origin)[0].status == 403
    form = call(port, "POST", "/label", said, Content_Type="text/plain")
    assert form[0].status == 400
    assert not labels.exists()
    assert call(port, "POST", "/label", said, Origin=f"http://127.0.0.1:{port}")[0].status == 200


@pytest.mark.parametrize(
    "said",
    [
        b"{",
        b"[]",
        b'{"by": 1}',
        b"{}",
        b"\xff",
        b" " * (MOST_BYTES + 1),
        b'{"by": "", "id": ""}',
        b"[" * MOST_BYTES,
    ],
)
def test_what_is_not_from_the_page_is_refused_in_words(port, labels, said):
    answer, body = call(port, "POST", "/label", said)
    assert answer.status == 400 and json.loads(body)["error"]
    assert not labels.exists()


def test_a_disk_that_takes_nothing_is_said_and_nothing_is_acknowledged(port, labels):
    labels.parent.parent.joinpath("data").write_text("in the way")
    answer, body = call(port, "POST", "/label", {"by": "a", "id": "r0:0", "label": "neutral"})
    assert answer.status == 500 and "cannot be kept" in json.loads(body)["error"]


def test_a_length_that_no_page_names_is_refused(port):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        lines = [f"Host: localhost:{port}", "Content-Type: application/json"]
        lines += [f"Content-Length: {'9' * 5_000}"]
        connection.sendall("\r\n".join(["POST /label HTTP/1.1", *lines, "", ""]).encode())
        assert re.match(rb"HTTP/1.. 400 ", connection.recv(100))


def test_nothing_else_is_there(port):
    assert call(port, "GET", "/../server.py")[0].status == 404
    assert call(port, "POST", "/delete", {})[0].status == 404


def test_a_port_that_is_none_or_taken_is_said_in_one_line(port, labels):
    for none in (-1, 0, 65_536):
        with pytest.raises(InputError, match="--port: has to be 1 to 65535"):
            listen(Desk(Batch("t", "s", "u", 13, 0, (), ()), labels), none)
    with pytest.raises(InputError, match="cannot listen there"):
        listen(Desk(Batch("t", "s", "u", 13, 0, (), ()), labels), port)
