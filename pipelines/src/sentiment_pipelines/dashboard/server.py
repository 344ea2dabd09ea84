"""Serves the page and the figures to a browser on this machine."""

import contextlib
import json
import threading
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any

from sentiment_common.errors import InputError

HOST = "127.0.0.1"
FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/app.js": ("app.js", "text/javascript; charset=utf-8"),
    "/charts.js": ("charts.js", "text/javascript; charset=utf-8"),
    "/style.css": ("style.css", "text/css; charset=utf-8"),
}
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
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
State = Callable[[], dict[str, Any]]


class Handler(BaseHTTPRequestHandler):
    """Answers for the page's files and, at ``/state.json``, with what it shows."""

    def __init__(self, state: State, port: int, *given: Any) -> None:
        self._state, self._names = state, {f"{HOST}:{port}", f"localhost:{port}"}
        super().__init__(*given)

    def do_GET(self) -> None:
        """Answers one request."""
        # A page that was closed or loaded again does not wait for its answer.
        with contextlib.suppress(ConnectionError):
            self._answer(self.path.partition("?")[0])

    def _answer(self, path: str) -> None:
        if self.headers.get("Host") not in self._names:
            # Another site's name that was made to point here must not read what is shown.
            self.send_error(HTTPStatus.FORBIDDEN)
        elif path == "/state.json":
            self._send(json.dumps(self._state()).encode(), "application/json")
        elif path in FILES:
            name, media_type = FILES[path]
            page = resources.files("sentiment_pipelines.dashboard").joinpath("page", name)
            self._send(page.read_bytes(), media_type)
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing of requests: there is one every few seconds."""

    def _send(self, body: bytes, media_type: str) -> None:
        self.send_response(HTTPStatus.OK)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    """The server of the page; it listens on this machine alone."""

    daemon_threads = True


def serve(state: State, port: int) -> Server:
    """Returns a server that listens, and answers from a thread of its own.

    Raises:
        InputError: Something else listens there.
    """
    try:
        server = Server((HOST, port), partial(Handler, state, port))
    except OSError as error:
        raise InputError(
            f"cannot listen there ({error.strerror})", where=f"{HOST}:{port}",
            mend="give another --port",
        ) from error  # fmt: skip
    threading.Thread(target=server.serve_forever, name="dashboard", daemon=True).start()
    return server
