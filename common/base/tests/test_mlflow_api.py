"""The HTTP below the replay, against a real server on this machine that answers as it is told."""

import base64
import json
import socket
import time

import pytest

from sentiment_common import mlflow_api
from sentiment_common.errors import InputError
from sentiment_common.mlflow_api import Server, ServerError

SOMEBODY = {"MLFLOW_TRACKING_TOKEN": "t0ken"}


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(mlflow_api, "PAUSES", (0.01, 0.02))


def server_at(address, **environment):
    return Server.of(address, "SENTIMENT_TRACKING_SERVER", environment)


def test_a_question_is_asked_and_the_wanted_part_of_the_answer_returned(http):
    http.answer = lambda request: (200, {"experiment": {"experiment_id": "7"}})
    asked = {"experiment_name": "a & b"}
    server = server_at(http.address + "/mlflow/")
    assert server.get("experiments/get-by-name", asked, "experiment", "experiment_id") == "7"
    (request,) = http.requests
    assert (request.method, request.path) == (
        "GET", "/mlflow/api/2.0/mlflow/experiments/get-by-name?experiment_name=a+%26+b",
    )  # fmt: skip


def test_a_body_is_sent_as_json_and_a_file_as_it_is(http):
    server = server_at(http.address)
    server.post("runs/update", {"run_id": "größe"})
    server.put("mlflow-artifacts/artifacts/1/a b.html", b"\xff\x00")
    posted, put = http.requests
    assert (posted.method, json.loads(posted.body)) == ("POST", {"run_id": "größe"})
    assert (put.method, put.body) == ("PUT", b"\xff\x00")
    assert put.path == "/api/2.0/mlflow-artifacts/artifacts/1/a%20b.html"


def test_a_file_is_returned_as_it_is(http):
    http.answer = lambda request: (200, {"files": []})
    content = server_at(http.address).content("mlflow-artifacts/artifacts?path=1%2Fa")
    assert json.loads(content) == {"files": []}
    (request,) = http.requests
    assert (request.method, request.path) == (
        "GET", "/api/2.0/mlflow-artifacts/artifacts?path=1%2Fa",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        (
            {"MLFLOW_TRACKING_USERNAME": "ann", "MLFLOW_TRACKING_PASSWORD": "pä:ss"},
            "Basic " + base64.b64encode("ann:pä:ss".encode()).decode(),
        ),
        ({"MLFLOW_TRACKING_TOKEN": "t0ken"}, "Bearer t0ken"),
        ({"MLFLOW_TRACKING_USERNAME": "ann", "MLFLOW_TRACKING_TOKEN": "t0ken"}, "Bearer t0ken"),
    ],
    ids=["nobody", "user and password", "token", "user without password"],
)
def test_who_writes_is_said_in_the_authorization_header(http, environment, expected):
    server_at(http.address, **environment).post("runs/update", {})
    assert http.requests[0].headers.get("Authorization") == expected


def test_the_password_is_not_shown_where_a_server_is_printed():
    server = server_at("http://tracking.example", **SOMEBODY)
    assert "t0ken" not in repr(server)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_or_broken_server_is_asked_again(http, status):
    answers = iter([(status, {}), (status, {}), (200, {"done": "yes"})])
    http.answer = lambda request: next(answers)
    assert server_at(http.address).post("runs/update", {"run_id": "1"}, "done") == "yes"
    assert len({request.body for request in http.requests}) == 1
    assert len(http.requests) == 3


def test_it_is_not_asked_for_ever(http):
    http.answer = lambda request: (503, {})
    with pytest.raises(ServerError, match="answers 503"):
        server_at(http.address).post("runs/update", {})
    assert len(http.requests) == 1 + len(mlflow_api.PAUSES)


@pytest.mark.parametrize(("status", "requests"), [(502, 1), (503, 3)])
def test_what_must_not_happen_twice_is_repeated_only_if_it_has_not_happened(http, status, requests):
    http.answer = lambda request: (status, {})
    with pytest.raises(ServerError):
        server_at(http.address).post("runs/create", {}, repeatable=False)
    assert len(http.requests) == requests


def test_a_refusal_is_not_repeated_and_keeps_mlflows_name_and_message(http):
    refusal = {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such experiment"}
    http.answer = lambda request: (404, refusal)
    with pytest.raises(ServerError, match="answers 404: no such experiment") as error:
        server_at(http.address).get("experiments/get-by-name", {})
    assert error.value.code == "RESOURCE_DOES_NOT_EXIST"
    assert len(http.requests) == 1


def test_a_redirect_is_not_followed_because_the_password_would_go_along(http):
    http.answer = lambda request: (302, {}, {"Location": f"{http.address}/elsewhere"})
    with pytest.raises(ServerError, match="answers 302"):
        server_at(http.address, **SOMEBODY).get("experiments/search", {})
    assert [request.path for request in http.requests] == [
        "/api/2.0/mlflow/experiments/search?"
    ]  # fmt: skip


@pytest.mark.parametrize("answer", [b"<html>sign in</html>", b"[]", b'{"else": 1}', b"\xff"])
def test_a_server_that_is_not_mlflow_is_told_apart(http, answer):
    http.answer = lambda request: (200, answer)
    with pytest.raises(ServerError, match="does not answer as MLflow does"):
        server_at(http.address).get("experiments/get-by-name", {}, "experiment")


def test_a_server_that_is_silent_is_given_up_in_time(http, monkeypatch):
    monkeypatch.setattr(mlflow_api, "SECONDS_PER_REQUEST", 0.2)
    http.answer = lambda request: time.sleep(1) or (200, {})
    begin = time.monotonic()
    with pytest.raises(ServerError, match="timed out"):
        server_at(http.address).post("runs/update", {})
    assert time.monotonic() - begin < 0.2 * 3 + 1
    assert len(http.requests) == 3


def test_after_its_time_is_up_nothing_more_is_sent(http):
    with pytest.raises(ServerError, match="takes too long"):
        Server(http.address, until=time.monotonic()).post("runs/update", {})
    assert http.requests == []


def test_a_server_that_is_not_there_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ServerError, match=rf"{address} does not answer: .*refused"):
            server_at(address).post("runs/create", {}, repeatable=False)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("sqlite:///mlflow.db", "no http or https address"),
        ("tracking.example:5000", "no http or https address"),
        ("http://", "no http or https address"),
        ("http://tracking.example:port", "no address"),
        ("http://tracking..example", "no address"),
        ("http://[::1", "no address"),
        ("https://ann:secret@tracking.example", "use MLFLOW_TRACKING_USERNAME"),
    ],
)
def test_what_cannot_be_the_address_of_a_server_is_refused(address, message):
    with pytest.raises(InputError, match=message) as error:
        server_at(address)
    assert str(error.value).startswith("SENTIMENT_TRACKING_SERVER: ")
    assert "secret" not in str(error.value)
