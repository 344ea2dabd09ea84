"""Serves the page on which people label texts, to a browser on this machine."""

import contextlib
import json
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from importlib import resources
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sentiment_common.errors import InputError
from sentiment_pipelines.dashboard.server import HEADERS, HOST, Server
from sentiment_pipelines.labelling.desk import Desk

FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/app.js": ("app.js", "text/javascript; charset=utf-8"),
    "/style.css": ("style.css", "text/css; charset=utf-8"),
}
MOST_BYTES = 4_096
"""Of what a page says: a name, an id and a label."""
SECONDS = 10.0
"""A connection that says nothing for longer is closed."""


class Handler(BaseHTTPRequestHandler):
    """Answers for the page's files, with the next text, and takes labels."""

    timeout = SECONDS

    def __init__(self, desk: Desk, port: int, *given: Any) -> None:
        self._desk, self._names = desk, {f"{HOST}:{port}", f"localhost:{port}"}
        super().__init__(*given)

    def do_GET(self) -> None:
        """Answers with a file of the page, or at ``/next.json`` with a labeller's next text."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            self._guarded(self._show)

    def do_POST(self) -> None:
        """Takes a label, a skip or an undo, and answers with the next text."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            self._guarded(self._take)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Says nothing of requests: texts of customers are in none of them, names are."""

    def _guarded(self, answer: Callable[[], None]) -> None:
        # Another site's page, or its name that was made to point here, must neither read nor write.
        origin = urlsplit(self.headers.get("Origin", "")).netloc
        if self.headers.get("Host") not in self._names or origin not in {"", *self._names}:
            self.send_error(HTTPStatus.FORBIDDEN)
            return
        try:
            answer()
        except InputError as error:
            self._send_json({"error": str(error)}, HTTPStatus.BAD_REQUEST)
        except OSError as error:
            reason = f"the label was not kept ({error.strerror})"
            self._send_json({"error": reason}, HTTPStatus.INTERNAL_SERVER_ERROR)

    def _show(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/next.json":
            self._send_json(self._desk.state(parse_qs(parts.query).get("by", [""])[0]))
        elif parts.path in FILES:
            name, media_type = FILES[parts.path]
            page = resources.files("sentiment_pipelines.labelling").joinpath("page", name)
            self._send(page.read_bytes(), media_type)
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def _take(self) -> None:
        steps = {
            "/label": lambda said: self._desk.label(said["by"], said["id"], said["label"]),
            "/skip": lambda said: self._desk.skip(said["by"], said["id"]),
            "/undo": lambda said: self._desk.undo(said["by"]),
        }
        if self.path not in steps:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        said = self._said()
        try:
            steps[self.path](said)
        except KeyError as error:
            raise InputError(f"{error} is missing", mend="load the page again") from error
        self._send_json(self._desk.state(said["by"]))

    def _said(self) -> dict[str, str]:
        """Returns what the page says.

        Raises:
            InputError: It is not of the page.
        """
        length = self.headers.get("Content-Length", "")
        # A form of another site cannot say that it is JSON.
        if self.headers.get("Content-Type") != "application/json" or not length.isdecimal():
            raise InputError("this is not from the page", mend="load it again")
        if int(length) > MOST_BYTES:
            raise InputError(f"more than {MOST_BYTES:,} bytes")
        try:
            said = json.loads(self.rfile.read(int(length)))
        except ValueError as error:
            raise InputError(f"no JSON ({error})") from error
        if not isinstance(said, dict) or not all(isinstance(it, str) for it in said.values()):
            raise InputError("no object of texts", mend="load the page again")
        return said

    def _send_json(self, said: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> None:
        self._send(json.dumps(said).encode(), "application/json", status)

    def _send(self, body: bytes, media_type: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def listen(desk: Desk, port: int) -> Server:
    """Returns a server that listens; its ``serve_forever`` answers.

    Raises:
        InputError: Something else listens there.
    """
    try:
        return Server((HOST, port), partial(Handler, desk, port))
    except OSError as error:
        raise InputError(
            f"cannot listen there ({error.strerror})", where=f"{HOST}:{port}",
            mend="give another --port",
        ) from error  # fmt: skip
