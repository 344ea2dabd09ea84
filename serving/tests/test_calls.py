import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_serving.calls import (
    Call,
    HungUpError,
    RefusedError,
    parse_request,
    read_body,
    request_id,
)

LIMIT = 10


def read(parts, *, end=True, seconds=5.0, limit=LIMIT):
    """Reads a body that comes in parts; returns it and how many parts were not read."""
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    if end:
        messages.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive():
        if not messages:
            await asyncio.sleep(60)
        return messages.pop(0)

    async def run():
        try:
            return await read_body(receive, limit, seconds)
        except RefusedError as refusal:
            return refusal.status

    return asyncio.run(run()), len(messages)


@given(st.lists(st.binary(max_size=4), max_size=6))
def test_a_body_arrives_whole_up_to_the_limit_in_however_many_parts(parts):
    body = b"".join(parts)
    assert read(parts) == (body if len(body) <= LIMIT else 413, 0)


def test_an_endless_body_is_not_read_to_its_end():
    status, unread = read([b"1" * 10] * 1_000)
    assert status == 413
    assert unread > 900


def test_a_body_that_does_not_come_is_not_waited_for():
    assert read([], end=False, seconds=0.05)[0] == 408
    assert read([b"1"], end=False, seconds=0.05)[0] == 408


def test_a_caller_that_hangs_up_is_gone():
    async def receive():
        return {"type": "http.disconnect"}

    with pytest.raises(HungUpError):
        asyncio.run(read_body(receive, LIMIT, 1.0))


@given(st.binary(max_size=80))
def test_a_request_keeps_its_name_only_if_that_is_harmless(given_name):
    name = request_id(given_name)
    assert name.encode() == given_name or len(name) == 16
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


def test_names_are_kept_and_new_ones_differ():
    assert request_id(b"order-17.retry_2") == "order-17.retry_2"
    assert request_id(b"a\n") != "a"
    assert request_id(None) != request_id(None)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"[" * 100_000, "recursion"), (b'{"text": "\xff"}', "unicode"), (b"", "EOF"),
        (b'{"texts": ["a", 5]}', "texts[1]: Input should be a valid string"),
        (b'{"text": "a", "explain": 1}', "explain: Input should be a valid boolean"),
        (json.dumps({"texts": ["a"] * 33, "explain": True}).encode(), "at most 32 texts"),
        (json.dumps({"texts": ["a" * 9_000] * 3, "explain": True}).encode(), "20000 characters"),
    ],
)  # fmt: skip
def test_a_bad_request_is_told_in_one_line(body, reason):
    with pytest.raises(RefusedError) as refused:
        parse_request(body)
    assert refused.value.status == 400
    assert reason in refused.value.reason
    assert "\n" not in refused.value.reason


def test_what_a_caller_wrote_is_not_repeated():
    with pytest.raises(RefusedError) as refused:
        parse_request(b'{"my order zx-qrst": "never came"}')
    assert "zx" not in refused.value.reason
    assert "Extra inputs are not permitted" in refused.value.reason


def test_the_log_knows_a_caller_by_its_id_or_its_key_and_in_an_experiment_by_its_id_alone():
    assert Call("r", {}, key=b"shared").logged_caller == "shared"
    assert Call("r", {}, key=b"shared", caller="ann").logged_caller == "ann"
    assert Call("r", {}, key=b"shared", caller="ann", experiment="e").logged_caller == "ann"
    assert Call("r", {}, key=b"shared", experiment="e").logged_caller == ""
