"""One retraining at a time: a lock that the system gives back however its holder ends."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

JUST_NOW = "just now"


class InFlightError(Exception):
    """Another check has the lock; its text says since when, and which process."""


@contextlib.contextmanager
def taken(path: Path, since: str) -> Iterator[None]:
    """Keeps other checks away inside the context.

    Args:
        path: The lock's file.
        since: What others are told, e.g. the time.

    Raises:
        InFlightError: Another process has it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            stream.seek(0)
            raise InFlightError(stream.read().strip() or JUST_NOW) from error
        stream.truncate(0)
        stream.write(f"{since} (process {os.getpid()})\n")
        stream.flush()
        yield


def holder(path: Path) -> str:
    """Returns since when another process has a lock; empty if nobody has it. Nothing is written."""
    try:
        stream = path.open()
    except FileNotFoundError:
        return ""
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)  # who only looks, hides nobody
        except BlockingIOError:
            return stream.read().strip() or JUST_NOW
    return ""
