"""How far the windows of all workers are from the reference, computed when Prometheus asks."""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sentiment_models.divergence import psi
from sentiment_serving.signals.board import Board
from sentiment_serving.signals.layout import CONFIDENCE, LABEL, LENGTH, SIGNALS
from sentiment_serving.signals.watched import Watched
from sentiment_serving.signals.windows import WINDOWS, total

LEAST_TEXTS = 500
"""Of fewer there is no index: without any drift it would be above 0.03 on average."""


class Drift(Collector):
    """The families about drift.

    Args:
        board: The windows of all workers.
        watched: Gives the models that are served now.
        clock: Gives the monotonic time in seconds.
    """

    def __init__(
        self,
        board: Board,
        watched: Callable[[], Iterable[Watched]],
        clock: Callable[[], float],
    ) -> None:
        self._board, self._watched, self._clock = board, watched, clock

    def collect(self) -> Iterator[Metric]:
        """Yields the families; one without samples says that it would be there."""
        index = GaugeMetricFamily(
            "sentiment_drift_psi",
            "Population stability index of a window against the reference of the training.",
            labels=("model", "signal", "window"),
        )
        texts = GaugeMetricFamily(
            "sentiment_drift_texts", "Texts answered in a window.", labels=("model", "window")
        )
        references = GaugeMetricFamily(
            "sentiment_reference_info",
            "1 for a model whose bundle says what its training was like.",
            labels=("model", "digest"),
        )
        now = self._clock()
        for watched in self._watched():
            if watched.layout is None:
                continue
            references.add_metric((watched.name, watched.digest), 1)
            contents = self._board.all(watched.key)
            for window in WINDOWS:
                counted = total(contents, window, now)
                answered: list[int] = counted.get(LABEL, [])
                texts.add_metric((watched.name, window), sum(answered))
                for signal in SIGNALS:
                    counts = counted.get(signal, [])
                    rows = answered if signal in (LABEL, CONFIDENCE) else counted.get(LENGTH, [])
                    expected = watched.layout.expected[signal]
                    if sum(rows) >= LEAST_TEXTS and any(counts) and any(expected):
                        value = psi(expected, counts)
                        index.add_metric((watched.name, signal, window), value)
        yield from (index, texts, references)
