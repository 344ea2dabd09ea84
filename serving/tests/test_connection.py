"""The protocol on a real uvicorn, in this process."""

import asyncio
import contextlib

import pytest
import uvicorn

from sentiment_serving import connection

SECONDS = 0.3
REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n"


@pytest.fixture
def talk(monkeypatch):
    """Sends parts with a pause between them to a server, and returns all that it answers."""
    monkeypatch.setitem(uvicorn.config.HTTP_PROTOCOLS, "auto", None)
    connection.install(SECONDS)

    async def app(scope, receive, send):
        body = str(scope[connection.PENDING]).encode()
        await send(
            {
                "type": "http.response.start", "status": 200,
                "headers": [(b"content-length", str(len(body)).encode())],
            }
        )  # fmt: skip
        await send({"type": "http.response.body", "body": body})

    async def run(parts, pause):
        settings = uvicorn.Config(app, port=0, lifespan="off", log_config=None)
        server = uvicorn.Server(settings)
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        received = []

        async def receive():
            # A server that closes while the client still sends resets the connection.
            with contextlib.suppress(ConnectionError):
                while part := await reader.read(1_000):
                    received.append(part)

        receiving = asyncio.create_task(receive())
        with contextlib.suppress(ConnectionError):
            for part in parts:
                writer.write(part)
                await asyncio.sleep(pause)
        await asyncio.wait_for(receiving, 5)
        answer = b"".join(received)
        writer.close()
        server.should_exit = True
        await serving
        return answer

    return lambda parts, pause=0.0: asyncio.run(run(parts, pause))


def test_a_whole_request_is_answered_and_knows_how_many_wait(talk):
    answer = talk([REQUEST + b"Connection: close\r\n\r\n"])
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"\r\n\r\n1")


def test_headers_that_come_in_parts_but_in_time_are_waited_for(talk):
    assert b" 200 " in talk([REQUEST, b"Connection: close\r\n", b"\r\n"], SECONDS / 4)


def test_a_connection_without_headers_is_closed(talk):
    assert talk([]) == b""
    assert talk([REQUEST]) == b""


def test_dribbled_headers_do_not_win_time(talk):
    assert talk([REQUEST, *[b"A: b\r\n"] * 8], SECONDS / 4) == b""


def test_the_second_request_of_a_connection_is_not_waited_for_longer(talk):
    first = REQUEST + b"\r\n"
    answer = talk([first, REQUEST, *[b"A: b\r\n"] * 8], SECONDS / 4)
    assert answer.count(b" 200 ") == 1


@pytest.mark.parametrize("headers", [b"A: " + b"x" * 200_000 + b"\r\n", b"A: b\r\n" * 30_000])
def test_headers_without_an_end_are_refused(talk, headers):
    answer = talk([REQUEST + headers + b"\r\n"])
    assert b" 200 " not in answer


def test_a_request_of_large_headers_is_told_so(talk):
    parts = [REQUEST, *[b"A: " + b"x" * 7_000 + b"\r\n"] * 10]
    assert b" 400 " in talk(parts, 0.01)
