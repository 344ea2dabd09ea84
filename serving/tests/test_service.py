import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sentiment_models

PRIVATE = "my order zx-qrst never came"
JSON = {"Content-Type": "application/json"}


def test_one_text_gets_its_label_probabilities_and_model(service, tiny_bundle):
    answer = service.post("/predict", json={"text": "Good"})
    assert answer.status_code == 200
    body = answer.json()
    (prediction,) = body["predictions"]
    assert prediction["label"] == "positive"
    assert list(prediction["probabilities"]) == ["negative", "neutral", "positive"]
    assert sum(prediction["probabilities"].values()) == pytest.approx(1)
    assert body["model"]["name"] == "tiny"
    assert body["model"]["digest"].startswith("sha256:")


def test_many_texts_keep_their_order(service):
    texts = ["good", "bad", "a parcel", "not good"]
    answer = service.post("/predict", json={"texts": texts}).json()
    labels = [prediction["label"] for prediction in answer["predictions"]]
    assert labels == ["positive", "negative", "neutral", "negative"]


@settings(max_examples=50, deadline=None)
@given(texts=st.lists(st.text(max_size=60), min_size=1, max_size=8))
def test_served_probabilities_are_those_of_the_bundle(service, tiny_bundle, texts):
    answer = service.post("/predict", json={"texts": texts})
    served = [list(row["probabilities"].values()) for row in answer.json()["predictions"]]
    expected = sentiment_models.load(tiny_bundle).predict_proba(texts)
    assert served == pytest.approx(expected, abs=1e-12)


def test_texts_too_long_to_score_at_once_are_scored_all_the_same(service):
    answer = service.post("/predict", json={"texts": ["good " * 1_900] * 20})
    assert [row["label"] for row in answer.json()["predictions"]] == ["positive"] * 20


def test_an_empty_text_is_a_text(service):
    (prediction,) = service.post("/predict", json={"text": ""}).json()["predictions"]
    assert prediction["probabilities"]["neutral"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ({"texts": []}, "at least 1 item"),
        ({"texts": ["good"] * 257}, "at most 256 items"),
        ({"text": "x" * 10_001}, "at most 10000 characters"),
        ({"texts": ["good", 5]}, "valid string"),
        ({"texts": "good"}, "valid array"),
        ({"text": "good", "texts": ["good"]}, "either 'texts' or 'text'"),
        ({}, "either 'texts' or 'text'"),
        ({"text": None}, "either 'texts' or 'text'"),
        ({"txt": "good"}, "Extra inputs are not permitted"),
        ([["good"]], "Input should be an object"),
    ],
)
def test_a_request_that_is_no_list_of_texts_is_refused_with_the_reason(service, body, hint):
    answer = service.post("/predict", json=body)
    assert answer.status_code == 400
    assert any(hint in detail["msg"] for detail in answer.json()["detail"]), answer.text


@pytest.mark.parametrize("body", [b"good", b"", b'{"text": "good"', b'{"text": "\xff"}', b"\x00"])
def test_a_body_that_is_not_json_is_refused(service, body):
    assert service.post("/predict", content=body, headers=JSON).status_code == 400


def test_a_text_of_two_megabytes_is_refused_before_it_is_read_as_json(service):
    answer = service.post("/predict", json={"text": "x" * 2_000_000})
    assert answer.status_code == 413
    assert "1048576 bytes" in answer.json()["error"]


def test_a_body_of_unknown_length_is_limited_too(service):
    parts = (b"x" * 65_536 for _ in range(40))
    assert service.post("/predict", content=parts, headers=JSON).status_code == 413


@pytest.mark.parametrize(
    "media_type",
    ["multipart/form-data; boundary=x", "text/plain", "application/vnd.bentoml+pickle", ""],
)
def test_anything_but_json_is_refused(service, media_type):
    answer = service.post("/predict", content=b"good", headers={"Content-Type": media_type})
    assert answer.status_code == 415
    assert "application/json" in answer.json()["error"]


def test_the_operational_routes_answer(service):
    assert service.get("/livez").status_code == 200
    assert service.get("/readyz").status_code == 200
    assert service.get("/docs", follow_redirects=True).text.startswith("<!DOCTYPE html>")
    service.post("/predict", json={"text": "good"})
    assert 'bentoml_service_request_total{endpoint="/predict"' in service.get("/metrics").text


def test_the_description_of_the_interface_names_the_limits(service):
    post = service.get("/docs.json").json()["paths"]["/predict"]["post"]
    schema = post["requestBody"]["content"]["application/json"]["schema"]
    texts, text = schema["properties"]["texts"], schema["properties"]["text"]
    assert (texts["minItems"], texts["maxItems"]) == (1, 256)
    assert texts["items"]["maxLength"] == text["maxLength"] == 10_000


def test_no_text_of_a_request_reaches_the_log(service, service_log):
    service.post("/predict", json={"text": PRIVATE})
    service.post("/predict", json={"text": PRIVATE, "texts": [PRIVATE]})
    service.post("/predict", json={"texts": [PRIVATE * 1_000]})
    service.post("/predict", json={PRIVATE: PRIVATE})
    service.post("/predict", content=f'{{"text": "{PRIVATE}', headers=JSON)
    logged = service_log.read_text()
    assert "/predict" in logged
    assert "zx-qrst" not in logged
    assert "Traceback" not in logged
