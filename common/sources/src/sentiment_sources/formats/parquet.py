"""Parquet files."""

from collections.abc import Callable, Iterator, Mapping

import pyarrow as pa
import pyarrow.parquet as pq

from sentiment_common.errors import InputError
from sentiment_sources.content import Content
from sentiment_sources.formats.files import check_columns, empty_file
from sentiment_sources.records import Record


def read_parquet(
    content: Content,
    columns: Mapping[str, str],
    pins: Mapping[str, str],
    tell: Callable[[str], None],
) -> Iterator[Record]:
    """Yields one record per row, read batch by batch."""
    try:
        with content.open() as stream, pq.ParquetFile(stream) as file:
            check_columns(content, columns.values(), file.schema_arrow.names)
            if not file.metadata.num_rows:
                raise empty_file(content)
            rows = 0
            for batch in file.iter_batches(columns=list(dict.fromkeys(columns.values()))):
                # Full validation finds strings that are not UTF-8 before Python trips over them.
                batch.validate(full=True)
                for row, values in enumerate(_plain_times(batch).to_pylist(), start=rows + 1):
                    named = {role: values[name] for role, name in columns.items()}
                    yield Record(content.name, row, named)
                rows += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"not a readable Parquet file ({error})", where=content.place, mend="write it again"
        ) from error


def _plain_times(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Returns the batch with all times in microseconds, and in UTC if they know their zone.

    Python's datetime knows no nanoseconds, and a slim system no zones.
    """
    fields = [
        pa.field(field.name, pa.timestamp("us", field.type.tz and "UTC"))
        if pa.types.is_timestamp(field.type)
        else field
        for field in batch.schema
    ]
    return batch.cast(pa.schema(fields), safe=False)
