"""A request as the endpoints see it: bounded, its reader patient only for so long."""

import asyncio
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.types import Receive

from sentiment_serving.model import ENCODE
from sentiment_serving.schemas import (
    MAX_CALLER_BYTES,
    REQUEST_ID,
    FeedbackRequest,
    PredictRequest,
)

JSON = b"application/json"
DRAINED_BODIES = 16
FIELDS = frozenset({*PredictRequest.model_fields, *FeedbackRequest.model_fields})
Request = TypeVar("Request", bound=BaseModel)
_REQUEST_ID = re.compile(REQUEST_ID.encode())


class RefusedError(Exception):
    """A request that is answered with an error.

    Attributes:
        status: Status of the answer.
        reason: One line for the caller, without the caller's text.
        word: Names the reason in the metrics.
        headers: Further headers of the answer.
    """

    def __init__(self, status: int, reason: str, word: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(reason)
        self.status, self.reason, self.word, self.headers = status, reason, word, headers


class HungUpError(Exception):
    """The caller has hung up before the whole request was there."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer.

    Attributes:
        body: Its content.
        status: Its status.
        media_type: Its content type.
        headers: Further headers.
    """

    body: bytes
    status: int = 200
    media_type: bytes = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()

    @classmethod
    def of(cls, refusal: RefusedError) -> "Reply":
        """Returns the answer to a refused request."""
        body = ENCODE({"error": refusal.reason}).encode()
        return cls(body, refusal.status, JSON, refusal.headers)


@dataclass(slots=True)
class Call:
    """A request.

    Attributes:
        id: The caller's name of it, or ours.
        headers: By lower-case name.
        media_type: Its content type in lower case, without parameters.
        body: Its content.
        key: The API key it came with.
        started: When it arrived, by ``time.perf_counter``.
        model: Name of the model that answered it, once one has.
        caller: Who asks, as the ``X-Caller-Id`` says it.
        experiment: The experiment that chose the model; empty if none did.
        variant: The variant that it chose.
    """

    id: str
    headers: Mapping[bytes, bytes]
    media_type: bytes = b""
    body: bytes = b""
    key: bytes = field(default=b"", repr=False)
    started: float = 0.0
    model: str = ""
    caller: str = ""
    experiment: str = ""
    variant: str = ""

    @property
    def logged_caller(self) -> str:
        """Who asks, else the key; the request log keeps a salted hash of it.

        In an experiment a key is nobody: one that all callers share would seem to cross variants.
        """
        return self.caller or ("" if self.experiment else self.key.decode(errors="replace"))


def caller_id(given: bytes | None) -> str:
    """Returns who asks, as a header says it; empty without one.

    Raises:
        RefusedError: It is longer than any id.
    """
    if given is None:
        return ""
    if len(given) > MAX_CALLER_BYTES:
        reason = f"X-Caller-Id has more than {MAX_CALLER_BYTES} bytes"
        raise RefusedError(400, reason, "invalid")
    return given.decode(errors="surrogateescape")


def request_id(given: bytes | None) -> str:
    """Returns the caller's name of a request if it is harmless, else a new one."""
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given.decode()
    return secrets.token_hex(8)


def media_type_of(headers: Mapping[bytes, bytes]) -> bytes:
    """Returns the content type, JSON if none is given."""
    return headers.get(b"content-type", JSON).partition(b";")[0].strip().lower()


async def read_body(receive: Receive, max_bytes: int, seconds: float) -> bytes:
    """Returns a request's body.

    A too large body is read on for a while and thrown away: a client that is still sending when the
    connection closes sees a broken pipe instead of the answer.

    Args:
        receive: Where it comes from.
        max_bytes: Size of the largest body.
        seconds: In which it must be there.

    Raises:
        RefusedError: It is too large or comes too slowly.
        HungUpError: It ends before its end.
    """
    message = await _next(receive, seconds)
    if not message.get("more_body", False) and len(message["body"]) <= max_bytes:
        return bytes(message["body"])
    until = asyncio.get_running_loop().time() + seconds
    parts, size, more = [message["body"]], len(message["body"]), message.get("more_body", False)
    while more and size <= DRAINED_BODIES * max_bytes:
        message = await _next(receive, until - asyncio.get_running_loop().time())
        size += len(message["body"])
        parts = [*parts, message["body"]] if size <= max_bytes else []
        more = message.get("more_body", False)
    if size > max_bytes:
        reason = f"the request is larger than {max_bytes} bytes"
        raise RefusedError(413, reason, "size", (b"connection", b"close"))
    return b"".join(parts)


async def _next(receive: Receive, seconds: float) -> dict[str, bytes]:
    try:
        async with asyncio.timeout(seconds):
            message = await receive()
    except TimeoutError:
        late = "the request did not arrive in time"
        raise RefusedError(408, late, "slow", (b"connection", b"close")) from None
    if message["type"] == "http.disconnect":
        raise HungUpError
    return {"body": b"", **message}


def parse_request(body: bytes) -> PredictRequest:
    """Reads a ``PredictRequest``.

    Raises:
        RefusedError: It is none.
    """
    return _parsed(PredictRequest, body)


def parse_feedback(body: bytes) -> FeedbackRequest:
    """Reads a ``FeedbackRequest``.

    Raises:
        RefusedError: It is none.
    """
    return _parsed(FeedbackRequest, body)


def _parsed(kind: type[Request], body: bytes) -> Request:
    try:
        request: Request = kind.model_validate_json(body)
    except ValidationError as error:
        raise RefusedError(400, _told(error), "invalid") from None
    return request


def _told(error: ValidationError) -> str:
    """Returns what is wrong in one line; names that a caller made up are not repeated."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ""
    for part in first["loc"]:
        where += f"[{part}]" if isinstance(part, int) else part if part in FIELDS else ""
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{where}{': ' if where else ''}{first['msg'].removeprefix('Value error, ')}{more}"
