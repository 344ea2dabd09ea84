"""The registry, as a check uses it: one that is locked is one line, and at once."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError
from sentiment_pipelines import environments, tracker

SQLITE = "sqlite:///"
SECONDS = 5.0
"""So long another's writing is waited for; a push takes far less."""
LOCKED = "locked"
SILENT = ("TEMPORARILY_UNAVAILABLE", "INTERNAL_ERROR")
"""Codes of a registry that does not answer; the second is also that of a connection that fails."""


def is_there() -> bool:
    """Tells whether there is a registry; asking a local one that is not there would make it."""
    database = _database()
    return database is None or database.is_file()


def connected(*, reading: bool = False) -> Any:
    """Returns a client.

    Args:
        reading: Whether nothing may be written, not even a lock beside a local store.

    Raises:
        InputError: It does not answer, or is locked.
    """
    database = _database()
    if database is not None and database.is_file():
        # MLflow itself would try for minutes, and say nothing meanwhile.
        try:
            with contextlib.closing(
                sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=SECONDS)
            ) as connection:
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError as error:
            raise _unusable(error, str(database)) from error
    if not reading:
        return tracker.connect()
    import mlflow

    return mlflow.MlflowClient(os.environ.get("MLFLOW_TRACKING_URI") or _default())


@contextlib.contextmanager
def usable() -> Iterator[None]:
    """Makes a line of what a lock or a server that is down does to us inside the context.

    Raises:
        InputError: The registry does not answer.
    """
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        if LOCKED not in str(error) and error.error_code not in SILENT:
            raise
        raise _unusable(error, os.environ.get("MLFLOW_TRACKING_URI") or _default()) from error


def _unusable(error: Exception, where: str) -> InputError:
    said = str(error).strip().split("\n")[0][:200]
    return InputError(
        f"the registry cannot be read ({said})", where=where,
        mend="nothing was begun; the next check decides anew",
    )  # fmt: skip


def _database() -> Path | None:
    named = os.environ.get("MLFLOW_TRACKING_URI") or _default()
    return Path(named.removeprefix(SQLITE)) if named.startswith(SQLITE) else None


def _default() -> str:
    """Returns the address of the store that is used where none is named."""
    return f"{SQLITE}{environments.VAR / 'mlflow' / 'mlflow.db'}"
