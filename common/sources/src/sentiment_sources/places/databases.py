"""Databases: tables and queries, by SQLAlchemy's address.

``postgresql://host/db#table`` and ``sqlite:///feedback.db#table`` name a table; a query is given
beside the address. Rows are streamed in batches, within one transaction that may only read.
"""

import contextlib
import hashlib
import json
import logging
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sentiment_common.artifacts import Source
from sentiment_common.errors import InputError
from sentiment_sources.places.values import plain
from sentiment_sources.records import Record

if TYPE_CHECKING:
    from sqlalchemy import Connection, Executable, Select
    from sqlalchemy.engine import URL

STREAMED = {"stream_results": True, "yield_per": 1000}
"""Rows come in batches of a thousand: a client's own cursor would hold them all."""
CONNECT_SECONDS = 10
POSTGRES = frozenset({"postgres", "postgresql"})
KEEP_ALIVE = {
    "connect_timeout": str(CONNECT_SECONDS),
    # A server that is gone is noticed; a query that takes its time is not disturbed.
    "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3",
}  # fmt: skip
CREATED_AT = "created_at"
ISO_DATE = "____-__-__%"
"""Dates whose order as text is that of time, by SQL's LIKE."""
logger = logging.getLogger(__name__)


@dataclass
class Rows:
    """The rows of a table or query; iterate over ``records`` once.

    Attributes:
        uri: Address of the database, with its secrets in it.
        query: What to ask it, secrets in it; empty for the table that the address names.
        shown: Address and query without secrets, as messages and lineage name them.
        columns: Column by role.
        since: Watermark: rows that are certainly not later are left out; all if empty.
        tell: Is told what was guessed, in words.
        skipped: How many rows were left out; complete when ``records`` has ended.
    """

    uri: str
    query: str
    shown: str
    columns: Mapping[str, str]
    since: str
    tell: Callable[[str], None]
    skipped: int = 0
    _digest: Any = field(default_factory=hashlib.sha256)
    _size: int = 0

    @property
    def name(self) -> str:
        """Name of the table; ``query`` for a query."""
        return "query" if self.query else self.uri.rpartition("#")[2] if "#" in self.uri else ""

    def source(self) -> Source:
        """Returns what lineage is to know: the digest of the rows as they were read."""
        return Source(self.shown, self._digest.hexdigest(), self._size)

    def records(self) -> Iterator[Record]:
        """Yields a record per row, numbered from 1.

        Raises:
            InputError: The database does not answer, refuses, or lacks table or column.
        """
        from sqlalchemy.exc import SQLAlchemyError

        if "#" in self.uri and self.query:
            raise InputError("a table and a query", where=self.shown, mend="give one of them")
        try:
            with _connected(self.uri.partition("#")[0], self.shown) as connection:
                statement = self._statement(connection)
                with connection.execute(statement, execution_options=STREAMED) as result:
                    _check_columns(self.columns.values(), [*result.keys()], self.shown)
                    for number, row in enumerate(result.mappings(), start=1):
                        yield self._record(number, row)
        except (SQLAlchemyError, UnicodeError) as error:
            raise _explained(error, self.shown) from error

    def _statement(self, connection: "Connection") -> "Executable":
        import sqlalchemy as sql

        if self.query:
            if not re.search(r"\border\s+by\b", self.query, re.IGNORECASE):
                self._tell_disorder()
            if not self._is_increment:
                return sql.text(_escaped(self.query))
            there: Sequence[str] = _columns_of_query(connection, self.query)
            order: Sequence[str] = ()
        else:
            there, order = _columns_of_table(connection, self.name, self.shown)
            if not order:
                self._tell_disorder()
        _check_columns(self.columns.values(), there, self.shown)
        # Read as they are declared, dates would be parsed and numbers rounded on the way.
        wanted = [sql.column(name) for name in dict.fromkeys(self.columns.values())]
        statement = sql.select(*wanted).select_from(_relation(self.query, self.name))
        return self._since(connection, statement).order_by(*map(sql.column, order))

    def _tell_disorder(self) -> None:
        self.tell(
            f"{self.shown}: nothing orders its rows, so that equal data may come in another order "
            "and count as changed; give ORDER BY"
        )

    @property
    def _is_increment(self) -> bool:
        return bool(self.since) and CREATED_AT in self.columns

    def _since(self, connection: "Connection", statement: "Select[Any]") -> "Select[Any]":
        """Leaves out the rows that are certainly not later than the watermark, and counts them."""
        import sqlalchemy as sql

        if not self._is_increment:
            return statement
        column = sql.column(self.columns[CREATED_AT])
        # Without a type the database takes the text for what its own column is.
        before = certainly_before(self.since)
        mark = sql.bindparam("since", before, type_=sql.types.NullType())
        old: sql.ColumnElement[bool] = column <= mark
        if before != self.since:
            # sqlite would take a number, a date in American order, or "" for less than any date.
            old = sql.and_(old, sql.cast(column, sql.String).like(ISO_DATE))
        count = sql.select(sql.func.count()).select_from(_relation(self.query, self.name))
        self.skipped = connection.execute(count.where(old)).scalar_one()
        return statement.where(sql.or_(sql.not_(old), column.is_(None)))

    def _record(self, number: int, row: Mapping[str, Any]) -> Record:
        values, problem = {}, ""
        for role, name in self.columns.items():
            try:
                values[role] = plain(row[name])
            except UnicodeDecodeError as error:
                problem = f"column {name!r}: {error}"
        line = json.dumps([number, values, problem], default=str, sort_keys=True) + "\n"
        self._digest.update(line.encode())
        self._size += len(line)
        if problem:
            return Record(self.name, number, {}, "not UTF-8", problem)
        return Record(self.name, number, values)


