"""The outermost application: answers requests itself and leaves the server's own to BentoML.

BentoML's middleware (tracing, access log, traffic, context) costs three times what the scoring of a
text does. Here a request meets each check once and BentoML keeps what it is good at: workers,
sockets, start and end, probes.
"""

import ipaddress
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from time import perf_counter

from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from sentiment_serving.calls import (
    Call,
    HungUpError,
    RefusedError,
    Reply,
    media_type_of,
    read_body,
    request_id,
)
from sentiment_serving.connection import PENDING
from sentiment_serving.endpoints import Endpoint
from sentiment_serving.engine import Engine
from sentiment_serving.keys import presented

PASSED_ON = ("/livez", "/readyz", "/healthz", "/schema.json")
STATIC = "/static_content/"
PROBES = ("/ping", "/metrics")
OTHER = "other"
GONE = 499
"""Status in log and metrics of a request whose caller hung up, as nginx writes it."""
ALWAYS = [(b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")]
logger = logging.getLogger(__name__)


class FrontDoor:
    """ASGI application around the one of BentoML.

    Args:
        inner: BentoML's application.
        engine: Gives the worker's engine once the application has started.
        endpoints: What answers each path.
        pages: Routes of the page at ``/``.
    """

    def __init__(
        self,
        inner: ASGIApp,
        engine: Callable[[], Engine],
        endpoints: Mapping[str, Endpoint],
        pages: Sequence[Route],
    ) -> None:
        self._inner, self._engine_of, self._endpoints = inner, engine, endpoints
        self._pages: ASGIApp = Router(pages)
        self._paths_of_pages = frozenset(route.path for route in pages)
        self._engine: Engine | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or passes on what is not one of ours."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        path = scope["path"]
        endpoint = self._endpoints.get(path)
        if endpoint is not None:
            await self._answer(path, endpoint, scope, receive, send)
        elif path in self._paths_of_pages:
            await self._pages(scope, receive, send)
        elif path in PASSED_ON or path.startswith(STATIC):
            await self._inner(scope, receive, send)
        else:
            await self._answer(OTHER, NOWHERE, scope, receive, send)

    async def _answer(
        self, route: str, endpoint: Endpoint, scope: Scope, receive: Receive, send: Send
    ) -> None:
        engine = self._engine = self._engine or self._engine_of()
        headers = dict(scope["headers"])
        name = request_id(headers.get(b"x-request-id"))
        call = Call(name, headers, started=perf_counter())
        engine.in_flight += 1
        try:
            reply = await self._reply(route, endpoint, engine, call, scope, receive)
            await _send(reply, call, scope, send)
            status = reply.status
        except HungUpError:
            status = GONE
        finally:
            engine.in_flight -= 1
        engine.told(call, route, status, perf_counter() - call.started)

    async def _reply(
        self,
        route: str,
        endpoint: Endpoint,
        engine: Engine,
        call: Call,
        scope: Scope,
        receive: Receive,
    ) -> Reply:
        try:
            _admit(route, endpoint, engine, call, scope)
            if endpoint.max_bytes:
                seconds = engine.settings.read_timeout
                call.body = await read_body(receive, endpoint.max_bytes, seconds)
            return await endpoint.handle(engine, call)
        except RefusedError as refusal:
            engine.metrics.refused(refusal.word)
            return Reply.of(refusal)
        except TimeoutError:
            engine.metrics.refused("time")
            return Reply.of(RefusedError(504, "the answer took too long", "time"))
        except HungUpError:
            raise
        except Exception:
            logger.exception("request %s failed", call.id)
            return Reply.of(RefusedError(500, "an error of the service; its log says more", "bug"))


def _admit(route: str, endpoint: Endpoint, engine: Engine, call: Call, scope: Scope) -> None:
    """Refuses a request by what its headers say."""
    method = scope["method"]
    if method != endpoint.method and not (method == "HEAD" and endpoint.method == "GET"):
        allow = (b"allow", endpoint.method.encode())
        raise RefusedError(405, f"send {endpoint.method}", "method", allow)
    if route not in PROBES:
        pending = scope.get(PENDING, engine.in_flight)
        if pending > engine.settings.max_concurrency:
            raise RefusedError(429, "too many requests at a time", "busy", (b"retry-after", b"1"))
    if not endpoint.open:
        _check_key(engine, call, scope)
    if endpoint.media_types:
        call.media_type = media_type_of(call.headers)
        if call.media_type not in endpoint.media_types:
            known = ", ".join(sorted(name.decode() for name in endpoint.media_types))
            raise RefusedError(415, f"send it with the header Content-Type: {known}", "media_type")


def _check_key(engine: Engine, call: Call, scope: Scope) -> None:
    if engine.keys:
        call.key = presented(call.headers)
        if not engine.keys.holds(call.key):
            reason = "an API key is needed: Authorization: Bearer KEY, or X-API-Key: KEY"
            raise RefusedError(401, reason, "key", (b"www-authenticate", b"Bearer"))
    elif not engine.settings.open and not _is_loopback((scope.get("server") or ("",))[0]):
        reason = "this address answers nobody yet: set SENTIMENT_API_KEYS or SENTIMENT_OPEN"
        raise RefusedError(401, reason, "key", (b"www-authenticate", b"Bearer"))


@lru_cache(maxsize=64)
def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        # A socket in the file system, or the test client of a framework.
        return True


async def _nowhere(engine: Engine, call: Call) -> Reply:
    raise RefusedError(404, "nothing here: GET /docs shows what there is", "path")


NOWHERE = Endpoint("GET", _nowhere, open=True)


async def _send(reply: Reply, call: Call, scope: Scope, send: Send) -> None:
    headers = [
        (b"content-type", reply.media_type),
        (b"content-length", str(len(reply.body)).encode()),
        (b"x-request-id", call.id.encode()),
        *ALWAYS,
        *reply.headers,
    ]
    if call.variant:
        headers.append((b"x-variant", call.variant.encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    body = b"" if scope["method"] == "HEAD" else reply.body
    await send({"type": "http.response.body", "body": body})
