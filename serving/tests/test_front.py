import asyncio
import json

import pytest

from sentiment_serving.calls import Call
from sentiment_serving.connection import PENDING
from sentiment_serving.endpoints import endpoints
from sentiment_serving.engine import Engine
from sentiment_serving.front import FrontDoor
from sentiment_serving.settings import Settings

KEY = "k" * 32


async def inner(scope, receive, send):
    """Stands where BentoML's application is and says that it was asked."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"inner"})


@pytest.fixture
def ask(tiny_bundle):
    """Asks a front door of the given settings, in one request."""

    def ask(path, body=None, *, method=None, headers=(), scope=(), **settings):
        engine = Engine(Settings(model=str(tiny_bundle), **settings), {})
        door = FrontDoor(
            inner, lambda: engine, endpoints(open_metrics=engine.settings.open_metrics), []
        )
        request = {
            "type": "http", "path": path, "query_string": b"", "server": ("127.0.0.1", 80),
            "method": method or ("GET" if body is None else "POST"), "headers": list(headers),
            **dict(scope),
        }  # fmt: skip
        sent = []

        async def receive():
            return {"type": "http.request", "body": body or b"", "more_body": False}

        async def send(message):
            sent.append(message)

        asyncio.run(door(request, receive, send))
        start, end = sent
        return start["status"], dict(start["headers"]), end["body"], engine

    return ask


TEXT = json.dumps({"text": "good"}).encode()


def test_a_request_is_answered_under_its_own_name(ask):
    status, headers, body, _ = ask("/predict", TEXT, headers=[(b"x-request-id", b"order-17")])
    assert status == 200
    assert headers[b"x-request-id"] == b"order-17"
    assert json.loads(body)["predictions"][0]["label"] == "positive"


def test_probes_and_files_are_left_to_bentoml_and_the_rest_is_not(ask):
    assert ask("/livez")[2] == ask("/static_content/x.js")[2] == b"inner"
    status, _, body, _ = ask("/admin")
    assert (status, b"inner" in body) == (404, False)


def test_another_method_is_told_the_right_one(ask):
    status, headers, _, _ = ask("/predict")
    assert (status, headers[b"allow"]) == (405, b"POST")
    assert ask("/models", b"")[0] == 405
    status, headers, body, _ = ask("/models", method="HEAD")
    assert (status, body) == (200, b"")
    assert int(headers[b"content-length"]) > 0


@pytest.mark.parametrize("pending", [3, 300])
def test_more_waiting_requests_than_allowed_are_refused_before_they_are_read(ask, pending):
    scope = {PENDING: pending}.items()
    status, headers, _, engine = ask("/predict", b"{", scope=scope, max_concurrency=2)
    assert (status, headers[b"retry-after"]) == (429, b"1")
    assert b'refused_total{reason="busy"} 1.0' in engine.metrics.text()
    assert ask("/ping", scope=scope, max_concurrency=2)[0] == 200
    assert ask("/predict", TEXT, scope={PENDING: 2}.items(), max_concurrency=2)[0] == 200


@pytest.mark.parametrize("path", ["/models", "/metrics"])
def test_a_key_is_needed_where_there_are_keys(ask, path):
    assert ask(path, api_keys=KEY)[0] == 401
    for header in [(b"x-api-key", KEY.encode()), (b"authorization", b"Bearer " + KEY.encode())]:
        assert ask(path, api_keys=KEY, headers=[header])[0] == 200
    wrong = [(b"x-api-key", b"w" * 32)]
    status, headers, body, _ = ask(path, api_keys=KEY, headers=wrong)
    assert (status, headers[b"www-authenticate"]) == (401, b"Bearer")
    assert KEY.encode() not in body


def test_probes_and_the_description_need_no_key_and_metrics_only_if_so_set(ask):
    assert [ask(path, api_keys=KEY)[0] for path in ("/ping", "/docs", "/docs.json")] == [200] * 3
    assert ask("/metrics", api_keys=KEY, open_metrics=True)[0] == 200


@pytest.mark.parametrize(
    ("address", "settings", "status"),
    [
        ("10.0.0.7", {}, 401), ("10.0.0.7", {"open": True}, 200), ("127.0.0.1", {}, 200),
        ("::1", {}, 200), ("fd00::1", {}, 401),
    ],
)  # fmt: skip
def test_without_keys_only_this_machine_is_answered_unless_opened(ask, address, settings, status):
    scope = {"server": (address, 80)}.items()
    assert ask("/models", scope=scope, **settings)[0] == status


def test_a_bug_is_an_error_without_its_message(ask, monkeypatch, caplog):
    def broken(self, texts):
        raise ValueError("my order zx-qrst never came")

    monkeypatch.setattr("sentiment_serving.model.OpenModel.score_now", broken)
    status, _, body, engine = ask("/predict", TEXT)
    assert status == 500
    assert b"zx" not in body
    assert engine.in_flight == 0
    assert any("failed" in message for message in caplog.messages)


def test_a_flood_of_bad_requests_does_not_flood_the_log(ask, tiny_bundle, caplog):
    _, _, _, engine = ask("/predict", b"{")
    for _ in range(200):
        engine.told(Call("id", {}), "/predict", 400, 0.001)
    engine.told(Call("id", {}), "/predict", 500, 0.001)
    lines = [record for record in caplog.records if record.message == "answered"]
    assert len(lines) == 51
    assert lines[-1].fields["status"] == 500
