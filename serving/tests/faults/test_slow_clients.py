"""Clients that take their time must not take the time of others."""

import contextlib
import socket
import time

import pytest
from harness.load import measure, post

GOOD = post("/predict", b'{"text": "good"}')
HEADERS, _, _ = GOOD.partition(b"\r\n\r\n")
SLOW = 100


@pytest.fixture
def slow_clients(server):
    """Opens connections that have sent a part of a request."""
    opened = []

    def open_some(part):
        for _ in range(SLOW):
            connection = socket.create_connection(("127.0.0.1", server.port), timeout=20)
            connection.sendall(part)
            opened.append(connection)
        return opened

    yield open_some
    for connection in opened:
        connection.close()


def ending(connection):
    """Returns what a slow client is told at last; reading ends when the server hangs up."""
    answer = b""
    while True:
        try:
            part = connection.recv(65_536)
        except ConnectionError:
            return answer
        if not part:
            return answer
        answer += part


@pytest.mark.parametrize(
    "part", [b"", b"PO", HEADERS, HEADERS + b"\r\n\r\n", GOOD[:-1]],
    ids=["nothing", "two letters", "headers without end", "headers alone", "all but a letter"],
)  # fmt: skip
def test_slow_clients_hold_up_nobody_and_are_hung_up_on(server, slow_clients, part):
    waiting = slow_clients(part)
    load = measure(server.port, [GOOD], connections=4, seconds=0.5, warm_up=0)
    assert load.outcomes["200"] == load.outcomes.total() > 10, load.outcomes
    for connection in waiting:
        answer = ending(connection)
        assert not answer or answer.startswith(b"HTTP/1.1 408"), answer


@pytest.mark.parametrize("split", [10, len(HEADERS) + 10], ids=["in the headers", "in the body"])
def test_a_dribble_does_not_extend_the_time_a_client_has(server, split):
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(GOOD[:split])
        for byte in GOOD[split : split + 8]:
            time.sleep(0.5)  # together longer than the server waits, each shorter
            try:
                connection.sendall(bytes([byte]))
            except ConnectionError:
                return
        assert b"200 OK" not in ending(connection)


def test_a_client_that_pauses_within_its_time_is_answered(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        for part in (GOOD[:5], GOOD[5:-3], GOOD[-3:]):
            connection.sendall(part)
            time.sleep(0.3)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 OK")


def test_a_client_that_does_not_read_its_answers_holds_up_nobody(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=1) as connection:
        many = post("/predict", b'{"texts": [' + b'"good",' * 255 + b'"good"]}')
        with pytest.raises(TimeoutError):  # the server stops reading what it cannot answer
            while True:
                connection.sendall(many)
        load = measure(server.port, [GOOD], connections=4, seconds=0.5, warm_up=0)
    assert load.outcomes["200"] == load.outcomes.total() > 10, load.outcomes


def test_headers_in_two_parts_after_a_large_request_are_no_large_headers(server):
    large = post("/predict", b'{"texts": ["' + b'good", "'.join([b"x" * 9_000] * 40) + b'"]}')
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(large)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 OK")
        connection.settimeout(0.5)
        with contextlib.suppress(TimeoutError):  # the rest of the long answer
            while connection.recv(65_536):
                pass
        connection.settimeout(20)
        connection.sendall(GOOD[:10])
        time.sleep(0.3)
        connection.sendall(GOOD[10:])
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 OK")
