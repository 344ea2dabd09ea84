"""A shadow: scores what the control has answered, when there is time, and nobody waits for it."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sentiment_serving.batching import Rows
from sentiment_serving.model import OpenModel

MOST_TEXTS, MOST_CHARACTERS = 2_000, 2_000_000
FEW = 16
"""Texts of a model that needs the interpreter: so long may a request beside it have to wait."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Offer:
    """A request that the control has answered.

    Attributes:
        request_id: Its id.
        experiment: The experiment.
        caller: Who asked.
        texts: What was asked.
        labels: What the control answered.
    """

    request_id: str
    experiment: str
    caller: str
    texts: Sequence[str]
    labels: Sequence[str]


@dataclass(frozen=True, slots=True)
class Scored:
    """What the shadow made of an offer.

    Attributes:
        model: The model that scored.
        rows: Probabilities, shape (texts, labels).
        seconds: That it took.
    """

    model: OpenModel
    rows: Rows
    seconds: float


class Shadow:
    """One shadow of one worker.

    Args:
        model: Gives the model, which may change between two offers.
        max_batch: Texts that it scores together.
        timeout: Seconds until it gives an offer up.
        scored: Is told what became of an offer.
        lost: Is told how many texts were ``dropped``, because it is behind, or have ``failed``.
    """

    def __init__(
        self,
        model: Callable[[], OpenModel],
        max_batch: int,
        timeout: float,
        scored: Callable[[Offer, Scored], None],
        lost: Callable[[Offer, str], None],
    ) -> None:
        self._model, self._max_batch, self._timeout = model, max_batch, timeout
        self._scored, self._lost = scored, lost
        self._queue: deque[Offer] = deque()
        self._texts = self._characters = 0
        self._filled = asyncio.Event()
        self._trouble = ""
        self._task = asyncio.create_task(self._run())

    def offer(self, offer: Offer) -> None:
        """Queues a request; never waits. What does not fit is dropped and counted."""
        texts, characters = len(offer.texts), sum(map(len, offer.texts))
        if (
            self._texts + texts > MOST_TEXTS and self._queue
        ) or self._characters + characters > MOST_CHARACTERS:
            self._lost(offer, "dropped")
            return
        self._texts += texts
        self._characters += characters
        self._queue.append(offer)
        self._filled.set()

    async def end(self) -> None:
        """Gives up what waits."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._filled.wait()
            while self._queue:
                offer = self._queue.popleft()
                self._texts -= len(offer.texts)
                self._characters -= sum(map(len, offer.texts))
                await self._score(offer)
            self._filled.clear()

    async def _score(self, offer: Offer) -> None:
        started = time.perf_counter()
        try:
            model = self._model()
            size = FEW if model.is_instant(()) else self._max_batch
            rows: Rows = []
            async with asyncio.timeout(self._timeout):
                for start in range(0, len(offer.texts), size):
                    rows += await model.score(offer.texts[start : start + size])
            self._scored(offer, Scored(model, rows, time.perf_counter() - started))
        except Exception as error:  # noqa: BLE001 (whatever it does, it must not hurt the control)
            self._lost(offer, "failed")
            self._tell(type(error).__name__)
        else:
            self._trouble = ""

    def _tell(self, trouble: str) -> None:
        """Logs a trouble once, however long it lasts."""
        if trouble != self._trouble:
            logger.error("a shadow of the experiment fails: %s", trouble)
            self._trouble = trouble
