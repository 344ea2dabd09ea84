"""The BentoML service: raw feedback in, sentiment with calibrated probabilities out."""

import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import bentoml
from starlette.types import ASGIApp

from sentiment_common.cli import EXIT_BAD_INPUT
from sentiment_common.errors import InputError
from sentiment_serving import connection, endpoints, logs, page
from sentiment_serving.calls import Call, RefusedError, request_id
from sentiment_serving.engine import Engine
from sentiment_serving.experiments.live import check_experiment
from sentiment_serving.front import FrontDoor
from sentiment_serving.keys import ApiKeys
from sentiment_serving.listener import Listener
from sentiment_serving.model import rehearsed, shelf_of, sources_of
from sentiment_serving.openapi import SUMMARY
from sentiment_serving.request_log import writable
from sentiment_serving.schemas import PredictRequest, PredictResponse
from sentiment_serving.settings import Settings


def _settings() -> Settings:
    try:
        return Settings.from_environment(os.environ)
    except InputError as error:
        _refuse(error)


def _refuse(error: InputError) -> NoReturn:
    sys.stderr.write(f"sentiment-serve: {error}\n")
    sys.exit(EXIT_BAD_INPUT)


SETTINGS = _settings()


class FrontedService(bentoml.Service[Any]):
    """A BentoML service whose requests meet our own application first."""

    def to_asgi(self, is_main: bool = True) -> ASGIApp:
        """Returns the application of a worker."""
        # The zero-argument form of super() does not find a class that attrs made anew.
        inner = bentoml.Service.to_asgi(self, is_main)
        connection.install(SETTINGS.read_timeout, _refuse_new_connections)
        routes = endpoints.endpoints(open_metrics=SETTINGS.open_metrics)
        return FrontDoor(inner, _engine, routes, page.routes())


def _refuse_new_connections() -> None:
    bentoml.get_current_service().listener.refuse()


def _engine() -> Engine:
    engine: Engine = bentoml.get_current_service().engine
    return engine


@bentoml.service(
    name="sentiment",
    description=SUMMARY,
    workers=SETTINGS.workers,
    service_class=FrontedService,
    # The front door counts, logs and limits; what passes it are probes and files.
    metrics={"enabled": False},
    logging={"access": {"enabled": False}},
)
class SentimentService:
    """Sentiment of customer feedback."""

    def __init__(self) -> None:
        logs.configure()
        self.engine = Engine(SETTINGS, os.environ)
        self.listener = Listener()

    @bentoml.on_deployment
    def check() -> None:
        """Ends the server before it starts workers that could not open the models."""
        logs.configure()
        try:
            # Here, and not where this module is imported, the working directory is the user's.
            settings = SETTINGS.absolute()
            ApiKeys.of(settings)
            if settings.request_log:
                writable(Path(settings.request_log))
            shelf, served = shelf_of(settings, os.environ), set()
            for source in sources_of(settings):
                bundle, _ = rehearsed(shelf.first(source).folder)
                served.add(source.slot or bundle.name)
            check_experiment(settings, served)
        except InputError as error:
            _refuse(error)
        # A worker of a Bento has another working directory, where a relative path leads nowhere.
        os.environ.update(settings.to_environment())

    @bentoml.on_startup
    async def start(self) -> None:
        """Begins to follow aliases and files."""
        self.engine.start()

    @bentoml.on_shutdown
    async def stop(self) -> None:
        """Ends what was begun."""
        self.listener.refuse()
        await self.engine.stop()

    @bentoml.api
    async def predict(self, request: PredictRequest, /) -> PredictResponse:
        """Scores one text or many, for a BentoML service that depends on this one."""
        call = Call(request_id(None), {}, body=request.model_dump_json(exclude_none=True).encode())
        try:
            reply = await endpoints.predict(self.engine, call)
        except RefusedError as refusal:
            raise bentoml.exceptions.BadInput(refusal.reason) from refusal
        response: PredictResponse = PredictResponse.model_validate_json(reply.body)
        return response
