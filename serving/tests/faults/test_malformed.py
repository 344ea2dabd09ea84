"""Requests that nobody should send: each is refused in one line, and the next one is answered."""

import contextlib
import socket
import threading
import time

import pytest
from harness import processes
from harness.load import post
from hypothesis import given, settings
from hypothesis import strategies as st

JSON = {"Content-Type": "application/json"}
MEGABYTE = 1 << 20
GOOD = b'{"text": "good"}'
SECONDS_OF_SILENCE = 3  # longer than the server waits for a client


def told(port, *parts):
    """Sends bytes as they are and returns all that comes back until nothing more does."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS_OF_SILENCE) as connection:
        with contextlib.suppress(ConnectionError):  # it may have seen enough
            for part in parts:
                connection.sendall(part)
        with contextlib.suppress(ConnectionError, TimeoutError):
            while part := connection.recv(MEGABYTE):
                answer += part
    return answer


def statuses(answer):
    return [part[1:4] for part in answer.split(b"HTTP/1.1")[1:]]


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 500_000,
        b'{"texts": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"text": ' * 50_000 + b"1" + b"}" * 50_000,
        b'{"x": ' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b', "text": "good"}',
    ],
    ids=["arrays without end", "arrays for a text", "objects for a text", "an unknown deep field"],
)
def test_deeply_nested_json_is_refused(client, body):
    answer = client.post("/predict", content=body, headers=JSON)
    assert answer.status_code == 400
    assert len(answer.content) < 1_000, "the refusal does not repeat the request"


@pytest.mark.parametrize(
    "body",
    [
        b'{"text": "\xff\xfe"}', b'{"text": "\xed\xa0\x80"}', b'{"text": "\xc0\x80"}',
        b"\xff" * 100, b"\x00" * 100, b'{"text": "\x00"}', b'{"text": NaN}', b'{"text": "\\ud83d"}',
        b'{"text": ' + b"9" * 5_000 + b"}", b'{"text": 1e999999}', b"\xef\xbb\xbf" + GOOD * 2,
        GOOD.decode().encode("utf-16"),
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_not_json_in_utf_8_is_refused(client, body):
    assert client.post("/predict", content=body, headers=JSON).status_code == 400


def test_a_text_may_hold_a_nul_and_half_an_emoji_beside_it_is_refused_alone(client):
    answer = client.post("/predict", content=b'{"text": "good\\u0000"}', headers=JSON)
    assert answer.status_code == 200
    refused = client.post("/predict", content=b'{"text": "\\ude00 good"}', headers=JSON)
    assert refused.status_code == 400


@settings(max_examples=150, deadline=None)
@given(body=st.binary(max_size=200) | st.builds(lambda cut: GOOD[:cut] + GOOD, st.integers(0, 16)))
def test_no_body_whatever_is_an_error_of_the_server(any_client, body):
    answer = any_client.post("/predict", content=body, headers=JSON)
    assert answer.status_code in {200, 400}


@pytest.mark.parametrize("size", [70_000, 2 * MEGABYTE], ids=["70 kB", "2 MB"])
def test_a_huge_header_is_refused(server, size):
    answer = told(server.port, post("/predict", GOOD, [f"X-Huge: {'x' * size}"]))
    assert b"200 OK" not in answer


def test_ten_thousand_headers_are_refused(server):
    headers = [f"X-{number}: {'x' * 50}" for number in range(10_000)]
    assert b"200 OK" not in told(server.port, post("/predict", GOOD, headers))


@pytest.mark.parametrize(
    "line",
    [b"GARBAGE\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"POST /predict\r\n\r\n", b"\r\n" * 9],
    ids=repr,
)
def test_what_is_not_http_is_refused(server, line):
    answer = told(server.port, line)
    assert not answer or statuses(answer) == [b"400"]


def test_a_body_of_two_lengths_is_one_request_at_most(server):
    """Where a proxy and a server differ about the end of a request, another can be smuggled in."""
    inner = post("/predict", GOOD)
    smuggling = post("/predict", b"0\r\n\r\n" + inner, ["Transfer-Encoding: chunked"])
    assert len(statuses(told(server.port, smuggling))) <= 1


def test_pipelined_requests_are_answered_in_their_order(server):
    mixed = [post("/predict", GOOD), post("/predict", b"[]"), post("/predict", GOOD)]
    last = post("/predict", GOOD, ["Connection: close"])
    assert statuses(told(server.port, b"".join(mixed) + last)) == [b"200", b"400", b"200", b"200"]


def test_a_client_that_leaves_in_the_middle_of_its_body_leaves_nothing_behind(server):
    before = processes.use(server.process.pid).descriptors
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(post("/predict", GOOD)[:-5])
    for _ in range(100):
        if processes.use(server.process.pid).descriptors <= before:
            break
        time.sleep(0.05)
    assert processes.use(server.process.pid).descriptors <= before


class Peak(threading.Thread):
    """Watches the memory of a server until the block ends."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.ended, self.bytes = pid, threading.Event(), 0

    def run(self):
        while not self.ended.wait(0.02):
            self.bytes = max(self.bytes, processes.use(self.pid).resident)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()


def hundred_megabytes():
    for _ in range(100):
        yield b"x" * MEGABYTE


def chunked(parts):
    yield b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    yield b"Transfer-Encoding: chunked\r\n\r\n"
    for part in parts:
        yield b"%x\r\n%b\r\n" % (len(part), part)
    yield b"0\r\n\r\n"


def declared(parts):
    head, _, _ = post("/predict", b"").partition(b"Content-Length: 0")
    yield head + b"Content-Length: %d\r\n\r\n" % (100 * MEGABYTE)
    yield from parts


@pytest.mark.parametrize("way", [declared, chunked])
def test_a_body_of_a_hundred_megabytes_costs_no_memory(server, way):
    before = processes.use(server.process.pid).resident
    with Peak(server.process.pid) as peak:
        answer = told(server.port, *way(hundred_megabytes()))
    assert statuses(answer) == [b"413"] or not answer, "not read to its end"
    assert peak.bytes - before < 20 * MEGABYTE
