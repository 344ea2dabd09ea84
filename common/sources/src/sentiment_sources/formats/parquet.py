"""Parquet files."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from sentiment_common.errors import InputError
from sentiment_sources.content import Content
from sentiment_sources.formats.columns import find_columns, missing_column
from sentiment_sources.formats.files import empty_file, opened, unusable
from sentiment_sources.records import Record

BATCH = 4096
"""Rows at a time: with texts of pages each a few dozen MB."""


def read_parquet(
    content: Content,
    columns: Mapping[str, str],
    pins: Mapping[str, str],
    tell: Callable[[str], None],
) -> Iterator[Record]:
    """Yields one record per row, read batch by batch.

    A column is a name, or a path into nested columns: ``user.name``.
    """
    with opened(content) as stream:
        try:
            yield from _read(content, stream, columns, tell)
        except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
            if isinstance(error, OSError) and error.errno:
                raise  # the disk or the network, not the file
            raise InputError(
                f"not a readable Parquet file ({error})", where=content.place, mend="write it again"
            ) from error


def _read(
    content: Content, stream: BinaryIO, columns: Mapping[str, str], tell: Callable[[str], None]
) -> Iterator[Record]:
    with pq.ParquetFile(stream, page_checksum_verification=True, pre_buffer=False) as file:
        paths = _paths(content, columns, file.schema_arrow, tell)
        if not file.metadata.num_rows:
            raise empty_file(content)
        rows = 0
        leaves = list(dict.fromkeys(".".join(path) for path in paths.values()))
        for batch in file.iter_batches(batch_size=BATCH, columns=leaves):
            cells = {role: _cells(batch, path) for role, path in paths.items()}
            for at in range(batch.num_rows):
                yield _record(content, rows + at + 1, {role: c[at] for role, c in cells.items()})
            rows += batch.num_rows


def _paths(
    content: Content, columns: Mapping[str, str], schema: pa.Schema, tell: Callable[[str], None]
) -> dict[str, list[str]]:
    """Returns the path of each column by role.

    Raises:
        InputError: One is missing, ambiguous, or holds lists or objects.
    """
    paths = {}
    for role, name in columns.items():
        path = name.split(".")
        if name in schema.names or len(path) == 1:
            position = find_columns(content, {role: name}, schema.names, tell)[role]
            path = [schema.names[position]]
        kind = _type_at(schema, path)
        if kind is None:
            raise missing_column(content, role, name, schema.names)
        if pa.types.is_nested(kind):
            raise InputError(
                f"the column {name!r} holds {kind}, not one value a row",
                where=content.place,
                mend="name a column inside it, e.g. user.name, or write one value a row",
            )
        paths[role] = path
    return paths


def _type_at(schema: pa.Schema, path: list[str]) -> pa.DataType | None:
    kind: Any = None
    fields: Any = schema
    for name in path:
        at = fields.get_field_index(name) if fields is not None else -1
        if at < 0:
            return None
        kind = fields.field(at).type
        fields = kind if pa.types.is_struct(kind) else None
    return kind


def _cells(batch: pa.RecordBatch, path: list[str]) -> list[Any]:
    """Returns a column's values: None where it or what it lies in is null."""
    column = batch.column(path[0])
    for name in path[1:]:
        column = column.flatten()[column.type.get_field_index(name)]
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    values: list[Any] = _plain(column).to_pylist()
    return values


def _plain(column: pa.Array) -> pa.Array:
    """Returns a column so that Python can hold its values.

    Times are in microseconds, and in UTC if they know their zone, for Python's datetime knows no
    nanoseconds and a slim system no zones. Text is bytes, for it may not be UTF-8.
    """
    kind = column.type
    if pa.types.is_timestamp(kind):
        return column.cast(pa.timestamp("us", kind.tz and "UTC"), safe=False)
    if pa.types.is_string(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.binary())
    return column.cast(pa.large_binary()) if pa.types.is_large_string(kind) else column


def _record(content: Content, row: int, values: dict[str, Any]) -> Record:
    for role, value in values.items():
        if isinstance(value, bytes):
            try:
                values[role] = value.decode()
            except UnicodeDecodeError as error:
                detail = f"byte 0x{value[error.start]:02x} in the {role}"
                return Record(content.name, row, {}, "not UTF-8", detail)
    problem, detail = unusable(values)
    return Record(content.name, row, {} if problem else values, problem, detail)
