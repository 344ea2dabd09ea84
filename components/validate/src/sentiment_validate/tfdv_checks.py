"""What TensorFlow Data Validation says of a split against a schema, in our words."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

from sentiment_validate.anomalies import SHOWN_IDS, Anomaly, Distance
from sentiment_validate.distances import measured, too_far
from sentiment_validate.examples import DERIVED, FLAGS
from sentiment_validate.rules import Policy
from sentiment_validate.schema import TRAINING, NamedSchema
from sentiment_validate.statistics import Statistics

OUT_OF_RANGE = {
    "FLOAT_TYPE_BIG_FLOAT",
    "FLOAT_TYPE_SMALL_FLOAT",
    "INT_TYPE_BIG_INT",
    "INT_TYPE_SMALL_INT",
}
RULES = {
    "SCHEMA_MISSING_COLUMN": "missing_column",
    "FEATURE_TYPE_NOT_PRESENT": "missing_column",
    "SCHEMA_NEW_COLUMN": "unknown_column",
    "FEATURE_TYPE_LOW_FRACTION_PRESENT": "missing_value",
    "FEATURE_TYPE_LOW_NUMBER_PRESENT": "missing_value",
    "ENUM_TYPE_UNEXPECTED_STRING_VALUES": "unknown_value",
    **dict.fromkeys([*OUT_OF_RANGE, "FLOAT_TYPE_HAS_NAN", "FLOAT_TYPE_HAS_INF"], "out_of_range"),
    "UNEXPECTED_DATA_TYPE": "wrong_type",
    "DATASET_LOW_NUM_EXAMPLES": "too_few_rows",
    "DATA_MISSING": "too_few_rows",
}
"""Our name of TFDV's anomalies, beside those of ``_OTHER_TYPE``; the rest are named
``schema_violation``."""

_OTHER_TYPE = re.compile("(ENUM|FLOAT|INT|STRING|BOOL)_TYPE_")
TOLD_FROM_DISTANCES = {
    "COMPARATOR_L_INFTY_HIGH",
    "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH",
    "COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH",
}
OF_COLUMN = {
    "is_empty": "empty_text",
    "mojibake": "garbled_text",
    "foreign": "foreign_text",
    "repeated": "repeated_text",
    "n_chars": "text_length",
    "n_words": "text_length",
}
"""The rule of a derived column's values."""

_PRECISION = re.compile(r" ?\(up ?to six significant digits\)")


@dataclass(frozen=True)
class Findings:
    """What TFDV finds in one split.

    Attributes:
        record: TFDV's own message.
        anomalies: Its anomalies in our shape.
        distances: What it measured from train, or from the earlier train.
    """

    record: anomalies_pb2.Anomalies
    anomalies: list[Anomaly]
    distances: list[Distance]


def check(
    split: str,
    frame: pd.DataFrame,
    current: Statistics,
    schema: NamedSchema,
    policy: Policy,
    train: Statistics | None = None,
    earlier: Statistics | None = None,
    environment: str = TRAINING,
) -> Findings:
    """Validates one split, or a log of requests, against the schema.

    Args:
        split: Name of the split.
        frame: Its rows with the derived columns.
        current: Its statistics.
        schema: The schema.
        policy: Severities, and how few rows are too few to compare.
        train: Statistics of train, for the schema's skew comparators.
        earlier: Statistics of the same split of earlier data, for its drift comparators.
        environment: ``TRAINING``, or ``SERVING`` for data without labels.
    """
    # TFDV measures skew from what is served; the distances are the same both ways.
    record = tfdv.validate_statistics(
        current,
        schema.proto,
        environment=environment if environment in schema.proto.default_environment else None,
        previous_statistics=earlier,
        serving_statistics=train,
    )
    distances = list(measured(split, record, current, {"skew": train, "drift": earlier}))
    anomalies = [
        *_of_dataset(split, record, policy),
        *_of_columns(split, frame, record, schema, policy),
        *too_far(distances, record, policy),
        *_unread(split, frame, current, policy),
    ]
    return Findings(record, anomalies, distances)


def _of_dataset(split: str, record: anomalies_pb2.Anomalies, policy: Policy) -> Iterator[Anomaly]:
    found = [("DATA_MISSING", "no rows")] if record.data_missing else []
    for reason in record.dataset_anomaly_info.reason:
        name = anomalies_pb2.AnomalyInfo.Type.Name(reason.type)
        found.append((name, reason.description.strip()))
    for check, what in found:
        rule = RULES.get(check, "schema_violation")
        yield Anomaly(split, "", what, policy.severity(rule), rule, check)


def _of_columns(
    split: str,
    frame: pd.DataFrame,
    record: anomalies_pb2.Anomalies,
    schema: NamedSchema,
    policy: Policy,
) -> Iterator[Anomaly]:
    features = {feature.name: feature for feature in schema.proto.feature}
    for name, info in sorted(record.anomaly_info.items()):
        column = ".".join(info.path.step) or name
        for reason in info.reason:
            check = anomalies_pb2.AnomalyInfo.Type.Name(reason.type)
            if check in TOLD_FROM_DISTANCES:
                continue
            if check == "SCHEMA_NEW_COLUMN" and column in DERIVED:
                continue  # A user's own schema need not know what is derived here.
            if check.startswith("COMPARATOR_") and len(info.reason) > 1:
                continue  # The column is not there, which the other reason says.
            if _is_single(frame, column, check, schema):
                continue
            rule = _rule(column, reason)
            what = _sentence(frame, column, reason, schema)
            rows = _concerned(frame, column, check, features.get(column), schema)
            yield Anomaly(split, column, what, policy.severity(rule), rule, check, rows)


def _is_single(frame: pd.DataFrame, column: str, check: str, schema: NamedSchema) -> bool:
    """Tells whether a share is too high by one row: in thirty rows one is over 2 in 100."""
    if column not in FLAGS or check != "ENUM_TYPE_UNEXPECTED_STRING_VALUES":
        return False
    return schema.tolerance(column) > 0 and (frame[column] == "yes").sum() == 1


def _rule(column: str, reason: anomalies_pb2.AnomalyInfo.Reason) -> str:
    check = anomalies_pb2.AnomalyInfo.Type.Name(reason.type)
    if check.startswith("COMPARATOR_"):  # One side has no such column.
        return "drift" if "previous" in reason.description else "skew"
    rule = RULES.get(check)
    if rule in ("unknown_value", "out_of_range"):
        return OF_COLUMN.get(column, rule)
    return rule or ("wrong_type" if _OTHER_TYPE.match(check) else "schema_violation")


def _sentence(
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


def _unread(
    split: str, frame: pd.DataFrame, current: Statistics, policy: Policy
) -> Iterator[Anomaly]:
    """Finds columns of types that TFDV leaves out without a word, such as timestamps."""
    rule, check = "wrong_type", "unread_column"
    read = {feature.path.step[0] for feature in current.datasets[0].features}
    for column in frame.columns:
        if column not in read and not frame.empty:
            kind = str(frame[column].dtype).partition("[")[0]
            what = f"of type {kind}, which cannot be judged"
            yield Anomaly(split, str(column), what, policy.severity(rule), rule, check)
