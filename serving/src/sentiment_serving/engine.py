"""What a worker answers with: its models, keys, figures and logs, and what it does meanwhile."""

import asyncio
import logging
import random
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from sentiment_common.errors import InputError
from sentiment_common.request_log import Answered
from sentiment_serving.batching import Rows
from sentiment_serving.calls import Call
from sentiment_serving.experiments.trial import Trial
from sentiment_serving.follow import Follower
from sentiment_serving.keys import ApiKeys
from sentiment_serving.logs import FIELDS
from sentiment_serving.metrics import Metrics, shared_folder
from sentiment_serving.model import OpenModel, open_all, shelf_of
from sentiment_serving.request_log import (
    FeedbackLog,
    FeedbackReader,
    LogSettings,
    RequestLog,
)
from sentiment_serving.settings import Settings
from sentiment_serving.signals.watch import Signals

LINES_PER_SECOND = 50
"""Lines about requests; what a flood of them would add is counted and told in one."""
TICK = 1.0
logger = logging.getLogger("sentiment_serving.requests")


class Engine:
    """Everything that requests share in one process.

    Args:
        settings: How the service is set.
        environment: Where a registry's address and password are.

    Raises:
        InputError: A model cannot be had or used, or the keys cannot be read.
    """

    def __init__(self, settings: Settings, environment: Mapping[str, str]) -> None:
        self.settings = settings
        self.keys = ApiKeys.of(settings)
        self.metrics = Metrics()
        self.in_flight = 0
        self.models = open_all(settings, environment, self.metrics.batch)
        self._shelf = shelf_of(settings, environment)
        self._log = _request_log(settings)
        folder = Path(settings.request_log) if settings.request_log else None
        self.feedback = FeedbackLog(folder) if folder else None
        counts_feedback = settings.experiment or settings.signals
        self._fresh_feedback = FeedbackReader(folder) if folder and counts_feedback else None
        self.trial = (
            Trial(settings, self.models, self.metrics, self._record)
            if settings.experiment
            else None
        )
        self.signals = (
            Signals(self.metrics.registry, shared_folder(), self.models.all())
            if settings.signals
            else None
        )
        self._lines_left, self._lines_lost = LINES_PER_SECOND, 0
        self._tasks: list[asyncio.Task[None]] = []
        for model in self.models.all():
            self.metrics.serves(
                model=model.name, bundle=model.bundle.name, version=model.served.version or "",
                digest=model.served.digest, now=True,
            )  # fmt: skip

    def start(self) -> None:
        """Begins what goes on beside the requests; needs a running event loop."""
        self._tasks = [asyncio.create_task(self._tick())]
        if self.trial is not None:
            self._tasks.append(asyncio.create_task(self.trial.watch()))
        if self.settings.follow:
            self._tasks += [
                asyncio.create_task(self._follower(model).run(self.settings.follow))
                for model in self.models.all()
                if model.source.alias
            ]

    async def stop(self) -> None:
        """Ends what goes on beside the requests."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.trial is not None:
            await self.trial.end()
        if self.feedback is not None:
            await asyncio.to_thread(self.feedback.close)
        if self._log is not None:
            await asyncio.to_thread(self._log.close)
        if self.signals is not None:
            await self.signals.tick(self.models.all())
            self.signals.publish()

    def assign(self, call: Call) -> OpenModel | None:
        """Returns the model of a request that names none: the experiment's choice, if it runs."""
        chosen = self.trial.assign(call) if self.trial is not None else None
        return chosen or self.models.pick(None)

    def scored(self, call: Call, model: OpenModel, texts: Sequence[str], rows: Rows) -> None:
        """Counts scored texts, and hands them to the request log if there is one."""
        self.metrics.scored(model.name, map(model.label, rows))
        if self.signals is not None:
            self.signals.scored(model, texts, rows)
            if self._fresh_feedback is not None:
                self.signals.remember(model, call.id, rows)
        if self.trial is not None and call.variant:
            self.trial.scored(call, model, texts, rows)
        if self._log is None:
            return
        self._log.record(
            Answered(
                request_id=call.id,
                model=model.name,
                digest=model.served.digest,
                texts=texts,
                labels=model.labels,
                rows=rows,
                seconds=time.perf_counter() - call.started,
                time=time.time(),
                caller=call.logged_caller,
                variant=call.variant,
                experiment=call.experiment,
            )
        )

    def told(self, call: Call, route: str, status: int, seconds: float) -> None:
        """Counts an answer, and logs it if it is an error or in the sample."""
        self.metrics.answered(route, status, seconds)
        if self.trial is not None and call.variant:
            self.trial.answered(call, status, seconds)
        share = self.settings.access_log
        if status >= 400:
            level = logging.ERROR if status >= 500 else logging.WARNING
        elif share and random.random() < share:  # noqa: S311
            level = logging.INFO
        else:
            return
        if self._lines_left <= 0 and status < 500:
            self._lines_lost += 1
            return
        self._lines_left -= 1
        fields = {
            "request_id": call.id, "route": route, "status": status,
            "milliseconds": round(seconds * 1000, 3), "model": call.model,
            **({"variant": call.variant} if call.variant else {}),
        }  # fmt: skip
        logger.log(level, "answered", extra={FIELDS: fields})

    def figures(self) -> bytes:
        """Returns the figures of all workers in Prometheus' text format."""
        drift = self.signals.text() if self.signals is not None else b""
        return self.metrics.text() + drift

    def _follower(self, model: OpenModel) -> Follower:
        opened = partial(
            OpenModel, observe=self.metrics.batch, max_batch=self.settings.max_batch,
            watch=self.settings.signals,
        )  # fmt: skip
        return Follower(model.source, self._shelf, self.models, self.metrics, opened)

    def _record(self, answered: Answered) -> None:
        if self._log is not None:
            self._log.record(answered)

    async def _tick(self) -> None:
        while True:
            await self._look_at_experiment()
            await self._look_at_feedback()
            await asyncio.sleep(TICK)
            self.keys.reload()
            self.metrics.in_flight(self.in_flight)
            if self._log is not None:
                self.metrics.logged({"written": self._log.written, **self._log.dropped})
            if self.feedback is not None:
                self.metrics.feedback(self.feedback.written, self.feedback.lost)
            if self.signals is not None:
                await self.signals.tick(self.models.all())
            if self._lines_lost:
                logger.warning("%d more requests had a line to log", self._lines_lost)
            self._lines_left, self._lines_lost = LINES_PER_SECOND, 0

    async def _look_at_experiment(self) -> None:
        if self.trial is None:
            return
        try:
            await self.trial.look()
        except Exception:
            # Whatever is wrong with it, keys and figures are looked at and so is its next edit.
            logger.exception("the experiment could not be looked at")

    async def _look_at_feedback(self) -> None:
        if self._fresh_feedback is None:
            return
        try:
            fresh = await asyncio.to_thread(self._fresh_feedback.fresh)
            if self.signals is not None:
                self.signals.told(fresh)
            if self.trial is not None:
                self.trial.told(fresh)
        except (InputError, OSError) as error:
            logger.error("feedback cannot be counted: %s", error)
        except Exception:
            # Whatever stands in the file, keys and figures are looked at, and so is what follows.
            logger.exception("feedback could not be counted")


def _request_log(settings: Settings) -> RequestLog | None:
    if not settings.request_log:
        return None
    return RequestLog(Path(settings.request_log), LogSettings(text=settings.request_log_text))
