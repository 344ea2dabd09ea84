"""What the pages have in common that are served to a browser on this machine alone."""

import contextlib
import json
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import PurePath
from typing import Any

from sentiment_common.errors import InputError

HOST = "127.0.0.1"
HIGHEST_PORT = 65_535
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    # With none at all, browsers may keep from this server that it is its own page that asks.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}
SECONDS = 10.0
"""A connection that says nothing for longer is closed."""


class Handler(BaseHTTPRequestHandler):
    """Answers with the files of a page.

    Args:
        package: Whose folder ``page`` has the files.
        port: Where it is served.
        given: By the server.
    """

    timeout = SECONDS

    def __init__(self, package: str, port: int, *given: Any) -> None:
        self._folder = resources.files(package).joinpath("page")
        self._names = {f"{HOST}:{port}", f"localhost:{port}"}
        super().__init__(*given)

    def do_GET(self) -> None:
        """Answers one request."""
        self.guarded(lambda: self.show(self.path.partition("?")[0]))

    def guarded(self, answer: Callable[[], None]) -> None:
        """Answers, but neither another site's page nor its name that was made to point here."""
        own = {None, *(f"http://{name}" for name in self._names)}
        # A page that was closed or loaded again does not wait for its answer.
        with contextlib.suppress(ConnectionError, TimeoutError):
            if self.headers.get("Host") in self._names and self.headers.get("Origin") in own:
                answer()
            else:
                self.send_error(HTTPStatus.FORBIDDEN)

    def show(self, path: str) -> None:
        """Answers with the file of a path, ``index.html`` for ``/``."""
        wanted = "index.html" if path == "/" else path.removeprefix("/")
        for file in self._folder.iterdir():
            if file.name == wanted:
                self.send(file.read_bytes(), TYPES[PurePath(wanted).suffix])
                return
        self.send_error(HTTPStatus.NOT_FOUND)

    def send_json(self, said: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> None:
        """Answers with an object."""
        self.send(json.dumps(said).encode(), "application/json", status)

    def send(self, body: bytes, media_type: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        """Answers with a body, and what keeps it from others."""
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing of requests: they are many, and may name people."""


class Server(ThreadingHTTPServer):
    """The server of a page."""

    daemon_threads = True


def listen(handler: Callable[..., Handler], port: int) -> Server:
    """Returns a server that listens on this machine; its ``serve_forever`` answers.

    Args:
        handler: Given what a server gives, answers one connection.
        port: Where to listen.

    Raises:
        InputError: There is no such port, or something else listens there.
    """
    if not 1 <= port <= HIGHEST_PORT:
        raise InputError(f"has to be 1 to {HIGHEST_PORT}", where="--port")
    try:
        return Server((HOST, port), handler)
    except OSError as error:
        raise InputError(
            f"cannot listen there ({error.strerror})", where=f"{HOST}:{port}",
            mend="give another --port",
        ) from error  # fmt: skip
