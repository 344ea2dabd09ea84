"""How far columns lie from the same columns of other data, and which lie too far."""

import re
from collections.abc import Iterator, Mapping, Sequence

from tensorflow_metadata.proto.v0 import anomalies_pb2

from sentiment_validate.anomalies import Anomaly, Distance, Severity
from sentiment_validate.rules import Policy
from sentiment_validate.statistics import Statistics, counted

MEASURES = {
    "l_infty": "L-infinity",
    "jensen_shannon_divergence": "Jensen-Shannon divergence",
    "normalized_absolute_difference": "normalized absolute difference",
}
_MOST = re.compile(r"maximum difference is: (.*?)\.?$")


def measured(
    split: str,
    record: anomalies_pb2.Anomalies,
    current: Statistics,
    others: Mapping[str, Statistics | None],
) -> Iterator[Distance]:
    """Yields the distances in TFDV's record.

    Args:
        split: The split compared.
        record: What TFDV says of it.
        current: Its statistics.
        others: By rule (skew, drift) the statistics it was compared with; None for none. A column
            whose values either side has not counted is left out: its distance means nothing.
    """
    measures = anomalies_pb2.DriftSkewInfo.Measurement.Type
    for info in record.drift_skew_info:
        column = ".".join(info.path.step)
        measured = {"skew": info.skew_measurements, "drift": info.drift_measurements}
        for rule, items in measured.items():
            other = others[rule]
            if other is None:
                continue
            if not all(counted(side, column) for side in (current, other)):
                continue
            rows = min(side.datasets[0].num_examples for side in (current, other))
            for item in items:
                measure = measures.Name(item.type).lower()
                value, threshold = float(item.value), float(item.threshold)
                yield Distance(rule, split, column, measure, value, threshold, int(rows))


def too_far(
    distances: Sequence[Distance], record: anomalies_pb2.Anomalies, policy: Policy
) -> Iterator[Anomaly]:
    """Finds distances above their threshold, between enough rows to tell."""
    for item in distances:
        allowed, severity = _limit(item, policy)
        if item.value > allowed and item.rows >= policy.setting(item.rule, "min_rows"):
            reference = "train" if item.rule == "skew" else "the earlier train"
            most = _most_different(record, item.column)
            what = (
                f"{MEASURES.get(item.measure, item.measure)} {item.value:.3f} from {reference}, "
                f"{allowed:g} allowed{f'; most of all {most}' if most else ''}"
            )
            yield Anomaly(item.split, item.column, what, severity, item.rule, item.rule)


def _limit(item: Distance, policy: Policy) -> tuple[float, Severity]:
    """Returns what is allowed, and how bad more of it is.

    Labels that have moved far may have been turned round by somebody: they are an error from a
    distance on that no schema has to know.
    """
    severity = policy.severity(item.rule)
    if item.rule == "drift" and item.column == "label":
        refused = policy.setting("drift", "label_error")
        if item.value > refused:
            return min(item.threshold, refused), "error"
    return item.threshold, severity


def _most_different(record: anomalies_pb2.Anomalies, column: str) -> str:
    """Returns the value whose share differs most, which TFDV says in words alone."""
    for info in record.anomaly_info.values():
        if list(info.path.step) == [column]:
            for reason in info.reason:
                if found := _MOST.search(reason.description):
                    return found[1].strip()
    return ""
