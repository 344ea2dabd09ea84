import asyncio

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from sentiment_serving.guard import RequestLimits

LIMIT = 10


async def echo(request: Request):
    return PlainTextResponse((await request.body()).decode())


def answer_to(parts):
    """Sends a body in parts, as a client without a content length does."""
    app = RequestLimits(Starlette(routes=[Route("/", echo, methods=["POST"])]), LIMIT)
    scope = {
        "type": "http", "method": "POST", "path": "/", "headers": [], "query_string": b"",
        "server": ("test", 80), "scheme": "http", "root_path": "",
    }  # fmt: skip
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages.append({"type": "http.request", "body": b"", "more_body": False})
    sent = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], sent[1]["body"], len(messages)


@pytest.mark.parametrize("parts", [[b"1234567890"], [b"12345", b"67890"], [b"1"] * 10, [b""]])
def test_a_body_up_to_the_limit_arrives_whole(parts):
    assert answer_to(parts) == (200, b"".join(parts), 0)


@pytest.mark.parametrize("parts", [[b"12345678901"], [b"12345", b"678901"], [b"1" * 10, b"1"]])
def test_a_body_over_the_limit_is_refused_in_however_many_parts_it_comes(parts):
    status, body, unread = answer_to(parts)
    assert (status, unread) == (413, 0)
    assert b"larger than 10 bytes" in body


def test_an_endless_body_is_not_read_to_its_end():
    status, _, unread = answer_to([b"1" * 10] * 1_000)
    assert status == 413
    assert unread > 900
