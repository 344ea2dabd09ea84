"""A load generator over raw keep-alive connections: closed loop, every answer and loss counted.

Each connection sends its next request when the last one is answered, as in wrk. Latencies are
exact, not binned. Nothing beyond asyncio is needed, so that the generator costs little itself.
"""

import asyncio
import itertools
import math
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"^content-length:[ \t]*(\d+)", re.IGNORECASE | re.MULTILINE)
CHUNKED = re.compile(rb"^transfer-encoding:[ \t]*chunked", re.IGNORECASE | re.MULTILINE)
CLOSES = re.compile(rb"^connection:[ \t]*close", re.IGNORECASE | re.MULTILINE)
REFUSED, LOST, UNSENT, CUT = "refused", "lost", "unsent", "cut"
PAUSE_AFTER_REFUSAL = 0.05


@dataclass
class Load:
    """What came of a load.

    Attributes:
        seconds: How long it was applied.
        latencies: Seconds from the sending of each answered request to the end of its answer.
        outcomes: Number of answers by status as text; ``refused``: no connection was made;
            ``unsent``: the server closed a kept connection before a byte of an answer, as it may;
            ``lost``: a new connection was closed without an answer; ``cut``: an answer broke off.
        by_status: Latencies by status.
    """

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    by_status: dict[str, list[float]] = field(default_factory=dict)

    def add(self, status: str, seconds: float) -> None:
        """Counts an answer."""
        self.latencies.append(seconds)
        self.outcomes[status] += 1
        self.by_status.setdefault(status, []).append(seconds)

    @property
    def rate(self) -> float:
        """Answers a second with status 200."""
        return self.outcomes["200"] / self.seconds

    @property
    def errors(self) -> int:
        """All that was not answered with status 200."""
        return self.outcomes.total() - self.outcomes["200"]

    def percentile(self, share: float, status: str | None = None) -> float:
        """Returns the latency in seconds under which a share of the answers came (nearest rank).

        Args:
            share: Between 0 and 1.
            status: Only answers with this status.

        Returns:
            NaN if there was no such answer.
        """
        latencies = sorted(self.latencies if status is None else self.by_status.get(status, []))
        rank = math.ceil(share * len(latencies)) - 1
        return latencies[max(rank, 0)] if latencies else math.nan


def post(path: str, body: bytes, headers: Iterable[str] = ()) -> bytes:
    """Returns a whole request with a JSON body."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
    lines += [f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + HEAD_END + body


def get(path: str) -> bytes:
    """Returns a whole request without a body."""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


class Connection(asyncio.Protocol):
    """A keep-alive connection with one request under way at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[str, bytes]] | None = None
        self._buffer = bytearray()
        self._needed = 0
        self.answered = 0
        self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps what requests are written to."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own are not derived from it

    def connection_lost(self, error: Exception | None) -> None:
        """Ends the waiting for an answer that will not come."""
        self.closed = True
        if self._answer and not self._answer.done():
            self._answer.set_exception(ConnectionResetError("closed before the end of the answer"))
            self._answer.exception()  # whoever has left does not ask for it

    def data_received(self, data: bytes) -> None:
        """Collects an answer, and hands it on when it is whole."""
        self._buffer += data
        if self._answer is None or self._answer.done() or len(self._buffer) < self._needed:
            return
        end = self._buffer.find(HEAD_END) + len(HEAD_END)
        if end < len(HEAD_END):
            return
        head = bytes(self._buffer[:end])
        length = LENGTH.search(head)
        if length:
            self._needed = end + int(length[1])
            if len(self._buffer) < self._needed:
                return
        elif CHUNKED.search(head) and not self._buffer.endswith(b"0\r\n\r\n"):
            return
        body = bytes(self._buffer[end:])
        self._buffer.clear()
        self._needed = 0
        self.answered += 1
        self.closed = bool(CLOSES.search(head))
        self._answer.set_result((head[9:12].decode(), body))

    async def ask(self, request: bytes) -> tuple[str, bytes]:
        """Sends a request and returns status and body of the answer.

        Raises:
            ConnectionError: The server closed the connection first.
        """
        self.send(request)
        assert self._answer
        return await self._answer

    def send(self, part: bytes) -> None:
        """Sends a part of a request; the answer is awaited from here on."""
        if self.closed or self._transport is None:
            raise ConnectionResetError("closed")
        if self._answer is None or self._answer.done():
            self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(part)

    async def answer(self) -> tuple[str, bytes]:
        """Waits for the answer to what was sent."""
        assert self._answer
        return await self._answer

    @property
    def end(self) -> str:
        """What became of a request whose answer did not come, as ``Load.outcomes`` names it."""
        if self._buffer:
            return CUT
        return UNSENT if self.answered else LOST

    def close(self) -> None:
        """Closes the connection."""
        self.closed = True
        if self._transport:
            self._transport.close()


async def connect(port: int) -> Connection:
    """Opens a connection to this machine.

    Raises:
        OSError: Nobody listens.
    """
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
    return connection


async def apply(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    """Sends requests in turn over some connections for a while, each as fast as it is answered.

    What is under way at the end is awaited.
    """
    load = Load()
    source = itertools.cycle(requests)
    begin = time.perf_counter()
    until = begin + seconds
    workers = [_keep_asking(port, source, load, until) for _ in range(connections)]
    await asyncio.gather(*workers)
    load.seconds = time.perf_counter() - begin
    return load


async def _keep_asking(port: int, source: Iterator[bytes], load: Load, until: float) -> None:
    clock = time.perf_counter
    connection: Connection | None = None
    while clock() < until:
        if connection is None or connection.closed:
            try:
                connection = await connect(port)
            except OSError:
                load.outcomes[REFUSED] += 1
                await asyncio.sleep(PAUSE_AFTER_REFUSAL)
                continue
        begin = clock()
        try:
            status, _ = await connection.ask(next(source))
        except ConnectionError:
            load.outcomes[connection.end] += 1
        else:
            load.add(status, clock() - begin)
    if connection:
        connection.close()


def measure(
    port: int, requests: Sequence[bytes], connections: int, seconds: float, warm_up: float = 0.5
) -> Load:
    """Applies a load in an event loop of its own, after a warm-up that is not counted."""
    import uvloop

    async def warm_and_apply() -> Load:
        await apply(port, requests, connections, warm_up)
        return await apply(port, requests, connections, seconds)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(warm_and_apply())