def certainly_before(since: str) -> str:
    """Returns a mark that no row behind the watermark lies before, whatever its time zone is.

    A date is taken back to the day before: databases without a type for times compare text, with
    ``T`` or a space in its middle, and a time without a zone may be of any. What is no date, such
    as a running number, is the mark itself.
    """
    try:
        time = datetime.fromisoformat(since)
        day = (time.astimezone(UTC) if time.tzinfo else time).date() - timedelta(days=1)
    except (ValueError, OverflowError):
        return since
    return since if since.isdigit() else day.isoformat()


def shown(uri: str, query: str) -> str:
    """Returns address and query, as they were given, in one line for messages and lineage."""
    return uri + (f" [{' '.join(query.split())}]" if query else "")


@contextlib.contextmanager
def _connected(address: str, place: str) -> Iterator["Connection"]:
    """Connects within a transaction that only reads, and sees one state of the data."""
    import sqlalchemy as sql

    url = _url(address, place)
    options: dict[str, Any] = {}
    if url.get_backend_name() == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    try:
        engine = sql.create_engine(url, poolclass=sql.NullPool, hide_parameters=True)
    except sql.exc.NoSuchModuleError as error:
        raise InputError(
            f"unknown scheme {url.drivername!r}",
            where=place,
            mend="there are paths, s3://, gs://, http(s)://, hf://, postgresql:// and sqlite:///; "
            "other databases need their SQLAlchemy dialect",
        ) from error
    except ModuleNotFoundError as error:
        raise InputError(
            f"no driver for {url.drivername!r}: the package {error.name!r} is not installed",
            where=place,
            mend="install it, or name another, e.g. postgresql+psycopg://",
        ) from error
    if url.get_backend_name() == "sqlite":
        sql.event.listen(engine, "connect", _prepared)
    logger.info("reading %s", place)
    with engine.connect() as connection:
        yield connection.execution_options(**options)


