"""The BentoML service: raw feedback in, sentiment with calibrated probabilities out."""

import asyncio
import logging
import os
import sys
from typing import Any, cast

import bentoml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

from sentiment_common.cli import EXIT_BAD_INPUT
from sentiment_common.errors import InputError
from sentiment_serving.guard import BAD_REQUEST_LOGGER, OneLineForBadRequests, RequestLimits
from sentiment_serving.model import VARIABLE, OpenModel, bundle_folder, rehearse
from sentiment_serving.schemas import MAX_BODY_BYTES, PredictRequest, PredictResponse

DESCRIPTION = (
    "Sentiment of customer feedback: `POST /predict` takes `texts` or `text` and gives for each "
    "the most probable label and calibrated probabilities of negative, neutral and positive."
)


async def _docs(request: Request) -> RedirectResponse:
    return RedirectResponse("./")


@bentoml.asgi_app(Starlette(routes=[Route("/docs", _docs)]), path="/", name="docs")
@bentoml.service(
    name="sentiment",
    description=DESCRIPTION,
    traffic={"timeout": 30, "max_concurrency": 256},
)
class SentimentService:
    """Sentiment of customer feedback."""

    def __init__(self) -> None:
        logging.getLogger(BAD_REQUEST_LOGGER).addFilter(OneLineForBadRequests())
        self._model = OpenModel(bundle_folder())

    @bentoml.on_deployment
    def check_bundle() -> None:
        """Ends the server before it starts workers that could not open the bundle."""
        try:
            folder = bundle_folder()
            rehearse(folder)
        except InputError as error:
            sys.stderr.write(f"sentiment-serve: {error}\n")
            sys.exit(EXIT_BAD_INPUT)
        # A worker of a Bento has another working directory, where a relative path leads nowhere.
        os.environ[VARIABLE] = str(folder)

    @bentoml.api
    async def predict(self, request: PredictRequest, /) -> PredictResponse:
        """Scores one text or many."""
        texts = request.all_texts()
        if self._model.is_instant(texts):
            return self._model.answer(texts)
        return await asyncio.to_thread(self._model.answer, texts)


cast(Any, SentimentService).add_asgi_middleware(RequestLimits, max_bytes=MAX_BODY_BYTES)
