"""The description of the interface: OpenAPI, made from the types that requests are read with."""

import json
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from pydantic.json_schema import models_json_schema

from sentiment_serving.schemas import (
    MAX_BODY_BYTES,
    MAX_CALLER_BYTES,
    MAX_EXPLAINED,
    MAX_INVOCATION_BYTES,
    MAX_RECORDS,
    REQUEST_ID,
    ErrorResponse,
    FeedbackRequest,
    FeedbackResponse,
    ModelsResponse,
    Prediction,
    PredictRequest,
    PredictResponse,
)

SUMMARY = (
    "Sentiment of customer feedback: `POST /predict` takes `texts` or `text` and gives for each "
    "the most probable label and calibrated probabilities of negative, neutral and positive."
)
PAGE = b"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Sentiment of customer feedback: the interface</title>
<link rel="stylesheet" href="./static_content/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="./static_content/swagger-ui-bundle.js" charset="utf-8"></script>
<script src="./static_content/swagger-ui-standalone-preset.js" charset="utf-8"></script>
<script src="./static_content/swagger-initializer.js" charset="utf-8"></script>
</body>
</html>
"""
"""Swagger's page as BentoML brings it, without the tracker of BentoML's own."""
REASONS = {
    400: "The request is not what the schema says.",
    401: "It has no API key, or a wrong one.",
    404: "There is no model of that name.",
    408: "It did not arrive in time.",
    413: "It is too large.",
    415: "Its content type is not one that is read here.",
    429: "Too many requests at a time; try again after Retry-After seconds.",
    503: "There is no room for it at the moment; try again after Retry-After seconds.",
    504: "The answer took too long.",
}
EXPLAINED = {
    "if": {"properties": {"explain": {"const": True}}, "required": ["explain"]},
    "then": {"properties": {"texts": {"maxItems": MAX_EXPLAINED}}},
}
"""What BentoML's own description of ``PredictRequest`` has no words for."""
TYPES = (
    PredictRequest, PredictResponse, Prediction, FeedbackRequest, FeedbackResponse, ModelsResponse,
    ErrorResponse,
)  # fmt: skip


@lru_cache(maxsize=1)
def document() -> bytes:
    """Returns the OpenAPI document as JSON."""
    _, definitions = models_json_schema(
        [(model, "validation") for model in TYPES], ref_template="#/components/schemas/{model}"
    )
    definitions["$defs"]["PredictRequest"] |= EXPLAINED
    content = {
        "openapi": "3.1.0",
        "info": {
            "title": "sentiment", "description": SUMMARY, "version": version("sentiment-serving"),
        },
        "servers": [{"url": "."}],
        "paths": _paths(),
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }  # fmt: skip
    return json.dumps(content).encode()


def _paths() -> dict[str, Any]:
    return {
        "/predict": {"post": _predict()},
        "/invocations": {"post": _invocations()},
        "/feedback": {"post": _feedback()},
        "/models": {"get": _guarded("models", "The models that can be asked.", "ModelsResponse")},
        "/metrics": {
            "get": _operation("metrics", "Figures for Prometheus.", "text/plain", 401)
            | {"security": [{}, *SECURITY]}
        },
        "/ping": {"get": _operation("ping", "200 while a model answers.", "application/json")},
        "/livez": {"get": _operation("livez", "200 while the process lives.", "text/plain")},
        "/readyz": {"get": _operation("readyz", "200 once the models are open.", "text/plain")},
    }


SECURITY: list[dict[str, list[str]]] = [{"bearer": []}, {"header": []}]
NAME = {
    "name": "X-Request-Id", "in": "header", "required": False,
    "description": "Your name of the request; it comes back and stands in the log.",
    "schema": {"type": "string", "pattern": REQUEST_ID},
}  # fmt: skip
CALLER = {
    "name": "X-Caller-Id", "in": "header", "required": False,
    "description": "Who asks: in an experiment the same caller is always answered by the same "
    "variant. The log keeps a salted hash of it.",
    "schema": {"type": "string", "maxLength": MAX_CALLER_BYTES},
}  # fmt: skip
VARIANT = {
    "X-Variant": {
        "description": "The variant of the experiment that answered, if one is under way.",
        "schema": {"type": "string"},
    }
}
PARAMETERS = [NAME, CALLER]


def _predict() -> dict[str, Any]:
    description = f"{SUMMARY} A body has at most {MAX_BODY_BYTES} bytes."
    operation = _guarded(
        "predict", description, "PredictResponse", 400, 404, 408, 413, 415, 429, 504
    )
    body = {"application/json": {"schema": _reference("PredictRequest")}}
    operation["responses"]["200"]["headers"] = VARIANT
    return operation | {
        "requestBody": {"required": True, "content": body}, "parameters": PARAMETERS,
    }  # fmt: skip


def _feedback() -> dict[str, Any]:
    description = (
        "Labels that arrive later: what those of an answered request should have been. Of several "
        "for one text the last counts. It is kept beside the request log."
    )
    operation = _guarded(
        "feedback", description, "FeedbackResponse", 400, 404, 408, 413, 415, 429, 503
    )
    operation["responses"]["202"] = operation["responses"].pop("200")
    operation["responses"]["404"]["description"] = "The service keeps no request log."
    body = {"application/json": {"schema": _reference("FeedbackRequest")}}
    return operation | {"requestBody": {"required": True, "content": body}, "parameters": [NAME]}


def _invocations() -> dict[str, Any]:
    description = (
        "The same for SageMaker: a record in, an answer out, in the same order; JSON as for "
        "/predict or a list of texts, JSON lines (a text or an object with `text`), or CSV of one "
        f"column without a header. At most {MAX_RECORDS} records and {MAX_INVOCATION_BYTES} bytes."
    )
    operation = _guarded(
        "invocations", description, "PredictResponse", 400, 408, 413, 415, 429, 504
    )
    texts = {"type": "array", "items": {"type": "string"}, "minItems": 1}
    listed = {
        "type": "object", "properties": {"instances": texts}, "required": ["instances"],
        "additionalProperties": False,
    }  # fmt: skip
    text = {"schema": {"type": "string"}}
    json_body = {"schema": {"anyOf": [_reference("PredictRequest"), listed, texts]}}
    bodies = {"application/json": json_body, "application/jsonlines": text, "text/csv": text}
    operation["responses"]["200"]["content"] |= {"application/jsonlines": text, "text/csv": text}
    operation["responses"]["200"]["headers"] = VARIANT
    return operation | {
        "requestBody": {"required": True, "content": bodies}, "parameters": PARAMETERS,
    }  # fmt: skip


def _guarded(name: str, description: str, schema: str, *statuses: int) -> dict[str, Any]:
    operation = _operation(name, description, "application/json", 401, *statuses)
    operation["responses"]["200"]["content"]["application/json"] = {"schema": _reference(schema)}
    return operation | {"security": [{}, *SECURITY]}


def _operation(name: str, description: str, media_type: str, *statuses: int) -> dict[str, Any]:
    error = {"application/json": {"schema": _reference("ErrorResponse")}}
    responses: dict[str, Any] = {
        "200": {"description": "The answer.", "content": {media_type: {}}},
        **{
            str(status): {"description": REASONS[status], "content": error}
            for status in sorted(statuses)
        },
    }
    return {"operationId": name, "description": description, "responses": responses}


def _reference(schema: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{schema}"}