def _url(address: str, place: str) -> "URL":
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise InputError("no address of a database", where=place, mend="check it") from error
    if url.drivername in POSTGRES:
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername == "postgresql+psycopg":
        return url.set(query={**KEEP_ALIVE, **url.query})
    if url.get_backend_name() != "sqlite":
        return url
    if not url.database or not Path(url.database).is_file():
        raise InputError("no such file", where=place, mend="sqlite:////an/absolute/path.db")
    # Nobody's query may change the data, and a name that is mistyped must make no new database.
    return url.set(database=f"file:{quote(url.database)}", query={"mode": "ro", "uri": "true"})


def _prepared(connection: sqlite3.Connection, record: object) -> None:
    """Lets sqlite give text that is not UTF-8 as bytes, where it would else give up the query.

    It is also kept from other files: what is opened read-only may still attach and write them.
    """
    connection.text_factory = _text_or_bytes
    connection.set_authorizer(_authorized)


def _authorized(action: int, *_: object) -> int:
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK


def _text_or_bytes(given: bytes) -> str | bytes:
    try:
        return given.decode()
    except UnicodeDecodeError:
        return given


def _relation(query: str, table: str) -> Any:
    import sqlalchemy as sql

    if query:
        return sql.text(f"(\n{_escaped(query)}\n) AS feedback")
    schema, _, name = table.rpartition(".")
    return sql.table(name, schema=schema or None)


def _escaped(query: str) -> str:
    """Returns a query no part of which is a parameter of ours, however many colons it has."""
    return query.rstrip("; \t\r\n").replace(":", r"\:")


def _columns_of_query(connection: "Connection", query: str) -> Sequence[str]:
    import sqlalchemy as sql

    nothing = sql.select(sql.text("*")).select_from(_relation(query, "")).where(sql.false())
    # Streamed like the rows, for a cursor on the server's side takes no second statement.
    return list(connection.execute(nothing, execution_options=STREAMED).keys())


def _columns_of_table(
    connection: "Connection", table: str, place: str
) -> tuple[Sequence[str], Sequence[str]]:
    """Returns the columns of a table, and those that order it.

    Raises:
        InputError: There is no such table; the message lists those there are.
    """
    import sqlalchemy as sql

    inspector = sql.inspect(connection)
    schema, _, name = table.rpartition(".")
    try:
        columns = [column["name"] for column in inspector.get_columns(name, schema or None)]
    except sql.exc.NoSuchTableError as error:
        there = [
            *inspector.get_table_names(schema or None), *inspector.get_view_names(schema or None)
        ]  # fmt: skip
        listing = ", ".join(sorted(there)[:20]) or "none"
        what = f"no table {table!r}" if table else "neither a table nor a query"
        raise InputError(
            what, where=place, mend=f"name one behind '#', or give a query; there are: {listing}"
        ) from error
    key = inspector.get_pk_constraint(name, schema or None)
    return columns, (key or {}).get("constrained_columns") or ()


def _check_columns(wanted: Iterable[str], there: Sequence[str], place: str) -> None:
    for name in wanted:
        if there.count(name) != 1:
            what = f"no column {name!r}" if name not in there else f"two columns {name!r}"
            listing = ", ".join(repr(column) for column in there) or "none"
            raise InputError(what, where=place, mend=f"the columns are {listing}")


def _explained(error: Exception, place: str) -> InputError:
    """Returns the one line for what a database or its driver has to say."""
    from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError

    cause = str(getattr(error, "orig", None) or error).strip().splitlines()
    reason = cause[0] if cause else type(error).__name__
    mend = "check the data, or cast the column in a query"
    if isinstance(error, ProgrammingError) or place.startswith("sqlite"):
        mend = "check the query, and what its user may read"
    elif isinstance(error, OperationalError | InterfaceError):
        mend = (
            "check that the database answers, and the credentials (PGPASSWORD, ~/.pgpass or "
            "${NAME} in the address)"
        )
    return InputError(f"cannot be read ({reason})", where=place, mend=mend)
