"""What TensorFlow Data Validation counted in each column, read without TensorFlow."""

from dataclasses import dataclass
from pathlib import Path

from google.protobuf.message import DecodeError
from tensorflow_metadata.proto.v0 import statistics_pb2

from sentiment_common.errors import InputError
from sentiment_explore.reading import SPLITS

MOST_VALUES = 4


@dataclass(frozen=True)
class Column:
    """A column of a split.

    Attributes:
        split: Where it was counted.
        name: Its name.
        type: Of its values: INT, FLOAT, STRING, ...
        rows: Rows with a value.
        missing: Rows without one.
        unique: Different values, of a column of strings whose values are counted.
        numbers: Least, median, mean and greatest value, of a column of numbers.
        values: The most frequent values of a column of strings, with their rows.
    """

    split: str
    name: str
    type: str
    rows: int
    missing: int
    unique: int | None
    numbers: tuple[float, float, float, float] | None
    values: list[tuple[str, int]]


def read_columns(folder: Path) -> list[Column]:
    """Reads a statistics artifact, split after split, columns in their order.

    Raises:
        InputError: A file holds no statistics of one data set.
    """
    paths = [(split, folder / f"{split}.pb") for split in SPLITS]
    return [it for split, path in paths if path.is_file() for it in _columns(split, path)]


def _columns(split: str, path: Path) -> list[Column]:
    again = "give the statistics that sentiment-validate wrote"
    try:
        statistics = statistics_pb2.DatasetFeatureStatisticsList.FromString(path.read_bytes())
    except DecodeError as error:
        raise InputError("no TFDV statistics", where=str(path), mend=again) from error
    if len(statistics.datasets) != 1:
        raise InputError("no TFDV statistics of one data set", where=str(path), mend=again)
    return [_column(split, feature) for feature in statistics.datasets[0].features]


def _column(split: str, feature: statistics_pb2.FeatureNameStatistics) -> Column:
    name = feature.name or ".".join(feature.path.step)
    kind = statistics_pb2.FeatureNameStatistics.Type.Name(feature.type)
    if feature.HasField("num_stats"):
        numbers = feature.num_stats
        common = numbers.common_stats
        summary = (numbers.min, numbers.median, numbers.mean, numbers.max)
        return Column(
            split, name, kind, common.num_non_missing, common.num_missing, None, summary, []
        )
    strings = feature.string_stats
    common = strings.common_stats
    values = [(it.value, int(it.frequency)) for it in strings.top_values[:MOST_VALUES]]
    unique = strings.unique or None
    return Column(
        split, name, kind, common.num_non_missing, common.num_missing, unique, None, values
    )
