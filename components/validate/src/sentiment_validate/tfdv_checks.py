"""Statistics of each split, and what TensorFlow Data Validation says against a schema."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import pandas as pd
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from sentiment_validate.anomalies import SHOWN_IDS, Anomaly, Drift
from sentiment_validate.examples import DERIVED, FLAGS
from sentiment_validate.schema import NamedSchema

Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList

WARNINGS = {
    "SCHEMA_NEW_COLUMN",
    "COMPARATOR_L_INFTY_HIGH",
    "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH",
    "COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH",
    "COMPARATOR_CONTROL_DATA_MISSING",
    "COMPARATOR_TREATMENT_DATA_MISSING",
}
"""TFDV's anomalies that do not refuse the examples: drift, and a column nobody reads."""

_PRECISION = re.compile(r" ?\(up ?to six significant digits\)")
NOT_CATEGORICAL = schema_pb2.StringDomain.Categorical.Value("CATEGORICAL_NO")
OUT_OF_RANGE = {
    "FLOAT_TYPE_BIG_FLOAT",
    "FLOAT_TYPE_SMALL_FLOAT",
    "INT_TYPE_BIG_INT",
    "INT_TYPE_SMALL_INT",
}


@dataclass(frozen=True)
class Findings:
    """What TFDV finds in one split.

    Attributes:
        record: TFDV's own message.
        anomalies: Its anomalies in our shape.
        drifts: The distances it measured from train.
    """

    record: anomalies_pb2.Anomalies
    anomalies: list[Anomaly]
    drifts: list[Drift]


def statistics(frame: pd.DataFrame, schema: schema_pb2.Schema) -> Statistics:
    """Computes TFDV's statistics of one split in memory.

    One process: handing the rows to two costs hundreds of times the computation itself. Values are
    counted only where the schema asks for them: TFDV's sketches of columns with thousands of values
    differ from run to run, and say nothing of texts and ids.

    Args:
        frame: The rows of the split, with the derived columns.
        schema: The schema they will be judged by.
    """
    free = [name for name in frame.columns if name not in _by_value(schema)]
    hints = schema_pb2.Schema()
    for name in free:
        domain = schema_pb2.StringDomain(is_categorical=NOT_CATEGORICAL)
        hints.feature.add(name=name, string_domain=domain)
    options = tfdv.StatsOptions(schema=hints)
    return tfdv.generate_statistics_from_dataframe(
        frame.reset_index(drop=True), stats_options=options, n_jobs=1
    )


def _by_value(schema: schema_pb2.Schema) -> set[str]:
    """Returns the columns that a schema judges by their values, or by how many there are."""
    fields = (
        "string_domain", "domain", "int_domain", "float_domain", "bool_domain",
        "distribution_constraints", "drift_comparator", "skew_comparator", "unique_constraints",
    )  # fmt: skip
    return {item.name for item in schema.feature if any(item.HasField(name) for name in fields)}


def check(
    split: str,
    frame: pd.DataFrame,
    current: Statistics,
    schema: NamedSchema,
    train: Statistics | None = None,
) -> Findings:
    """Validates one split against the schema, and against train where that is given.

    Args:
        split: Name of the split.
        frame: Its rows with the derived columns.
        current: Its statistics.
        schema: The schema.
        train: Statistics of train, for the schema's drift comparators.
    """
    record = tfdv.validate_statistics(current, schema.proto, previous_statistics=train)
    anomalies = [
        *_of_dataset(split, record),
        *_of_columns(split, frame, record, schema),
        *_unread(split, frame, current),
    ]
    return Findings(record, anomalies, list(_drifts(split, record)))


def _of_dataset(split: str, record: anomalies_pb2.Anomalies) -> Iterator[Anomaly]:
    if record.data_missing:
        yield Anomaly(split, "", "no rows", "error", "DATA_MISSING")
    for reason in record.dataset_anomaly_info.reason:
        check = anomalies_pb2.AnomalyInfo.Type.Name(reason.type)
        yield Anomaly(split, "", reason.description.strip(), "error", check)


