"""What Prometheus reads about an experiment, and what guardrails read: counts by variant.

Labels have few values: variants are eight at most, and experiments as many as their file has named.
"""

from collections import Counter as Tally
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics_core import Metric

from sentiment_serving.experiments.evidence import Sample
from sentiment_serving.metrics import Metrics

FAMILY = "sentiment_experiment_"
OF = ("experiment", "variant")
SECONDS = (
    0.00025, 0.0005, 0.001, 0.0015, 0.0025, 0.004, 0.006, 0.01, 0.015, 0.025, 0.04, 0.06, 0.1,
    0.15, 0.25, 0.4, 0.6, 1.0, 1.5, 2.5, 4.0, 6.0, 10.0, 15.0, 30.0,
)  # fmt: skip
"""Closer than those of all requests: a guardrail's bound lies between two of them."""
FAILED = "5xx"


class VariantMetrics:
    """The figures of one worker by variant.

    Args:
        metrics: The worker's other figures, which are read together with these.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics, registry = metrics, metrics.registry
        self._assigned = Counter(
            f"{FAMILY}assignments", "Requests by what they were assigned by: caller or request.",
            ("experiment", "by"), registry=registry,
        )  # fmt: skip
        self._requests = Counter(
            f"{FAMILY}requests", "Answers.", (*OF, "status"), registry=registry
        )
        self._seconds = Histogram(
            f"{FAMILY}request_seconds", "Seconds from a request's headers to its answer.", OF,
            buckets=SECONDS, registry=registry,
        )  # fmt: skip
        self._texts = Counter(
            f"{FAMILY}texts", "Scored texts by their label.", (*OF, "label"), registry=registry
        )
        self._shares = Counter(
            f"{FAMILY}label_shares", "Sum over requests of the share of its texts with a label.",
            (*OF, "label"), registry=registry,
        )  # fmt: skip
        self._confidence = Counter(
            f"{FAMILY}confidence", "Sum over requests of the mean highest probability.", OF,
            registry=registry,
        )  # fmt: skip
        self._feedback = Counter(
            f"{FAMILY}feedback", "Texts whose label feedback confirmed or denied.",
            (*OF, "outcome"), registry=registry,
        )  # fmt: skip
        self._shadow = Counter(
            f"{FAMILY}shadow_texts", "Texts offered to a shadow: scored, agreed (with the control),"
            " failed, dropped.", (*OF, "outcome"), registry=registry,
        )  # fmt: skip
        self._stopped = Gauge(
            f"{FAMILY}stopped", "1 for a variant that is stopped.", OF,
            registry=registry, multiprocess_mode="livemax",
        )  # fmt: skip
        # Looking a child up by its labels costs more than counting with it.
        self._children: dict[tuple[Counter, tuple[str, ...]], Counter] = {}
        self._times: dict[tuple[str, str], Histogram] = {}
        self._changes = Counter(
            f"{FAMILY}changes", "Changes of the experiment's file: accepted or refused.",
            ("outcome",), registry=registry,
        )  # fmt: skip

    def assigned(self, experiment: str, by: str) -> None:
        """Counts a request by what assigned it: its ``caller``, or else the ``request`` itself."""
        self._count(self._assigned, experiment, by)

    def answered(self, experiment: str, variant: str, status: int, seconds: float) -> None:
        """Counts an answer and its time."""
        self._count(self._requests, experiment, variant, f"{status // 100}xx")
        times = self._times.get((experiment, variant))
        if times is None:
            times = self._times[experiment, variant] = self._seconds.labels(experiment, variant)
        times.observe(seconds)

    def failed(self, experiment: str, variant: str) -> None:
        """Counts a request that a shadow could not score."""
        self._count(self._requests, experiment, variant, FAILED)

    def scored(
        self, experiment: str, variant: str, labels: Sequence[str], rows: Iterable[Sequence[float]]
    ) -> None:
        """Counts the scored texts of a request by label, and how sure the model was."""
        for label, count in Tally(labels).items():
            self._count(self._texts, experiment, variant, label, by=count)
            self._count(self._shares, experiment, variant, label, by=count / len(labels))
        confidence = sum(map(max, rows)) / len(labels)
        self._count(self._confidence, experiment, variant, by=confidence)

    def told(self, experiment: str, variant: str, *, confirmed: bool) -> None:
        """Counts feedback on one text."""
        outcome = "confirmed" if confirmed else "denied"
        self._count(self._feedback, experiment, variant, outcome)

    def shadow(self, experiment: str, variant: str, outcome: str, texts: int) -> None:
        """Counts texts of a shadow: ``scored``, ``agreed``, ``failed`` or ``dropped``."""
        self._count(self._shadow, experiment, variant, outcome, by=texts)

    def stopped(self, experiment: str, variant: str, *, now: bool) -> None:
        """Tells whether a variant is stopped."""
        self._stopped.labels(experiment, variant).set(now)

    def changed(self, outcome: str) -> None:
        """Counts a change of the experiment's file: ``accepted`` or ``refused``."""
        self._changes.labels(outcome).inc()

    def _count(self, family: Counter, *labels: str, by: float = 1) -> None:
        child = self._children.get((family, labels))
        if child is None:
            child = self._children[family, labels] = family.labels(*labels)
        child.inc(by)

    def of_all_workers(self, experiment: str) -> "dict[str, Figures]":
        """Returns the figures of each variant that has any, since the server started."""
        return read(self._metrics.families(), experiment)


