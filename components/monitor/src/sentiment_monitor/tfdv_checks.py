"""What TensorFlow Data Validation's own comparators say of the window.

Skew is the distance from the training data, drift that from the window before. The statistics of
training are those that the validate stage wrote; the same columns are derived here.
"""

import contextlib
import io
import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from google.protobuf.message import DecodeError
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from sentiment_common.errors import InputError
from sentiment_common.text.language import is_foreign
from sentiment_models.bundle import LABELS
from sentiment_monitor.divergence import p_value
from sentiment_monitor.findings import Finding, found
from sentiment_monitor.policy import Policy
from sentiment_monitor.window import Array, Window

TRAIN, WINDOW = "train.pb", "window.pb"
NUMBERS, RANGES = ("n_chars", "n_words"), ("length",)
SHARES = ("label", "is_empty", "foreign")
"""Columns by how TFDV compares them: numbers and ranges by Jensen-Shannon divergence, the others by
the largest difference of a value's share (L-infinity)."""
MEASURES = {"l_infty": "L-infinity", "jensen_shannon_divergence": "Jensen-Shannon divergence"}
POWERS = 33

Statistics = statistics_pb2.DatasetFeatureStatisticsList


def read(path: Path) -> Statistics:
    """Reads the statistics of one data set.

    Raises:
        InputError: There are none.
    """
    try:
        statistics = Statistics.FromString(path.read_bytes())
    except (FileNotFoundError, DecodeError) as error:
        raise InputError(
            "no statistics of one data set", where=str(path),
            mend="give the statistics that validate wrote for the model's examples",
        ) from error  # fmt: skip
    if len(statistics.datasets) != 1:
        raise InputError("no statistics of one data set", where=str(path))
    return statistics


def measure(window: Window) -> Statistics:
    """Computes TFDV's statistics of the window's sampled texts and their answers."""
    with _without_import_chatter():
        import tensorflow_data_validation as tfdv
    texts = pd.Series(list(window.texts), dtype=object)
    words = texts.map(lambda it: len(it.split())).to_numpy(np.int64)
    frame = pd.DataFrame({
        "label": [LABELS[it] for it in window.answers.label[window.sample]],
        "n_chars": texts.map(len).astype(np.int64), "n_words": words,
        "length": pd.Series(_ranges(words), dtype=object),
        "is_empty": texts.map(lambda it: _yes_no(not it.strip())),
        "foreign": texts.map(lambda it: _yes_no(is_foreign(it))),
    })  # fmt: skip
    # In memory, in one process: a second one costs hundreds of times the computation.
    return tfdv.generate_statistics_from_dataframe(frame, n_jobs=1)


def find(
    window: Window, current: Statistics, train: Statistics, earlier: Statistics | None,
    policy: Policy,
) -> list[Finding]:  # fmt: skip
    """Runs the skew and drift comparators.

    Args:
        window: The window.
        current: Its statistics.
        train: Statistics of the train split.
        earlier: Statistics of the window before, if there was one.
        policy: Has the thresholds.
    """
    rows = len(window.texts)
    with _without_import_chatter():
        import tensorflow_data_validation as tfdv
    schema = _schema(policy.thresholds("tfdv")[0], train)
    # TFDV measures skew from what is served; the distances are the same both ways.
    record = tfdv.validate_statistics(
        current, schema, previous_statistics=earlier, serving_statistics=train
    )
    others = {"skew": train, **({"drift": earlier} if earlier else {})}
    return list(_findings(record, current, others, rows, policy))


def _findings(
    record: anomalies_pb2.Anomalies, current: Statistics, others: Mapping[str, Statistics],
    rows: int, policy: Policy,
) -> Iterator[Finding]:  # fmt: skip
    names = anomalies_pb2.DriftSkewInfo.Measurement.Type
    for info in sorted(record.drift_skew_info, key=lambda it: it.path.step[0]):
        column = info.path.step[0]
        said = {"skew": info.skew_measurements, "drift": info.drift_measurements}
        for rule, other in others.items():
            for it in said[rule]:
                name = names.Name(it.type).lower()
                origin = "training" if rule == "skew" else "the window before"
                words = (
                    f"TFDV: {column} lies {MEASURES.get(name, name)} {it.value:.3f} from {origin}"
                )
                yield found(
                    f"tfdv_{column}", f"tfdv-{rule}", policy, rows,
                    f"{words}{_most(record, column)}.", float(it.value),
                    _chance(current, other, column), float(it.value), details={"measure": name},
                )  # fmt: skip


def _most(record: anomalies_pb2.Anomalies, column: str) -> str:
    """Returns TFDV's own words on a column that lies too far."""
    for info in record.anomaly_info.values():
        if list(info.path.step) == [column]:
            return f" ({info.description.strip().rstrip('.')})"
    return ""


def _chance(current: Statistics, other: Statistics, column: str) -> float | None:
    """Tests the counts that the distance was computed of; TFDV itself has no test.

    The histograms of numbers have edges of their own on either side: there is no test of them.
    """
    one, two = _counts(current, column), _counts(other, column)
    values = sorted({*one, *two})
    if not values:
        return None
    expected, actual = ([side.get(value, 0) for value in values] for side in (two, one))
    return p_value(np.array(expected), np.array(actual))


def _counts(statistics: Statistics, column: str) -> dict[str, int]:
    for feature in statistics.datasets[0].features:
        if list(feature.path.step) == [column]:
            buckets = feature.string_stats.rank_histogram.buckets
            return {it.label: round(it.sample_count) for it in buckets}
    return {}


def _schema(threshold: float, train: Statistics) -> schema_pb2.Schema:
    """Returns a schema that compares those of our columns which the training statistics have."""
    there = {feature.path.step[0] for feature in train.datasets[0].features}
    schema = schema_pb2.Schema()
    for name in (*SHARES, *RANGES, *NUMBERS):
        if name not in there:
            continue
        kind = schema_pb2.INT if name in NUMBERS else schema_pb2.BYTES
        feature = schema.feature.add(name=name, type=kind)
        for comparator in (feature.skew_comparator, feature.drift_comparator):
            if name in SHARES:
                comparator.infinity_norm.threshold = threshold
            else:
                comparator.jensen_shannon_divergence.threshold = threshold
    return schema


def _ranges(words: Array) -> list[str]:
    """Returns the range of each number of words, as validate names them.

    They begin half a power of two apart: 1, 2, 3, 4, 6, 8, 12 and so on.
    """
    begins = np.unique(np.ceil(np.sqrt(2.0 ** np.arange(POWERS))).astype(np.int64))
    place = np.searchsorted(begins, words, side="right")
    low = np.concatenate([[0], begins])[place]
    high = np.concatenate([begins - 1, [-1]])[place]
    return [
        str(one) if one == two else f"{one}-{two if two >= 0 else ''}"
        for one, two in zip(low.tolist(), high.tolist(), strict=True)
    ]


def _yes_no(it: bool) -> str:
    return "yes" if it else "no"


@contextlib.contextmanager
def _without_import_chatter() -> Iterator[None]:
    """Keeps what TFDV says on import, about optional packages not used here, off the log."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Nothing is computed with TensorFlow here; with oneDNN it says two lines that no level hides.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)