def _of_columns(
    split: str, frame: pd.DataFrame, record: anomalies_pb2.Anomalies, schema: NamedSchema
) -> Iterator[Anomaly]:
    features = {feature.name: feature for feature in schema.proto.feature}
    for name, info in sorted(record.anomaly_info.items()):
        column = ".".join(info.path.step) or name
        for reason in info.reason:
            check = anomalies_pb2.AnomalyInfo.Type.Name(reason.type)
            if check == "SCHEMA_NEW_COLUMN" and column in DERIVED:
                continue  # A user's own schema need not know what is derived here.
            what = _sentence(split, frame, column, reason, schema)
            mild = check in WARNINGS or info.severity == anomalies_pb2.AnomalyInfo.WARNING
            rows = _concerned(frame, column, check, features.get(column), schema)
            yield Anomaly(split, column, what, "warning" if mild else "error", check, rows)


def _sentence(
    split: str,
    frame: pd.DataFrame,
    column: str,
    reason: anomalies_pb2.AnomalyInfo.Reason,
    schema: NamedSchema,
) -> str:
    """Returns TFDV's own words, or ours where they would not be understood."""
    check = anomalies_pb2.AnomalyInfo.Type.Name(reason.type)
    if column in FLAGS and check == "ENUM_TYPE_UNEXPECTED_STRING_VALUES":
        flagged = frame[column] == "yes"
        return (
            f"{flagged.sum():,} of {len(frame):,} texts ({flagged.mean():.2%}) are "
            f"{FLAGS[column]}; the schema tolerates {schema.tolerance(column):.2%}"
        )
    title, detail = (
        _PRECISION.sub("", part).strip().rstrip(".")
        for part in (reason.short_description, reason.description)
    )
    if check.startswith("COMPARATOR_"):
        return detail.replace("between current and previous", f"between {split} and train")
    return detail if detail.startswith(title) else f"{title}: {detail}".removesuffix(": ")


def _concerned(
    frame: pd.DataFrame,
    column: str,
    check: str,
    feature: schema_pb2.Feature | None,
    schema: NamedSchema,
) -> tuple[str, ...]:
    """Returns ids of the first rows that an anomaly is about, where it is about single rows."""
    if feature is None or column not in frame or "id" not in frame:
        return ()
    values = frame[column]
    if check == "ENUM_TYPE_UNEXPECTED_STRING_VALUES":
        rows = values.notna() & ~values.isin(schema.domain(column))
    elif check == "FEATURE_TYPE_LOW_FRACTION_PRESENT":
        rows = values.isna()
    elif check in OUT_OF_RANGE:
        rows = _outside(values, feature)
    else:
        return ()
    return tuple(frame.loc[rows, "id"].head(SHOWN_IDS).astype(str))


def _outside(values: pd.Series, feature: schema_pb2.Feature) -> pd.Series:
    domain = feature.int_domain if feature.HasField("int_domain") else feature.float_domain
    low = domain.min if domain.HasField("min") else -math.inf
    high = domain.max if domain.HasField("max") else math.inf
    numbers = pd.to_numeric(values, errors="coerce")  # TFDV reads numbers in strings, too.
    return (numbers < low) | (numbers > high)


def _unread(split: str, frame: pd.DataFrame, current: Statistics) -> Iterator[Anomaly]:
    """Finds columns of types that TFDV leaves out without a word, such as timestamps."""
    read = {feature.path.step[0] for feature in current.datasets[0].features}
    for column in frame.columns:
        if column not in read and not frame.empty:
            what = f"of type {frame[column].dtype}, which cannot be judged"
            yield Anomaly(split, str(column), what, "error", "unread_column")


def _drifts(split: str, record: anomalies_pb2.Anomalies) -> Iterator[Drift]:
    measures = anomalies_pb2.DriftSkewInfo.Measurement.Type
    for info in record.drift_skew_info:
        for item in info.drift_measurements:
            measure = measures.Name(item.type).lower()
            column = ".".join(info.path.step)
            yield Drift(split, column, measure, float(item.value), float(item.threshold))
