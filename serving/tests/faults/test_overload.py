"""Ten times more than fits at once: refused fast, nothing lost, and as before when it is over."""

import asyncio
import json
import re

import httpx
import pytest
from harness.load import apply, measure, post

LIMIT = 8
REFUSED = {"429", "503"}
SHORT = [post("/predict", b'{"text": "good"}')]
LONG = [post("/predict", json.dumps({"texts": ["not good " * 40] * 256}).encode())]


@pytest.fixture(scope="module")
def small(serve):
    """A server that takes eight requests at a time."""
    with serve(max_concurrency=LIMIT) as (server, _):
        yield server


def counted(server):
    """Returns the requests to ``/predict`` by status, as the server counts them."""
    text = httpx.get(f"http://127.0.0.1:{server.port}/metrics").text
    lines = re.findall(r"^sentiment_requests_total\{(.*)\} ([\d.e+]+)$", text, re.MULTILINE)
    found = {}
    for labels, number in lines:
        if 'route="/predict"' in labels:
            status = re.search(r'status="(\d+)"', labels)[1]
            found[status] = found.get(status, 0) + int(float(number))
    return found


@pytest.mark.parametrize("requests", [SHORT, LONG], ids=["short", "long"])
def test_what_does_not_fit_is_refused_and_every_request_is_answered_and_counted(small, requests):
    before = counted(small)
    load = measure(small.port, requests, connections=10 * LIMIT, seconds=2, warm_up=0)
    assert set(load.outcomes) <= {"200", *REFUSED}, load.outcomes
    assert load.outcomes["200"] > 0
    assert sum(load.outcomes[status] for status in REFUSED) > 0
    after = counted(small)
    assert {status: after[status] - before.get(status, 0) for status in load.outcomes} == (
        load.outcomes
    )


def test_a_refusal_comes_faster_than_an_answer(small):
    load = measure(small.port, LONG, connections=10 * LIMIT, seconds=2, warm_up=0)
    refused = [load.percentile(0.5, status) for status in REFUSED & set(load.by_status)]
    assert refused
    assert max(refused) < load.percentile(0.5, "200")


def test_a_refusal_says_why_and_when_to_come_again(small):
    async def overload():
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{small.port}") as client:
            load = asyncio.create_task(apply(small.port, LONG, 10 * LIMIT, 1))
            while not load.done():
                answer = await client.post("/predict", json={"text": "good"})
                if str(answer.status_code) in REFUSED:
                    await load
                    return answer
            return None

    refusal = asyncio.run(overload())
    assert refusal is not None, "nothing was refused"
    assert int(refusal.headers["Retry-After"]) >= 1
    assert list(refusal.json()) == ["error"]


def test_the_probes_answer_under_overload(small):
    async def probe():
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{small.port}") as client:
            load = asyncio.create_task(apply(small.port, LONG, 10 * LIMIT, 1))
            found = set()
            while not load.done():
                for path in ("/livez", "/readyz", "/ping"):
                    found.add((await client.get(path)).status_code)
            await load
            return found

    assert asyncio.run(probe()) == {200}


def test_when_it_is_over_nothing_is_refused(small):
    measure(small.port, LONG, connections=10 * LIMIT, seconds=1, warm_up=0)
    load = measure(small.port, SHORT, connections=LIMIT // 2, seconds=0.5, warm_up=0)
    assert set(load.outcomes) == {"200"}
