"""Follows an alias of the registry: the model changes while requests go on."""

import asyncio
import logging
import random
from collections.abc import Callable

from sentiment_common.errors import InputError
from sentiment_common.mlflow_api import ServerError
from sentiment_serving.metrics import Metrics
from sentiment_serving.model import Models, OpenModel
from sentiment_serving.references import Source
from sentiment_serving.registry import Registered
from sentiment_serving.sources import Copy, Shelf

SPREAD = 0.2
"""Share by which pauses differ, so that many workers do not all ask at once."""
logger = logging.getLogger(__name__)


class Follower:
    """Keeps one model at what its alias stands for.

    A new model is fetched, checked, opened and tried in a thread beside the one that answers, and
    takes its place only then. One that fails is refused until the alias moves on; a registry that
    is away changes nothing.

    Args:
        source: The alias.
        shelf: Where its bundles are kept.
        models: Where the model is.
        metrics: Where to tell what happened.
        opened: Opens a bundle.
    """

    def __init__(
        self,
        source: Source,
        shelf: Shelf,
        models: Models,
        metrics: Metrics,
        opened: Callable[[Copy, Source], OpenModel],
    ) -> None:
        self._source, self._shelf, self._models = source, shelf, models
        self._metrics, self._opened = metrics, opened
        self._refused: Registered | None = None
        self._trouble = ""

    async def run(self, seconds: float) -> None:
        """Looks again and again, until it is cancelled."""
        while True:
            await asyncio.sleep(seconds * random.uniform(1 - SPREAD, 1 + SPREAD))  # noqa: S311
            await self.look()

    async def look(self) -> None:
        """Looks once, and switches if the alias has moved to a model that is fit."""
        slot = self._source.slot
        try:
            registered = await asyncio.to_thread(self._shelf.look, self._source)
            if not self._is_new(registered):
                self._settled()
                return
            fresh = await asyncio.to_thread(self._open, registered)
        except ServerError as error:
            self._metrics.stale(slot, away=True)
            self._tell(f"the registry is away: {error}")
            return
        except InputError as error:
            self._tell(f"refused what {self._source.text} stands for now: {error}")
            return
        except OSError as error:
            self._tell(f"no room for the new model: {error.strerror}")
            return
        before = self._models.pick(slot)
        self._models.switch(fresh)
        self._told(before, now=False)
        self._told(fresh, now=True)
        self._metrics.switched(slot, "accepted")
        self._settled()
        logger.info("%s is now version %s, %s", slot, registered.version, fresh.served.digest)

    def _is_new(self, registered: Registered) -> bool:
        model = self._models.pick(self._source.slot)
        served = model.served.version if model else None
        return registered.version != served and registered != self._refused

    def _open(self, registered: Registered) -> OpenModel:
        try:
            return self._opened(self._shelf.get(self._source, registered), self._source)
        except (ServerError, OSError):
            raise
        except Exception as error:
            # Whatever a model does when it is opened, it is not served and not tried again.
            self._refused = registered
            self._metrics.switched(self._source.slot, "refused")
            if isinstance(error, InputError):
                raise
            raise InputError(f"it cannot be opened ({type(error).__name__})") from error

    def _told(self, model: OpenModel | None, *, now: bool) -> None:
        if model is not None:
            self._metrics.serves(
                model=model.name, bundle=model.bundle.name, version=model.served.version or "",
                digest=model.served.digest, now=now,
            )  # fmt: skip

    def _settled(self) -> None:
        self._metrics.stale(self._source.slot, away=False)
        if self._trouble and self._refused is None:
            logger.info("the registry answers again")
        self._trouble = ""

    def _tell(self, trouble: str) -> None:
        """Logs a trouble once, however long it lasts."""
        if trouble != self._trouble:
            logger.error("%s keeps its model; %s", self._source.slot, trouble)
            self._trouble = trouble
