import json

from sentiment_serving.endpoints import endpoints
from sentiment_serving.openapi import document
from sentiment_serving.schemas import PredictRequest

PROBES = {"/livez", "/readyz"}
DESCRIPTION = {"/docs", "/docs.json"}


def test_every_endpoint_is_described_with_its_method_and_content_types():
    paths = json.loads(document())["paths"]
    known = endpoints(open_metrics=False)
    assert set(paths) - PROBES == set(known) - DESCRIPTION
    for path, endpoint in known.items():
        if path in DESCRIPTION:
            continue
        operation = paths[path][endpoint.method.lower()]
        content = operation.get("requestBody", {}).get("content", {})
        assert {name.encode() for name in content} <= endpoint.media_types
        assert bool(content) == bool(endpoint.media_types)
        assert ("security" in operation) == (not endpoint.open)


def test_all_that_is_referred_to_is_there():
    text = document().decode()
    schemas = json.loads(text)["components"]["schemas"]
    referred = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert referred <= set(schemas)


def test_the_schema_forbids_what_is_refused():
    schema = PredictRequest.model_json_schema()
    assert schema["oneOf"] == [{"required": ["text"]}, {"required": ["texts"]}]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["text"]["type"] == "string"
