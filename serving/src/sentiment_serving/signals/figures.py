"""What Prometheus reads about the texts and answers of each model."""

from collections import Counter as Tally
from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from sentiment_models.reference import CONFIDENCE_EDGES, LENGTH_EDGES, UNKNOWN_EDGES, Examined
from sentiment_models.reference import Histogram as Binned

CONFIRMED, CORRECTED = "confirmed", "corrected"


class BinnedHistogram(Histogram):
    """A histogram that is given counts: one call for a second of texts, not one for each."""

    def add(self, counts: Sequence[int], total: float) -> None:
        """Adds to each bucket.

        Args:
            counts: Of each bucket, the last one without an upper bound.
            total: Sum of the values that were counted.
        """
        for bucket, count in zip(self._buckets, counts, strict=True):
            if count:
                bucket.inc(count)
        self._sum.inc(total)


class Figures:
    """The figures of one worker; labels are models, and words of ours."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._confidence = self._histogram(
            "text_confidence", "Highest probability of each text.", CONFIDENCE_EDGES
        )
        self._characters = self._histogram(
            "text_characters", "Characters of each text of the sample.", LENGTH_EDGES
        )
        self._unknown = self._histogram(
            "text_unknown_ratio",
            "Share of the words of each text of the sample that training did not know.",
            UNKNOWN_EDGES,
        )
        self._languages = self._counter(
            "text_language", "Texts of the sample by language.", "model", "language"
        )
        self._sample = self._counter(
            "signal_texts", "Texts by whether they came into the sample.", "model", "outcome"
        )
        self._judged = self._counter(
            "feedback_judged", "Texts whose label feedback confirmed or corrected.",
            "model", "outcome",
        )  # fmt: skip
        self._failures = self._counter("signal_failures", "Errors in what counts the signals.")
        self._queue = Gauge(
            "sentiment_queue_texts", "Texts that wait to be scored in a batch.",
            registry=registry, multiprocess_mode="livesum",
        )  # fmt: skip
        self._busy = Gauge(
            "sentiment_worker_busy_ratio", "CPU seconds a second of the busiest worker.",
            registry=registry, multiprocess_mode="livemax",
        )  # fmt: skip

    def answered(self, model: str, confidence: Sequence[int], certainty: float) -> None:
        """Counts answers by bin of their highest probability, and its sum."""
        self._confidence.labels(model).add(confidence, certainty)

    def examined(
        self, model: str, texts: Sequence[Examined], offered: int, *, unknown: bool
    ) -> None:
        """Counts what the sample is like.

        Args:
            model: Who answered.
            texts: The sample.
            offered: Texts that it was taken of.
            unknown: Whether it is known which words are unknown.
        """
        lengths = [text.characters for text in texts]
        counted = Binned.of(LENGTH_EDGES, lengths).counts
        self._characters.labels(model).add(counted, sum(lengths))
        if unknown:
            shares = [text.unknown for text in texts]
            counted = Binned.of(UNKNOWN_EDGES, shares).counts
            self._unknown.labels(model).add(counted, sum(shares))
        for language, count in Tally(text.language for text in texts).items():
            self._languages.labels(model, language).inc(count)
        self._sample.labels(model, "examined").inc(len(texts))
        self._sample.labels(model, "skipped").inc(offered - len(texts))

    def judged(self, model: str, *, confirmed: bool) -> None:
        """Counts feedback on one text."""
        self._judged.labels(model, CONFIRMED if confirmed else CORRECTED).inc()

    def failed(self) -> None:
        """Counts an error."""
        self._failures.inc()

    def load(self, *, waiting: int, busy: float) -> None:
        """Sets how many texts wait, and how many CPU seconds a second this worker takes."""
        self._queue.set(waiting)
        self._busy.set(busy)

    def _histogram(self, name: str, text: str, edges: Sequence[float]) -> BinnedHistogram:
        return BinnedHistogram(
            f"sentiment_{name}", text, ["model"], buckets=tuple(map(float, edges)),
            registry=self._registry,
        )  # fmt: skip

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"sentiment_{name}", text, labels, registry=self._registry)
