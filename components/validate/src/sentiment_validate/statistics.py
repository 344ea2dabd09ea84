"""TFDV's statistics of a split: computed, read, and what may be counted in them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import pandas as pd
import tensorflow_data_validation as tfdv
from google.protobuf.message import DecodeError
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from sentiment_common.errors import InputError

Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList

NOT_CATEGORICAL = schema_pb2.StringDomain.Categorical.Value("CATEGORICAL_NO")
MAX_VALUES = 1000
"""Of a string column with more values none is counted: beyond some thousands TFDV's sketches of
them differ from run to run."""


def compute(frame: pd.DataFrame, schema: schema_pb2.Schema) -> Statistics:
    """Computes TFDV's statistics of one split in memory.

    One process: handing the rows to two costs hundreds of times the computation itself. Values are
    counted only where the schema asks for them: TFDV's sketches of columns with thousands of values
    differ from run to run, and say nothing of texts and ids.

    Args:
        frame: The rows of the split, with the derived columns.
        schema: The schema they will be judged by.
    """
    return tfdv.generate_statistics_from_dataframe(
        frame.reset_index(drop=True), stats_options=stats_options(frame, schema), n_jobs=1
    )


def compute_here(
    frames: Mapping[str, pd.DataFrame], schema: schema_pb2.Schema
) -> dict[str, Statistics]:
    """Computes the statistics of every split in the memory of this machine."""
    return {split: compute(frame, schema) for split, frame in frames.items()}


def stats_options(frame: pd.DataFrame, schema: schema_pb2.Schema) -> tfdv.StatsOptions:
    """Returns what TFDV is to compute of the rows of a split, here or on a Beam runner."""
    free = [name for name in frame.columns if name not in _by_value(schema)]
    hints = schema_pb2.Schema()
    for name in free:
        domain = schema_pb2.StringDomain(is_categorical=NOT_CATEGORICAL)
        hints.feature.add(name=name, string_domain=domain)
    # In memory TFDV counts by sketches anyway; on Beam it would count, and list, every value.
    return tfdv.StatsOptions(schema=hints, use_sketch_based_topk_uniques=True)


def _by_value(schema: schema_pb2.Schema) -> set[str]:
    """Returns the columns that a schema judges by their values, or by how many there are."""
    fields = (
        "string_domain", "domain", "int_domain", "float_domain", "bool_domain",
        "distribution_constraints", "drift_comparator", "skew_comparator", "unique_constraints",
    )  # fmt: skip
    return {item.name for item in schema.feature if any(item.HasField(name) for name in fields)}


def without_wide_columns(
    schema: schema_pb2.Schema, frames: Mapping[str, pd.DataFrame]
) -> schema_pb2.Schema:
    """Returns a schema that compares no string column of more than ``MAX_VALUES`` values."""
    kept = schema_pb2.Schema()
    kept.CopyFrom(schema)
    for feature in kept.feature:
        if not (feature.HasField("drift_comparator") or feature.HasField("skew_comparator")):
            continue
        columns = [frame[feature.name] for frame in frames.values() if feature.name in frame]
        if any(item.dtype == object and item.nunique() > MAX_VALUES for item in columns):
            feature.ClearField("drift_comparator")
            feature.ClearField("skew_comparator")
    return kept


def read(folder: Path) -> Statistics | None:
    """Reads the statistics of the train split of earlier data.

    Args:
        folder: A statistics artifact; one without a split stands for no earlier data.

    Raises:
        InputError: The file holds no statistics.
    """
    path = folder / "train.pb"
    if not path.is_file():
        return None
    try:
        read = Statistics.FromString(path.read_bytes())
    except DecodeError as error:
        raise _no_statistics(path) from error
    if len(read.datasets) != 1:
        raise _no_statistics(path)
    return read


def _no_statistics(path: Path) -> InputError:
    return InputError(
        "no statistics of one data set",
        where=str(path),
        mend="give the statistics that an earlier run wrote, or none",
    )


def counted(statistics: Statistics, column: str) -> bool:
    """Tells whether statistics have the values of a column; without, a distance means nothing."""
    for feature in statistics.datasets[0].features:
        if list(feature.path.step) == [column]:
            strings = feature.string_stats.rank_histogram.buckets
            return bool(strings or feature.num_stats.histograms)
    return False
