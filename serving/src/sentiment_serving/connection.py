"""The HTTP protocol of uvicorn with what it lacks: patience, a limit, a count of who waits."""

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn import config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

PENDING = "sentiment.pending"
"""Name in an ASGI scope: requests of this process that are accepted and not answered yet."""

MAX_HEADER_BYTES = 64 << 10


def install(seconds: float, ending: Callable[[], None] = lambda: None) -> None:
    """Makes uvicorn, whose options BentoML does not pass on, use this protocol.

    Args:
        seconds: In which a client must have sent the headers of a request that it began.
        ending: Is called when the worker begins to end, once a connection.
    """
    config.HTTP_PROTOCOLS["auto"] = _protocol(seconds, ending)


def _protocol(seconds: float, ending: Callable[[], None]) -> type[HttpToolsProtocol]:
    class LimitedProtocol(HttpToolsProtocol):
        """Closes a connection on which headers do not arrive, or too many."""

        _patience: asyncio.TimerHandle | None = None
        _awaited = 0

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            self._patience = self.loop.call_later(seconds, transport.close)

        def data_received(self, data: bytes) -> None:
            idle = self.cycle is None or self.cycle.response_complete
            if idle and self._patience is None:
                self._patience = self.loop.call_later(seconds, self.transport.close)
                self._awaited = 0  # what came since the last headers was a body
            self._awaited += len(data)
            super().data_received(data)
            if self._patience is not None and self._awaited > MAX_HEADER_BYTES:
                self.send_400_response("The headers are too large.")

        def on_headers_complete(self) -> None:
            self._stop_waiting()
            # What came with the headers may be a body: only then is the sum worth its time.
            if self._awaited > MAX_HEADER_BYTES and _size(self) > MAX_HEADER_BYTES:
                # The parser gives up on an exception, and uvicorn answers 400 and closes.
                raise ValueError("the headers are too large")
            self._awaited = 0
            super().on_headers_complete()
            scope: dict[str, Any] = self.scope
            scope[PENDING] = len(self.tasks) + len(self.pipeline)

        def shutdown(self) -> None:
            ending()
            super().shutdown()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            super().connection_lost(exc)

        def _stop_waiting(self) -> None:
            if self._patience is not None:
                self._patience.cancel()
                self._patience = None

    return LimitedProtocol


def _size(protocol: HttpToolsProtocol) -> int:
    return len(protocol.url) + sum(len(name) + len(value) for name, value in protocol.headers)
