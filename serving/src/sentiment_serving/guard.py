"""What stands before and beside the service: the limits of a request and the silence of the log."""

import logging

from pydantic import ValidationError
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DRAINED_BODIES = 16
BAD_REQUEST_LOGGER = "bentoml._internal.server.http_app"


class RequestLimits:
    """ASGI middleware: 413 for a body over the limit, 415 for a body that is not JSON.

    BentoML has no limit of its own, and also reads forms.

    Args:
        app: The application behind it.
        max_bytes: Size of the largest body that is read.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app, self._max_bytes = app, max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reads the body, and passes it on if it may be."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-type", "application/json")
        if declared.partition(";")[0].strip().lower() != "application/json":
            refusal = "send JSON with the header Content-Type: application/json"
            await JSONResponse({"error": refusal}, 415)(scope, receive, send)
            return
        body = await _read(receive, self._max_bytes)
        if body is None:
            refusal = f"the request is larger than {self._max_bytes} bytes"
            await JSONResponse({"error": refusal}, 413)(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)


class OneLineForBadRequests(logging.Filter):
    """Logs a refused request as one line; BentoML would log forty lines of traceback for it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Shortens the record of a validation error and lets every record pass."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, ValidationError):
            record.msg = f"{record.getMessage()}: {error.error_count()} error(s) in the request"
            record.args, record.exc_info = (), None
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


async def _read(receive: Receive, max_bytes: int) -> bytes | None:
    """Returns a request's body, or None if it is too large.

    A too large body is read on for a while and thrown away: a client that is still sending when the
    connection closes sees a broken pipe instead of the answer.
    """
    parts: list[bytes] = []
    size = 0
    more = True
    while more and size <= DRAINED_BODIES * max_bytes:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        part = message.get("body", b"")
        size += len(part)
        parts = [*parts, part] if size <= max_bytes else []
        more = message.get("more_body", False)
    return b"".join(parts) if size <= max_bytes else None


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return waiting.pop() if waiting else await receive()

    return replayed
