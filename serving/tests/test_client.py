import contextlib
import http.server
import json
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import fields
from email.utils import formatdate
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sentiment_models
from sentiment_serving import client as module
from sentiment_serving.client import SentimentClient, ServiceError
from sentiment_serving.schemas import MAX_EXPLAINED_CHARACTERS

ANSWER = {
    "predictions": [
        {"label": "positive", "probabilities": {"negative": 0.1, "neutral": 0.2, "positive": 0.7}}
    ],
    "model": {"name": "tiny", "digest": "sha256:0", "added later": True},
}


@pytest.fixture
def client(service):
    with SentimentClient(str(service.base_url)) as opened:
        yield opened


@pytest.fixture
def scripted():
    """A server that gives scripted answers: status, headers, or None to hang up."""
    answers, seen = deque(), []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            length = int(self.headers["Content-Length"])
            seen.append((dict(self.headers), self.rfile.read(length), self.path))
            script = answers.popleft() if answers else (200, {})
            if script is None:
                self.close_connection = True
                return
            status, headers = script
            body = json.dumps(ANSWER if status in (200, 202) else {"error": "not now"}).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": len(body)}.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            """Says nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", answers, seen
    server.shutdown()
    server.server_close()


def test_one_text_gives_one_prediction(client):
    prediction = client.predict("Good")
    assert prediction.label == "positive"
    assert prediction.probabilities.positive > 0.8
    assert prediction.contributions == ()
    assert prediction.model.name == "tiny"
    assert prediction.request_id


@settings(max_examples=25, deadline=None)
@given(texts=st.lists(st.text(max_size=40), max_size=8))
def test_predictions_are_those_of_the_bundle(service, tiny_bundle, texts):
    with SentimentClient(str(service.base_url)) as client:
        answered = client.predict(texts)
    rows = [
        [getattr(answer.probabilities, label) for label in get_args(module.Label)]
        for answer in answered
    ]
    expected = sentiment_models.load(tiny_bundle).predict_proba(texts)
    assert np.array(rows).reshape(-1, 3) == pytest.approx(expected, abs=1e-12)


def test_more_texts_than_one_request_takes_come_back_in_order(client):
    texts = ["good", "bad"] * 300
    answered = client.predict(texts)
    assert [prediction.label for prediction in answered] == ["positive", "negative"] * 300
    assert len({prediction.request_id for prediction in answered}) == 3


def test_long_texts_are_spread_over_requests_by_their_size(client):
    answered = client.predict([f"good {'é' * 9_000}"] * 40)
    assert [prediction.label for prediction in answered] == ["positive"] * 40


def test_an_explanation_says_what_each_word_adds(client):
    good, bad = client.explain("a good 😀 parcel").contributions[1], client.explain(["a bad"])[0]
    assert (good.word, good.start) == ("good", 2)
    assert good.values.positive > 0 > good.values.negative
    assert bad.contributions[1].values.negative > 0


def test_more_texts_than_can_be_explained_at_once_are_explained(client):
    assert all(answer.contributions for answer in client.explain(["good"] * 70))


def test_long_texts_are_explained_although_one_request_would_take_too_many_words(client):
    texts = ["good " * 150] * 40
    assert sum(map(len, texts[: module.MAX_EXPLAINED])) > MAX_EXPLAINED_CHARACTERS
    assert all(answer.contributions for answer in client.explain(texts))


def test_models_are_listed(client):
    (listed,) = client.models()
    assert (listed.name, listed.backend, listed.default) == ("tiny", "linear", True)


def test_a_refusal_says_why_and_which_request(client):
    with pytest.raises(ServiceError, match="10000 characters") as refused:
        client.predict("x" * 10_001)
    assert refused.value.status == 400
    assert refused.value.request_id
    with pytest.raises(ServiceError) as refused:
        client.predict("good", model="nobody")
    assert refused.value.status == 404


def test_a_busy_service_is_asked_again_when_it_says(scripted):
    address, answers, seen = scripted
    answers.extend([(429, {"Retry-After": "0.3"}), (503, {"Retry-After": formatdate(usegmt=True)})])
    started = time.monotonic()
    assert SentimentClient(address, api_key="k-1").predict("good").label == "positive"
    assert time.monotonic() - started >= 0.3
    assert len(seen) == 3
    assert {headers["Authorization"] for headers, _, _ in seen} == {"Bearer k-1"}


