import json

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
        ({"text": None}, "text: Input should be a valid string"),
        ({"text": "good", "model": ""}, "model: String should have at least 1 character"),
        ({"txt": "good"}, "Extra inputs are not permitted"),
        ([["good"]], "Input should be an object"),
    ],
)
def test_a_request_that_is_no_list_of_texts_is_refused_with_the_reason(service, body, hint):
    answer = service.post("/predict", json=body)
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]
    assert hint in answer.json()["error"]


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
    assert service.get("/ping").status_code == 200
    service.post("/predict", json={"text": "good"})
    figures = service.get("/metrics").text
    assert 'sentiment_requests_total{route="/predict",status="200"}' in figures
    assert 'sentiment_model_info{bundle="tiny",digest="sha256:' in figures


def test_the_interface_is_shown_without_asking_any_other_server(service):
    page = service.get("/docs")
    assert page.text.startswith("<!DOCTYPE html>")
    assert "https://" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "swagger-initializer.js"):
        assert f"./static_content/{name}" in page.text
        assert service.get(f"/static_content/{name}").status_code == 200


def test_the_page_is_there_with_its_script_and_style(service):
    page = service.get("/")
    assert page.text.lower().startswith("<!doctype html>")
    assert "content-security-policy" in page.headers
    assert service.get("/app.js").status_code == service.get("/style.css").status_code == 200


def test_the_words_of_a_text_are_explained_on_request(service):
    answer = service.post("/predict", json={"text": "not good", "explain": True}).json()
    (prediction,) = answer["predictions"]
    assert [word["word"] for word in prediction["contributions"]] == ["not", "good"]
    plain = service.post("/predict", json={"text": "not good"}).json()
    assert "contributions" not in plain["predictions"][0]


def test_the_models_are_listed_and_picked_by_name(service):
    (listed,) = service.get("/models").json()["models"]
    assert (listed["name"], listed["default"], listed["backend"]) == ("tiny", True, "linear")
    assert listed["text_specification"].startswith("sha256:")
    answer = service.post("/predict", json={"text": "good", "model": "tiny"})
    assert answer.json()["model"]["digest"] == listed["digest"]
    answer = service.post("/predict", json={"text": "good", "model": PRIVATE})
    assert answer.status_code == 404
    assert "zx" not in answer.text


@pytest.mark.parametrize(
    ("media_type", "body", "lines"),
    [
        ("application/jsonlines", '"good"\n{"text": "bad"}\n', 2),
        ("text/csv", 'good\n"bad, ""really"" bad"\n\n', 3),
        ("application/json", '{"instances": ["good", "bad"]}', 1),
    ],
)
def test_sagemaker_gets_a_line_for_each_record(service, media_type, body, lines):
    answer = service.post("/invocations", content=body, headers={"Content-Type": media_type})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert len(answer.text.removesuffix("\n").split("\n")) == lines
    assert answer.text.index("positive") < answer.text.rindex("negative")


def test_many_records_go_in_one_request(service):
    body = "".join(f'"good {number}"\n' for number in range(20_000))
    headers = {"Content-Type": "application/jsonlines"}
    answer = service.post("/invocations", content=body, headers=headers)
    assert answer.text.count('"label":"positive"') == 20_000


def test_a_request_keeps_its_name(service):
    answer = service.post("/predict", json={"text": "good"}, headers={"X-Request-Id": "order-17"})
    assert answer.headers["x-request-id"] == "order-17"
    strange = {"X-Request-Id": "a b" * 40}
    assert len(service.get("/ping", headers=strange).headers["x-request-id"]) == 16


def test_the_description_of_the_interface_names_the_limits(service):
    schema = service.get("/docs.json").json()["components"]["schemas"]["PredictRequest"]
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


@pytest.mark.parametrize("path", ["/predict", "/invocations"])
def test_each_line_of_the_log_is_json_and_names_its_request(service, service_log, path):
    name = f"lost{path.replace('/', '-')}"
    service.post(path, content=b"{", headers=JSON | {"X-Request-Id": name})
    lines = [json.loads(line) for line in service_log.read_text().splitlines()]
    (line,) = [line for line in lines if line.get("request_id") == name]
    assert (line["route"], line["status"]) == (path, 400)