@dataclass(frozen=True)
class Figures:
    """The figures of one variant.

    Attributes:
        values: By name, and by the value of the label that the name has beside its variant.
    """

    values: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def minus(self, before: "Figures") -> "Figures":
        """Returns what has come since."""
        return Figures(
            {name: value - before.values.get(name, 0.0) for name, value in self.values.items()}
        )

    def among(self, name: str, value: str) -> Sample:
        """Returns how many of a name's count have one value of its label."""
        total = sum(count for (known, _), count in self.values.items() if known == name)
        return Sample(total, self.values.get((name, value), 0.0))

    def confidence(self) -> Sample:
        """Returns the highest probabilities, as a mean of each request."""
        scored = self.among("label_shares_total", "").count
        return Sample(scored, self.values.get(("confidence_total", ""), 0.0))

    def slower(self, seconds: float) -> Sample:
        """Returns how many answers took longer; inside a bucket they are spread evenly."""
        count = self.values.get(("request_seconds_count", ""), 0.0)
        before, faster = 0.0, 0.0
        for edge in SECONDS:
            within = self.values.get(("request_seconds_bucket", str(edge)), 0.0)
            if seconds < edge:
                part = (seconds - before) / (edge - before)
                faster += part * (within - faster)
                break
            before, faster = edge, within
        return Sample(count, max(0.0, count - faster))

    def quantile(self, share: float) -> float:
        """Returns the seconds that a share of the answers took at most; 0 of none."""
        before, faster = 0.0, 0.0
        wanted = share * self.values.get(("request_seconds_count", ""), 0.0)
        for edge in SECONDS:
            within = self.values.get(("request_seconds_bucket", str(edge)), 0.0)
            if within >= wanted:
                part = (wanted - faster) / (within - faster) if within > faster else 0.0
                return before + part * (edge - before)
            before, faster = edge, within
        return before


def read(families: Iterable[Metric], experiment: str) -> dict[str, Figures]:
    """Returns the figures of an experiment by variant."""
    found: dict[str, dict[tuple[str, str], float]] = {}
    for family in families:
        if not family.name.startswith(FAMILY):
            continue
        for sample in family.samples:
            if sample.labels.get("experiment") == experiment and "variant" in sample.labels:
                further = [value for name, value in sample.labels.items() if name not in OF]
                name = sample.name.removeprefix(FAMILY), "".join(further)
                found.setdefault(sample.labels["variant"], {})[name] = sample.value
    return {variant: Figures(values) for variant, values in found.items()}
