"""An experiment in one worker: assigns requests, counts by variant, feeds shadows, watches."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from sentiment_common.experiment import Experiment, Variant
from sentiment_common.request_log import Answered, Feedback
from sentiment_serving.batching import Rows
from sentiment_serving.calls import Call
from sentiment_serving.experiments.figures import VariantMetrics
from sentiment_serving.experiments.guardrails import Breach, Watch
from sentiment_serving.experiments.live import LiveExperiment, state_of
from sentiment_serving.experiments.outcomes import Recent
from sentiment_serving.experiments.shadow import Offer, Scored, Shadow
from sentiment_serving.metrics import Metrics
from sentiment_serving.model import Models, OpenModel
from sentiment_serving.settings import Settings

CALLER, REQUEST = "caller", "request"
WATCH_SECONDS, SPREAD = 3.0, 0.2
SCORED_STATUS = 200
logger = logging.getLogger(__name__)


class Trial:
    """What the engine asks about an experiment.

    Args:
        settings: How the service is set; ``experiment`` names the file.
        models: The models of the worker.
        metrics: Its figures.
        record: Hands an answer to the request log, if there is one.

    Raises:
        InputError: The experiment cannot be run.
    """

    def __init__(
        self,
        settings: Settings,
        models: Models,
        metrics: Metrics,
        record: Callable[[Answered], None],
    ) -> None:
        self._settings, self._models, self._record = settings, models, record
        self._metrics = VariantMetrics(metrics)
        served = [model.name for model in models.all()]
        file = Path(settings.experiment)
        self.live = LiveExperiment(file, state_of(settings), served, self._metrics)
        self._recent = Recent(models.all()[0].labels)
        self._watch = Watch()
        self._compared: tuple[str, dict[str, str]] = ("", {})
        self._shadows: dict[tuple[str, str], Shadow] = {}

    def assign(self, call: Call) -> OpenModel | None:
        """Returns the model that answers a request; None while the experiment does not run."""
        # An id that the caller made up for a request is the same when the request is sent again.
        caller = call.caller or call.id
        variant = self.live.assign(caller)
        if variant is None:
            return None
        call.experiment, call.variant = self.live.experiment.name, variant.name
        self._metrics.assigned(call.experiment, CALLER if call.caller else REQUEST)
        return self._models.pick(variant.model)

    def scored(self, call: Call, model: OpenModel, texts: Sequence[str], rows: Rows) -> None:
        """Counts what a variant has scored, and offers what the control has to the shadows."""
        labels = [model.label(row) for row in rows]
        self._metrics.scored(call.experiment, call.variant, labels, rows)
        self._recent.remember(call.id, call.experiment, call.variant, labels)
        control = self.live.experiment.name, self.live.experiment.control.name
        # The file may have named another experiment since the request was assigned.
        if self._shadows and (call.experiment, call.variant) == control:
            offer = Offer(call.id, call.experiment, call.logged_caller, texts, labels)
            for shadow in self._shadows.values():
                shadow.offer(offer)

    def answered(self, call: Call, status: int, seconds: float) -> None:
        """Counts an answer."""
        self._metrics.answered(call.experiment, call.variant, status, seconds)

    def told(self, feedback: Iterable[Feedback]) -> None:
        """Counts feedback on what this worker has answered lately."""
        for each in feedback:
            for outcome in self._recent.told(each):
                self._metrics.told(outcome.experiment, outcome.variant, confirmed=outcome.confirmed)

    async def look(self) -> None:
        """Takes over what has changed in the experiment's file and state."""
        self.live.look()
        self._look_at_models()
        wanted = {(variant.name, variant.model): variant for variant in self.live.shadows}
        for key in set(self._shadows) - set(wanted):
            await self._shadows.pop(key).end()
        for key in set(wanted) - set(self._shadows):
            self._shadows[key] = self._shadow(wanted[key])

    async def watch(self) -> None:
        """Holds variants against the guardrails again and again, until it is cancelled."""
        while True:
            pause = WATCH_SECONDS * random.uniform(1 - SPREAD, 1 + SPREAD)  # noqa: S311
            await asyncio.sleep(pause)
            experiment = self.live.experiment
            if not experiment.guardrails:
                continue
            try:
                breaches = await asyncio.to_thread(self._breaches, experiment)
            except Exception:
                # Whatever is wrong with the figures, the next look may see them.
                logger.exception("the guardrails could not be looked at")
                continue
            for breach in breaches:
                # Its file may have named another experiment meanwhile.
                if experiment.name == self.live.experiment.name:
                    self.live.stop(breach.variant, breach.reason)

    async def end(self) -> None:
        """Ends the shadows."""
        for shadow in self._shadows.values():
            await shadow.end()

    def _breaches(self, experiment: Experiment) -> list[Breach]:
        digests = self._digests(experiment)
        figures = self._metrics.of_all_workers(experiment.name)
        found = self._watch.breaches(experiment, figures, digests)
        return [breach for breach in found if not self.live.is_stopped(breach.variant)]

    def _look_at_models(self) -> None:
        experiment = self.live.experiment
        fresh = experiment.name, self._digests(experiment)
        before, self._compared = self._compared, fresh
        if before[0] != experiment.name:
            return
        for name, digest in fresh[1].items():
            former = before[1].get(name, digest)
            if digest != former:
                logger.warning(
                    "variant %s of %s is answered by %s from now on, by %s before: its figures are "
                    "of both", name, experiment.name, digest, former,
                )  # fmt: skip

    def _digests(self, experiment: Experiment) -> dict[str, str]:
        models = {model.name: model.served.digest for model in self._models.all()}
        return {variant.name: models[variant.model] for variant in experiment.variants}

    def _shadow(self, variant: Variant) -> Shadow:
        def model() -> OpenModel:
            found = self._models.pick(variant.model)
            if found is None:
                raise KeyError(variant.model)
            return found

        return Shadow(
            model, self._settings.max_batch, self._settings.timeout,
            partial(self._shadowed, variant.name), partial(self._lost, variant.name),
        )  # fmt: skip

    def _shadowed(self, variant: str, offer: Offer, scored: Scored) -> None:
        model, rows = scored.model, scored.rows
        labels = [model.label(row) for row in rows]
        agreed = sum(map(str.__eq__, labels, offer.labels))
        self._metrics.shadow(offer.experiment, variant, "scored", len(labels))
        self._metrics.shadow(offer.experiment, variant, "agreed", agreed)
        self._metrics.answered(offer.experiment, variant, SCORED_STATUS, scored.seconds)
        self._metrics.scored(offer.experiment, variant, labels, rows)
        self._recent.remember(offer.request_id, offer.experiment, variant, labels)
        self._record(
            Answered(
                request_id=offer.request_id, model=model.name, digest=model.served.digest,
                texts=offer.texts, labels=model.labels, rows=rows, seconds=scored.seconds,
                time=time.time(), variant=variant, caller=offer.caller,
                experiment=offer.experiment, shadow=True,
            )
        )  # fmt: skip

    def _lost(self, variant: str, offer: Offer, outcome: str) -> None:
        self._metrics.shadow(offer.experiment, variant, outcome, len(offer.texts))
        if outcome == "failed":
            self._metrics.failed(offer.experiment, variant)