def test_a_broken_connection_is_made_again(scripted):
    address, answers, seen = scripted
    with SentimentClient(f"{address}/api/") as client:
        client.predict("good")
        answers.append(None)
        assert client.predict("good").label == "positive"
    assert len(seen) == 3
    assert {path for _, _, path in seen} == {"/api/predict"}


def test_after_so_many_tries_it_gives_up(scripted):
    address, answers, seen = scripted
    answers.extend([(503, {"Retry-After": "0"})] * 9)
    with pytest.raises(ServiceError, match=r"not now \(status 503"):
        SentimentClient(address, retries=2).predict("good")
    assert len(seen) == 3


def test_what_will_not_change_is_not_asked_again(scripted):
    address, answers, seen = scripted
    answers.append((401, {}))
    with pytest.raises(ServiceError, match="not now"):
        SentimentClient(address).predict("good")
    assert len(seen) == 1


def test_nobody_there_is_a_service_error(free_port):
    with pytest.raises(ServiceError, match=r"no answer from 127\.0\.0\.1") as failed:
        SentimentClient(f"http://127.0.0.1:{free_port()}", retries=0).predict("good")
    assert failed.value.status is None


@pytest.mark.parametrize("url", ["", "localhost:3000", "ftp://x", "http://"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ValueError, match="give http://HOST:PORT"):
        SentimentClient(url)


def test_threads_may_share_one(client):
    answered = {}

    def ask(text):
        answered[text] = [client.predict(text).label for _ in range(20)]

    threads = [threading.Thread(target=ask, args=(text,)) for text in ("good", "bad") * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answered == {"good": ["positive"] * 20, "bad": ["negative"] * 20}


def test_the_module_needs_the_standard_library_alone():
    program = f"import runpy; runpy.run_path({str(Path(module.__file__))!r})"
    subprocess.run([sys.executable, "-I", "-S", "-c", program], check=True)


@pytest.mark.parametrize(
    ("kind", "name", "own"),
    [
        (module.Prediction, "Prediction", {"model", "request_id", "position", "variant"}),
        (module.Probabilities, "Probabilities", set()),
        (module.Probabilities, "LogOdds", set()),
        (module.Contribution, "Contribution", set()),
        (module.Model, "ServedModel", set()),
        (module.ListedModel, "ListedModel", set()),
    ],
)
def test_the_types_are_those_of_the_running_service(service, kind, name, own):
    schema = service.get("/docs.json").json()["components"]["schemas"][name]
    declared = {field.name: field.type for field in fields(kind) if field.name not in own}
    assert set(declared) == set(schema["properties"])
    plain = {"string": str, "integer": int, "number": float, "boolean": bool}
    for field, described in schema["properties"].items():
        if described.get("type") in plain and "enum" not in described:
            assert declared[field] is plain[described["type"]], field
    if name == "Prediction":
        assert list(get_args(declared["label"])) == schema["properties"]["label"]["enum"]


def test_its_batches_are_those_the_running_service_takes(service):
    schemas = service.get("/docs.json").json()["components"]["schemas"]
    texts = json.dumps(schemas["PredictRequest"]["properties"]["texts"])
    assert f'"maxItems": {module.MAX_TEXTS}' in texts
    with contextlib.closing(SentimentClient(str(service.base_url))) as client:
        assert len(client.explain(["good"] * module.MAX_EXPLAINED)) == module.MAX_EXPLAINED


def test_a_caller_is_named_and_feedback_says_which_text_of_which_answer(scripted):
    url, answers, seen = scripted
    answers += [(200, {"X-Variant": "challenger", "X-Request-Id": "r-1"}), (202, {}), (202, {})]
    with SentimentClient(url) as client:
        (answer,) = client.predict(["good"], caller_id="Zoë")
        assert (answer.variant, answer.position) == ("challenger", 0)
        client.feedback(answer, "negative", by="agent")
        client.feedback("r-2", "neutral", position=7)
    assert seen[0][0]["X-Caller-Id"].encode("latin-1") == "Zoë".encode()
    assert "X-Caller-Id" not in seen[1][0]
    said = [json.loads(body) for _, body, path in seen[1:] if path == "/feedback"]
    assert said == [
        {"request_id": "r-1", "label": "negative", "position": 0, "by": "agent"},
        {"request_id": "r-2", "label": "neutral", "position": 7, "by": ""},
    ]


def test_feedback_that_is_not_kept_is_an_error(client):
    answer = client.predict("good")
    with pytest.raises(ServiceError, match="without a request log"):
        client.feedback(answer, "positive")
