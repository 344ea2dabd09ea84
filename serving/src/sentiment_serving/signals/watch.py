"""The signals of one worker: counted beside the requests, none of which they can fail."""

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest

from sentiment_common.request_log import Feedback
from sentiment_models.bundle import LABELS
from sentiment_models.reference import Examined
from sentiment_serving.batching import Rows
from sentiment_serving.experiments.outcomes import Recent
from sentiment_serving.model import OpenModel
from sentiment_serving.signals.board import Board
from sentiment_serving.signals.drift import Drift
from sentiment_serving.signals.figures import Figures
from sentiment_serving.signals.harmless import Harmless
from sentiment_serving.signals.layout import CONFIDENCE, LABEL
from sentiment_serving.signals.watched import Scored, Watched

PUBLISH_SECONDS = 5.0
AT_A_TIME = 4
"""Texts examined before requests that wait get their turn: a third of a millisecond."""
MOST_REMEMBERED = 100_000
logger = logging.getLogger(__name__)


class Signals:
    """Counts for the models of a worker.

    Args:
        registry: Where the worker's figures are.
        folder: Where the workers of this server leave their windows; None for a single process.
        models: The models, the default one first.
    """

    def __init__(
        self, registry: CollectorRegistry, folder: Path | None, models: Iterable[OpenModel]
    ) -> None:
        self._figures, self._board = Figures(registry), Board(folder)
        self._harmless = Harmless(self._figures.failed)
        self._watched = [model.watched for model in models if model.watched]
        self._drift = CollectorRegistry()
        self._drift.register(Drift(self._board, lambda: self._watched, time.monotonic))
        self._recent = Recent(LABELS, MOST_REMEMBERED)
        self._published, self._cpu = time.monotonic(), (time.monotonic(), time.process_time())
        with self._harmless:
            self._inherit()
        for watched in self._watched:
            _tell(watched)

    def scored(self, model: OpenModel, texts: Sequence[str], rows: Rows) -> None:
        """Counts answered texts; all else waits for the next ``tick``."""
        if model.watched is None:
            return
        with self._harmless:
            model.watched.scored(texts, rows)

    def remember(self, model: OpenModel, request_id: str, rows: Rows) -> None:
        """Remembers what was answered until feedback comes."""
        with self._harmless:
            self._recent.remember(request_id, "", model.name, list(map(model.label, rows)))

    def told(self, feedback: Iterable[Feedback]) -> None:
        """Counts feedback on what this worker has answered lately."""
        with self._harmless:
            for outcome in (found for each in feedback for found in self._recent.told(each)):
                self._figures.judged(outcome.variant, confirmed=outcome.confirmed)

    async def tick(self, models: Sequence[OpenModel]) -> None:
        """Counts what has come since the last time; to be called every second."""
        with self._harmless:
            now = time.monotonic()
            before = self._watched
            self._take_over(models)
            # Of a model that has just gone, what it has answered before.
            for watched in dict.fromkeys([*before, *self._watched]):
                scored = watched.take()
                if scored.offered:
                    self._count(watched, scored, await _examined(watched, scored.texts), now)
            self._load(models, now)
            if now - self._published >= PUBLISH_SECONDS:
                self._published = now
                await asyncio.to_thread(self.publish)

    def publish(self) -> None:
        """Leaves the windows to whichever worker Prometheus asks."""
        with self._harmless:
            self._board.publish({each.key: each.windows.content() for each in self._watched})

    def text(self) -> bytes:
        """Returns the figures about drift of all workers in Prometheus' text format."""
        with self._harmless:
            return bytes(generate_latest(self._drift))
        return b""

    def _count(
        self, watched: Watched, scored: Scored, examined: Sequence[Examined], now: float
    ) -> None:
        known = watched.layout is not None
        self._figures.answered(watched.name, scored.confidence, scored.certainty)
        self._figures.examined(watched.name, examined, scored.offered, unknown=known)
        if watched.layout is not None:
            of_all = {LABEL: scored.labels, CONFIDENCE: scored.confidence}
            watched.windows.add({**of_all, **watched.layout.count(examined)}, now)

    def _load(self, models: Sequence[OpenModel], now: float) -> None:
        before, cpu = self._cpu
        self._cpu = now, time.process_time()
        busy = (self._cpu[1] - cpu) / (now - before) if now > before else 0.0
        self._figures.load(waiting=sum(model.waiting for model in models), busy=busy)

    def _take_over(self, models: Sequence[OpenModel]) -> None:
        """Turns to the models that are served now: a new one begins with empty windows."""
        served = [model.watched for model in models if model.watched]
        for fresh in served:
            if fresh not in self._watched:
                _tell(fresh)
        self._watched = served

    def _inherit(self) -> None:
        left = self._board.inherit()
        for watched in self._watched:
            for contents in left:
                watched.windows.merge(contents.get(watched.key, {}))
        if left:
            # Until it is left anew nobody else counts it.
            self.publish()


async def _examined(watched: Watched, texts: Sequence[tuple[str, int]]) -> list[Examined]:
    found = []
    for number, (text, characters) in enumerate(texts, start=1):
        found.append(watched.examiner.examine(text, characters))
        if number % AT_A_TIME == 0:
            await asyncio.sleep(0)
    return found


def _tell(watched: Watched) -> None:
    if watched.layout is None:
        logger.info("the bundle of %s has no reference: its drift is not measured", watched.name)
