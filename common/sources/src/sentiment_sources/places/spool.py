"""Files from afar are copied to this machine first.

They are read twice, to be recognized and to be read; lineage wants their digest before the first
row; and a connection that is cut in the middle must not end in half the rows.
"""

import contextlib
import hashlib
import io
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO, TypeVar
from urllib.parse import unquote, urlsplit

from sentiment_common.artifacts import Source
from sentiment_common.errors import InputError
from sentiment_sources.content import Content
from sentiment_sources.places.failures import CutOffError, explained, is_transient
from sentiment_sources.places.local import opener
from sentiment_sources.secrets import Secrets

PAUSES = (0.5, 2.0, 8.0)
"""Seconds before the second try of a transient failure, the third, ..."""
SECONDS_BETWEEN_LINES = 5.0
ROOM_TO_SPARE = 64 * 1024 * 1024
"""Bytes to leave free on the disk."""
TIMEOUT = "SENTIMENT_SOURCE_TIMEOUT"
"""Environment variable: seconds of silence after which a server is given up."""
logger = logging.getLogger(__name__)
T = TypeVar("T")


def timeout() -> float:
    """Returns how many seconds a server may be silent.

    Raises:
        InputError: The environment variable is no number above 0.
    """
    given = os.environ.get(TIMEOUT, "60")
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0
    if not seconds > 0:
        raise InputError(f"{given!r} is no number of seconds", where=TIMEOUT, mend="e.g. 60")
    return seconds


class Sink(io.RawIOBase):
    """Receives a file: writes, digests and counts it, and says how far it is.

    Attributes:
        size: Bytes received.
        expected: Bytes announced; None if they are not known.
    """

    def __init__(self, stream: BinaryIO, place: str) -> None:
        self.size = 0
        self.expected: int | None = None
        self._stream, self._place = stream, place
        self._digest, self._said = hashlib.sha256(), time.monotonic()

    def expect(self, size: int | None) -> None:
        """Takes note of the announced size.

        Raises:
            InputError: The disk has not that much room.
        """
        self.expected = size
        folder = tempfile.gettempdir()
        free = shutil.disk_usage(folder).free
        if size is not None and size + ROOM_TO_SPARE > free:
            raise InputError(
                f"{size:,} bytes do not fit on the disk: {free:,} are free in {folder}",
                where=self._place,
                mend="free some space, or let TMPDIR name a larger disk",
            )

    def write(self, chunk: bytes) -> int:  # type: ignore[override]
        """Takes the next bytes."""
        self._stream.write(chunk)
        self._digest.update(chunk)
        self.size += len(chunk)
        if time.monotonic() > self._said + SECONDS_BETWEEN_LINES:
            self._said = time.monotonic()
            whole = f" of {self.expected:,}" if self.expected else ""
            logger.info("%s: %s%s bytes", self._place, f"{self.size:,}", whole)
        return len(chunk)

    def source(self) -> Source:
        """Returns what lineage is to know of the file.

        Raises:
            CutOffError: Fewer or more bytes came than were announced.
        """
        if self.expected is not None and self.size != self.expected:
            raise CutOffError(f"{self.size:,} of {self.expected:,} bytes")
        return Source(self._place, self._digest.hexdigest(), self.size)


@contextlib.contextmanager
def spooled(
    uri: str,
    download: Callable[[Sink], None],
    secrets: Secrets,
    pauses: Sequence[float] | None = None,
) -> Iterator[tuple[Content, Source]]:
    """Copies a file to this machine for as long as the context lasts.

    Args:
        uri: Where it is.
        download: Writes the file to the sink it is given; it is called again after a transient
            failure, with a new one.
        secrets: What to hide in the address and in messages.
        pauses: Seconds to wait before each further try; ``PAUSES`` if None.

    Raises:
        InputError: The file cannot be had.
    """
    place = secrets.hide(uri)
    # Removed at the latest when the interpreter ends, which SIGTERM makes it do.
    with tempfile.TemporaryDirectory(prefix="sentiment-sources-") as folder:
        path = Path(folder) / "file"

        def attempt() -> Source:
            with path.open("wb") as stream:
                sink = Sink(stream, place)
                download(sink)
                return sink.source()

        logger.info("fetching %s", place)
        source = retried(attempt, uri, secrets, pauses)
        yield Content(name_of(uri), place, opener(path), path), source


def name_of(uri: str) -> str:
    """Returns the name of the file that an address leads to; ``index`` if it says none."""
    _, _, behind = uri.partition("://")
    path = unquote(urlsplit(uri).path) if uri.lower().startswith("http") else behind
    return PurePosixPath(path).name or "index"


def retried(
    attempt: Callable[[], T],
    uri: str,
    secrets: Secrets,
    pauses: Sequence[float] | None = None,
) -> T:
    """Calls a function again after transient failures.

    Args:
        attempt: What to try.
        uri: What it is about.
        secrets: What to hide in messages.
        pauses: Seconds to wait before each further try; ``PAUSES`` if None.

    Raises:
        InputError: It failed for good; the message explains it.
    """
    for pause in (*(PAUSES if pauses is None else pauses), None):
        try:
            return attempt()
        except Exception as error:
            told = explained(error, uri, timeout())
            if isinstance(told, InputError):
                told = secrets.hidden(told)
            if pause is None or not is_transient(error):
                raise told from error
            what = told.what if isinstance(told, InputError) else type(error).__name__
            logger.warning("%s: %s: trying again in %g s", secrets.hide(uri), what, pause)
            time.sleep(pause)
    raise AssertionError("the last attempt returns or raises")
