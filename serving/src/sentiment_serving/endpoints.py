"""What each route of the service does, given a whole request."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from prometheus_client import CONTENT_TYPE_LATEST

from sentiment_common.request_log import Feedback
from sentiment_serving import formats, openapi
from sentiment_serving.batching import Rows
from sentiment_serving.calls import (
    JSON,
    Call,
    RefusedError,
    Reply,
    caller_id,
    parse_feedback,
    parse_request,
)
from sentiment_serving.engine import Engine
from sentiment_serving.model import OpenModel
from sentiment_serving.schemas import (
    MAX_BODY_BYTES,
    MAX_FEEDBACK_BYTES,
    MAX_INVOCATION_BYTES,
    FeedbackResponse,
    ModelsResponse,
)

DOCS_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    b"img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Swagger's page has styles of its own in its elements; nothing comes from elsewhere."""


@dataclass(frozen=True)
class Endpoint:
    """A route.

    Attributes:
        method: The method it answers; ``GET`` stands for ``HEAD`` too.
        handle: What it does.
        open: Whether it answers without a key.
        media_types: Content types it takes.
        max_bytes: Size of the largest body it takes; 0 for none.
    """

    method: str
    handle: Callable[[Engine, Call], Awaitable[Reply]]
    open: bool = False
    media_types: frozenset[bytes] = frozenset()
    max_bytes: int = 0


async def predict(engine: Engine, call: Call) -> Reply:
    """Scores the texts of a request."""
    request = parse_request(call.body)
    model = _picked(engine, call, request.model)
    texts = request.all_texts()
    rows = await _scored(engine, call, model, texts)
    if not request.explain:
        return Reply(model.answer(rows))
    async with asyncio.timeout(engine.settings.timeout):
        return Reply(model.answer(rows, await model.explain(texts)))


async def invocations(engine: Engine, call: Call) -> Reply:
    """Scores records in SageMaker's notations."""
    texts = formats.texts_of(call.body, call.media_type)
    model = _picked(engine, call, None)
    rows = await _scored(engine, call, model, texts)
    wanted = formats.notation(call.headers.get(b"accept"), call.media_type)
    return Reply(formats.written(model, rows, wanted), media_type=wanted)


async def feedback(engine: Engine, call: Call) -> Reply:
    """Takes down what labels should have been."""
    request = parse_feedback(call.body)
    labels = request.all_labels()
    moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    given = [
        Feedback(moment, request.request_id, position, label, request.by)
        for position, label in enumerate(labels, start=request.position)
    ]
    if engine.feedback is None:
        reason = "feedback is not kept here: the service runs without a request log"
        raise RefusedError(404, reason, "feedback")
    if not engine.feedback.record(given):
        raise RefusedError(503, "no room for feedback", "busy", (b"retry-after", b"1"))
    return Reply(FeedbackResponse(accepted=len(given)).model_dump_json().encode(), status=202)


async def models(engine: Engine, call: Call) -> Reply:
    """Lists the models."""
    listed = [
        model.listed(default=model.name == engine.models.default) for model in engine.models.all()
    ]
    return Reply(ModelsResponse(models=listed).model_dump_json().encode())


async def metrics(engine: Engine, call: Call) -> Reply:
    """Returns the figures of all workers; reading their files must not hold up requests."""
    return Reply(await asyncio.to_thread(engine.figures), media_type=CONTENT_TYPE_LATEST.encode())


async def ping(engine: Engine, call: Call) -> Reply:
    """Answers as long as a model does."""
    return Reply(b"{}")


async def docs(engine: Engine, call: Call) -> Reply:
    """Returns the page that shows the interface."""
    return Reply(
        openapi.PAGE, media_type=b"text/html; charset=utf-8",
        headers=((b"content-security-policy", DOCS_POLICY),),
    )  # fmt: skip


async def description(engine: Engine, call: Call) -> Reply:
    """Returns the description of the interface."""
    return Reply(openapi.document())


def endpoints(*, open_metrics: bool) -> dict[str, Endpoint]:
    """Returns what answers each path."""
    return {
        "/predict": Endpoint(
            "POST", predict, media_types=frozenset({JSON}), max_bytes=MAX_BODY_BYTES
        ),
        "/invocations": Endpoint(
            "POST", invocations, media_types=frozenset(formats.NAMES),
            max_bytes=MAX_INVOCATION_BYTES,
        ),
        "/feedback": Endpoint(
            "POST", feedback, media_types=frozenset({JSON}), max_bytes=MAX_FEEDBACK_BYTES
        ),
        "/models": Endpoint("GET", models),
        "/metrics": Endpoint("GET", metrics, open=open_metrics),
        "/ping": Endpoint("GET", ping, open=True),
        "/docs": Endpoint("GET", docs, open=True),
        "/docs.json": Endpoint("GET", description, open=True),
    }  # fmt: skip


def _picked(engine: Engine, call: Call, name: str | None) -> OpenModel:
    call.caller = caller_id(call.headers.get(b"x-caller-id"))
    model = engine.assign(call) if name is None else engine.models.pick(name)
    if model is None:
        raise RefusedError(404, "no model of that name: GET /models lists them", "model")
    call.model = model.name
    return model


async def _scored(engine: Engine, call: Call, model: OpenModel, texts: list[str]) -> Rows:
    if model.is_instant(texts):
        # A timeout costs more than it is worth where nothing is waited for.
        rows = model.score_now(texts)
    else:
        async with asyncio.timeout(engine.settings.timeout):
            rows = await model.score(texts)
    engine.scored(call, model, texts, rows)
    return rows
