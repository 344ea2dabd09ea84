"""One HTTP request on the standard input, as a socket of systemd or inetd passes it.

Nobody listens between two alerts: systemd does, and starts this for each connection. The answer is
given when the alerts are on the disk; after it the connection is closed, and the process goes on
alone with the decision and the training.
"""

import contextlib
import http
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from typing import BinaryIO, NoReturn

from sentiment_common.errors import InputError
from sentiment_pipelines.retraining import alerts
from sentiment_pipelines.retraining.alerts import Told

LONGEST_LINE, MOST_HEADERS = 8_192, 100
SECONDS = 10.0
"""Whoever takes longer to say what he wants is not heard."""
LEAVE_SECONDS = 1.0
"""So long is waited for him to hang up: what lies unread when a socket is closed destroys the
answer on its way."""


class RequestError(Exception):
    """A request that cannot be used.

    Args:
        status: What it is answered.
        said: Why, in one line.
    """

    def __init__(self, status: http.HTTPStatus, said: str) -> None:
        super().__init__(said)
        self.status = status


def take(keep: Callable[[Told], None]) -> Told:
    """Reads the request, has its alerts kept, answers it and closes the connection.

    Args:
        keep: Is called with the alerts before anybody is told that they have arrived.

    Raises:
        InputError: The request could not be used; it is answered all the same.
        OSError: The alerts could not be kept; then it is answered 503, and sent again.
    """
    try:
        with _within(SECONDS):
            told = _read(sys.stdin.buffer)
        keep(told)
    except RequestError as error:
        _answer(error.status, str(error))
        raise InputError(str(error), where="webhook") from error
    except BaseException:
        _answer(http.HTTPStatus.SERVICE_UNAVAILABLE, "the alerts could not be kept, send again")
        raise
    else:
        _answer(http.HTTPStatus.OK, f"{len(told.firing)} alerts ask for a retraining")
    finally:
        _close()
    return told


@contextlib.contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Raises ``TimeoutError`` in the context once it has lasted so long."""
    before = signal.signal(signal.SIGALRM, _late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _late(signum: int, frame: object) -> NoReturn:
    raise TimeoutError


def _read(stream: BinaryIO) -> Told:
    try:
        length = _length(stream)
        content = stream.read(length)
    except TimeoutError as error:
        raise RequestError(http.HTTPStatus.REQUEST_TIMEOUT, "too slow") from error
    if len(content) < length:
        raise RequestError(http.HTTPStatus.BAD_REQUEST, "the request broke off")
    try:
        return alerts.parse(content, "webhook")
    except InputError as error:
        raise RequestError(http.HTTPStatus.BAD_REQUEST, error.what) from error


def _length(stream: BinaryIO) -> int:
    """Reads the head of the request and returns the length of its body."""
    words = _line(stream).split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise RequestError(http.HTTPStatus.BAD_REQUEST, "no HTTP request")
    if words[0] != "POST":
        raise RequestError(http.HTTPStatus.METHOD_NOT_ALLOWED, "alerts are posted")
    headers: dict[str, str] = {}
    while line := _line(stream):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
        if len(headers) > MOST_HEADERS:
            raise RequestError(http.HTTPStatus.BAD_REQUEST, "too many headers")
    said = headers.get("content-length", "")
    if not (said.isascii() and said.isdigit()):
        raise RequestError(http.HTTPStatus.LENGTH_REQUIRED, "no length of its content")
    if len(said) > 9 or int(said) > alerts.MOST_BYTES:
        most = f"more than {alerts.MOST_BYTES:,} bytes"
        raise RequestError(http.HTTPStatus.REQUEST_ENTITY_TOO_LARGE, most)
    return int(said)


def _line(stream: BinaryIO) -> str:
    raw = stream.readline(LONGEST_LINE + 1)
    if len(raw) > LONGEST_LINE or not raw.endswith(b"\n"):
        raise RequestError(http.HTTPStatus.BAD_REQUEST, "no HTTP request")
    return raw.decode("latin-1").rstrip("\r\n")


def _answer(status: http.HTTPStatus, said: str) -> None:
    body = f"{said}\n".encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: text/plain\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    try:
        sys.stdout.buffer.write(head.encode() + body)
        sys.stdout.buffer.flush()
    except (BrokenPipeError, ConnectionResetError):
        _silence()  # whoever asked has hung up; what he said is kept, or not, all the same


def _close() -> None:
    """Ends the connection; what is said from here on goes to the standard error, a log."""
    with contextlib.suppress(OSError):  # no socket, or one that has hung up: nothing is on its way
        connection = socket.socket(fileno=os.dup(0))
        with connection, _within(LEAVE_SECONDS):
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(LONGEST_LINE):
                pass
    _silence()


def _silence() -> None:
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
