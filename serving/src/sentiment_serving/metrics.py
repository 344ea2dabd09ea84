"""What Prometheus reads at ``/metrics``: counts and times over all workers of the service."""

import contextlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Variable that BentoML sets: where the workers of a server leave their figures."""
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
SIZES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)


class Metrics:
    """The figures of one worker. Every label has few values, whatever callers send."""

    def __init__(self) -> None:
        _forget_dead_workers()
        self.registry = CollectorRegistry()
        self._requests = self._counter("requests", "Answers.", "route", "status")
        self._seconds = Histogram(
            "sentiment_request_seconds", "Seconds from a request's headers to its answer.",
            ["route"], buckets=SECONDS, registry=self.registry,
        )  # fmt: skip
        self._texts = self._counter("texts", "Scored texts by their label.", "model", "label")
        self._refused = self._counter("refused", "Refused requests by reason.", "reason")
        self._batches = Histogram(
            "sentiment_batch_texts", "Texts of a batch of a model that is scored in batches.",
            buckets=SIZES, registry=self.registry,
        )  # fmt: skip
        self._in_flight = self._gauge("in_flight", "Requests being answered.", "livesum")
        self._model = self._gauge(
            "model_info", "1 for a model that is served.", "livemax",
            "model", "bundle", "version", "digest",
        )  # fmt: skip
        self._stale = self._gauge(
            "model_stale", "1 while the registry cannot be asked.", "livemax", "model"
        )
        self._switches = self._counter(
            "model_switches", "New models of a registry by outcome.", "model", "outcome"
        )
        self._logged = self._counter("request_log_texts", "Texts by what the log did.", "outcome")
        self._feedback = self._counter(
            "feedback_texts", "Texts of which feedback was written or lost.", "outcome"
        )
        self._told: dict[str, int] = {}
        # Looking a child up by its labels costs more than counting with it.
        self._answered: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        self._labelled: dict[tuple[str, str], Counter] = {}

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Counts an answer and its time."""
        children = self._answered.get((route, status))
        if children is None:
            children = self._requests.labels(route, str(status)), self._seconds.labels(route)
            self._answered[route, status] = children
        children[0].inc()
        children[1].observe(seconds)

    def scored(self, model: str, labels: Iterable[str]) -> None:
        """Counts scored texts by the label they got."""
        for label in labels:
            child = self._labelled.get((model, label))
            if child is None:
                child = self._labelled[model, label] = self._texts.labels(model, label)
            child.inc()

    def refused(self, reason: str) -> None:
        """Counts a refused request; the reason is a word of ours."""
        self._refused.labels(reason).inc()

    def batch(self, size: int) -> None:
        """Counts a batch by its number of texts."""
        self._batches.observe(size)

    def in_flight(self, requests: int) -> None:
        """Sets how many requests this worker is answering."""
        self._in_flight.set(requests)

    def serves(self, *, model: str, bundle: str, version: str, digest: str, now: bool) -> None:
        """Tells that a model is served now, or no longer."""
        self._model.labels(model, bundle, version, digest).set(now)

    def stale(self, model: str, *, away: bool) -> None:
        """Tells whether a model's registry cannot be asked."""
        self._stale.labels(model).set(away)

    def switched(self, model: str, outcome: str) -> None:
        """Counts a new model of a registry: ``accepted`` or ``refused``."""
        self._switches.labels(model, outcome).inc()

    def logged(self, totals: Mapping[str, int]) -> None:
        """Sets how many texts this worker's request log has written and dropped, by outcome."""
        for outcome, total in totals.items():
            self._logged.labels(outcome).inc(total - self._told.get(outcome, 0))
        self._told |= totals

    def feedback(self, written: int, lost: int) -> None:
        """Sets of how many texts this worker has written feedback, and lost it."""
        for outcome, total in {"written": written, "lost": lost}.items():
            key = f"feedback {outcome}"
            self._feedback.labels(outcome).inc(total - self._told.get(key, 0))
            self._told[key] = total

    def text(self) -> bytes:
        """Returns the figures of all workers in Prometheus' text format."""
        return bytes(generate_latest(self._everybody()))

    def families(self) -> Iterable[Metric]:
        """Returns the figures of all workers."""
        found: Iterable[Metric] = self._everybody().collect()
        return found

    def _everybody(self) -> CollectorRegistry:
        if shared_folder() is None:
            return self.registry
        everybody = CollectorRegistry()
        MultiProcessCollector(everybody)
        return everybody

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"sentiment_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, mode: str, *labels: str) -> Gauge:
        return Gauge(
            f"sentiment_{name}", text, labels, registry=self.registry, multiprocess_mode=mode
        )


def shared_folder() -> Path | None:
    """Returns where the workers of this server leave their figures; None if it is one process."""
    given = os.environ.get(FOLDER)
    return Path(given) if given else None


def _forget_dead_workers() -> None:
    """Removes the gauges of workers that died, whose place this one may have taken."""
    if not (folder := shared_folder()):
        return
    for file in folder.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 0)
            continue
        mark_process_dead(pid)
