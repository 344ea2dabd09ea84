"""TFDV's statistics of every split, computed on a Beam runner.

The derived columns are written to Parquet beside the output, and the workers read that: two of
them need all rows of a split in their order, so that they are made before the rows are spread.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import apache_beam as beam
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow_data_validation as tfdv
from apache_beam.options.pipeline_options import PipelineOptions
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx_bsl.arrow.table_util import CanonicalizeRecordBatch, NumpyKindToArrowType

from sentiment_common.errors import InputError
from sentiment_validate.statistics import Statistics, compute, stats_options

GROUP_ROWS = 65_536
"""Rows that one worker takes at a time."""


def compute_on(
    runner: Sequence[str],
    folder: Path,
    frames: Mapping[str, pd.DataFrame],
    schema: schema_pb2.Schema,
) -> dict[str, Statistics]:
    """Computes what ``statistics.compute`` does, on the workers of a Beam runner.

    Up to ``GROUP_ROWS`` rows a split the result is the same to the last bit. Of more rows, partial
    sums are added and sketches merged in whatever order the workers finish: means and deviations
    may differ in the last digit, quantiles and histograms within TFDV's tolerance.

    Args:
        runner: Beam's options, e.g. ``--runner=FlinkRunner``.
        folder: Where rows and results lie in between; all workers reach it under this path.
        frames: The rows of each split, with the derived columns.
        schema: The schema they will be judged by.

    Raises:
        InputError: There is no such runner here.
    """
    # An empty file has nothing that a worker could be given.
    computed = {split: compute(frame, schema) for split, frame in frames.items() if frame.empty}
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        written = {split: Path(scratch) / f"{split}.pb" for split in frames.keys() - computed}
        with _pipeline(runner) as pipeline:
            for split, path in sorted(written.items()):
                rows = path.with_suffix(".parquet")
                _write(frames[split], rows)
                options = stats_options(frames[split], schema)
                _ = (
                    pipeline
                    | f"Read {split}" >> beam.io.ReadFromParquetBatched(str(rows))
                    | f"Batch {split}" >> beam.FlatMap(_batches)
                    | f"Measure {split}" >> tfdv.GenerateStatistics(options)
                    | f"Write {split}" >> tfdv.WriteStatisticsToBinaryFile(str(path))
                )
        for split, path in written.items():
            computed[split] = Statistics.FromString(path.read_bytes())
    return {split: computed[split] for split in frames}


def _pipeline(runner: Sequence[str]) -> beam.Pipeline:
    try:
        return beam.Pipeline(options=PipelineOptions(list(runner)))
    except (ValueError, ImportError, AttributeError) as error:
        raise InputError(str(error), where="--beam", mend="name a runner of this Beam") from error


def _write(frame: pd.DataFrame, path: Path) -> None:
    # TFDV leaves columns of other types out as well, when it is given a frame.
    read = [name for name, kind in frame.dtypes.items() if NumpyKindToArrowType(kind.kind)]
    table = pa.Table.from_pandas(frame[read], preserve_index=False)
    pq.write_table(table, path, row_group_size=GROUP_ROWS)


def _batches(table: pa.Table) -> Iterator[pa.RecordBatch]:
    return map(CanonicalizeRecordBatch, table.combine_chunks().to_batches())
