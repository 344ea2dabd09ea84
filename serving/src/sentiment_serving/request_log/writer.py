"""Writes the request log beside the event loop: handing over an answer costs it no system call."""

import atexit
import errno
import itertools
import os
import threading
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sentiment_common.errors import InputError
from sentiment_common.request_log import files
from sentiment_common.request_log.entry import (
    SCHEMA_VERSION,
    Answered,
    Entry,
    LoggedText,
    entries,
    entry_line,
    to_line,
)
from sentiment_serving.request_log.part import LOGGER, OpenPart

QUEUE_FULL, CLOSED, WRITER_ENDED = "queue full", "closed", "writer ended"
REASONS = {errno.ENOSPC: "disk full", errno.EDQUOT: "disk full", errno.EROFS: "read-only"}
OTHERWISE = "cannot write"
CHUNK_CHARACTERS = 1 << 18


@dataclass(frozen=True)
class LogSettings:
    """What is kept, and for how long.

    Attributes:
        text: ``redacted``, ``none`` (labels and probabilities alone) or ``raw``.
        queue_texts: Texts that wait for the writer; more are dropped and counted.
        queue_characters: The same for their characters.
        flush_seconds: After so long what was answered is on the disk.
        rotate_bytes: Size at which a file is closed.
        rotate_seconds: Age at which a file is closed.
        keep_bytes: Size of the folder above which the oldest closed files are deleted.
    """

    text: LoggedText = "redacted"
    queue_texts: int = 20_000
    queue_characters: int = 20_000_000
    flush_seconds: float = 0.5
    rotate_bytes: int = 64 << 20
    rotate_seconds: float = 3_600.0
    keep_bytes: int = 1 << 30


class RequestLog:
    """The log of one process, written by a thread of its own.

    Args:
        folder: Where the files of all processes lie; made if it is not there.
        settings: What is kept.

    Raises:
        InputError: The folder cannot be written to.
    """

    def __init__(self, folder: Path, settings: LogSettings | None = None) -> None:
        self._settings = settings or LogSettings()
        self._folder = writable(folder)
        started = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        self._process = f"requests-{started}-{os.getpid()}"
        self._queue: deque[tuple[int, Answered, int]] = deque()
        # Each number has one thread that changes it, so that none needs a lock.
        self._given = self._queued = self._queued_characters = 0
        self._taken = self._taken_characters = self._written = 0
        # With every key from the beginning: other threads read them.
        self._refused = Counter(dict.fromkeys((QUEUE_FULL, CLOSED, WRITER_ENDED), 0))
        self._unwritten = Counter(dict.fromkeys((*REASONS.values(), OTHERWISE), 0))
        self._part: OpenPart | None = None
        self._parts, self._salt, self._failing = itertools.count(), b"", ""
        self._counts = self._map_counts()
        self._ending, self._closed = threading.Event(), False
        self._tidying: threading.Thread | None = None
        self._tidy()
        self._writer = threading.Thread(target=self._run, name="request-log", daemon=True)
        self._writer.start()
        atexit.register(self.close)

    def record(self, answered: Answered) -> None:
        """Hands an answer to the writer; never waits and never fails.

        Call it from one thread alone, that of the event loop. Where the queue is full or the log
        is closed, the answer is dropped and counted.
        """
        count, characters = len(answered.texts), sum(map(len, answered.texts))
        first, self._given = self._given, self._given + count
        reason = self._reason_to_refuse(count, characters)
        if reason:
            self._refused[reason] += count
        else:
            self._queued += count
            self._queued_characters += characters
            self._queue.append((first, answered, characters))
        if self._counts and not self._closed:
            self._counts.store(self._given, self._refused.total())

    @property
    def written(self) -> int:
        """Texts that were written."""
        return self._written

    @property
    def dropped(self) -> Mapping[str, int]:
        """Texts that were not written, by reason."""
        return dict(self._refused + self._unwritten)

    def close(self) -> None:
        """Writes what waits and ends the files; answers handed over later are dropped."""
        if not self._closed:
            self._closed = True
            atexit.unregister(self.close)
            self._ending.set()
            self._writer.join()
            if self._tidying:
                self._tidying.join()

    def _reason_to_refuse(self, count: int, characters: int) -> str:
        if self._closed:
            return CLOSED
        if not self._writer.is_alive():
            return WRITER_ENDED
        texts = self._queued - self._taken + count
        size = self._queued_characters - self._taken_characters + characters
        full = texts > self._settings.queue_texts or size > self._settings.queue_characters
        return QUEUE_FULL if full else ""

    def _map_counts(self) -> files.Counts | None:
        try:
            return files.Counts(self._folder / f"{self._process}.count")
        except OSError as error:
            LOGGER.warning("losses of a killed process will not be counted: %s", error.strerror)
            return None

    def _run(self) -> None:
        while not self._ending.wait(self._settings.flush_seconds):
            self._flush()
        self._flush()
        self._finish()

    def _flush(self) -> None:
        """Writes what waits now to the disk."""
        before = self._written
        for chunk in self._chunks(len(self._queue)):
            self._attempt(chunk)
        if self._part and self._written > before:
            self._part.sync()
        if self._part and self._part.age > self._settings.rotate_seconds:
            self._rotate()

    def _chunks(self, count: int) -> Iterator[list[Entry]]:
        chunk: list[Entry] = []
        size = 0
        for _ in range(count):
            first, answered, characters = self._queue.popleft()
            self._taken += len(answered.texts)
            self._taken_characters += characters
            self._salt = self._salt or self._read_salt()
            chunk += entries(first, answered, self._settings.text, self._salt)
            size += characters
            if size > CHUNK_CHARACTERS:
                yield chunk
                chunk, size = [], 0
        if chunk:
            yield chunk

    def _attempt(self, chunk: list[Entry]) -> None:
        try:
            self._write(b"".join(map(entry_line, chunk)))
        except OSError as error:
            reason = REASONS.get(error.errno or 0, OTHERWISE)
            self._unwritten[reason] += len(chunk)
            if self._counts:
                self._counts.store_unwritten(self._unwritten.total())
            if reason != self._failing:
                LOGGER.warning("the request log drops entries: %s", reason)
            self._failing = reason
            return
        self._written += len(chunk)
        if self._failing:
            LOGGER.warning("the request log goes on after dropping %s", dict(+self._unwritten))
        self._failing = ""

    def _write(self, data: bytes) -> None:
        if self._part and self._part.size + len(data) > self._settings.rotate_bytes:
            self._rotate()
        if not self._part:
            self._part = self._begin()
        self._part.append(data)

    def _begin(self) -> OpenPart:
        number = next(self._parts)
        part = OpenPart(files.part_path(self._folder, self._process, number))
        begin = {"process": self._process, "part": number, "text_kept": self._settings.text}
        try:
            part.append(self._mark("begin", **begin))
        except OSError:
            part.discard()
            raise
        return part

    def _rotate(self) -> None:
        if self._part:
            self._end(closed=False)
            self._tidy()

    def _finish(self) -> None:
        """Ends the last file; without that, the counts stay and tell what is missing."""
        if (self._counts and self._written + sum(self.dropped.values()) == 0) or (
            self._part and self._end(closed=True) and self._counts
        ):
            self._counts.remove()

    def _end(self, *, closed: bool) -> bool:
        part, self._part = self._part, None
        if part is None:
            return False
        try:
            part.append(self._mark("end", given=self._given, closed=closed))
            part.sync()
        except OSError as error:
            LOGGER.warning("the request log has no room for its last line: %s", error.strerror)
            return False
        finally:
            part.close()
        return True

    def _mark(self, mark: str, **fields: object) -> bytes:
        state = {"schema": SCHEMA_VERSION, "mark": mark, "written": self._written}
        return to_line({**state, "dropped": self.dropped, **fields})

    def _read_salt(self) -> bytes:
        try:
            return files.read_or_make_salt(self._folder)
        except OSError as error:
            LOGGER.warning("callers cannot be hashed and are left out: %s", error.strerror)
            return b""

    def _tidy(self) -> None:
        if not (self._tidying and self._tidying.is_alive()):
            self._tidying = threading.Thread(
                target=_tidied, args=(self._folder, self._settings.keep_bytes), daemon=True
            )
            self._tidying.start()


def _tidied(folder: Path, keep_bytes: int) -> None:
    try:
        files.tidy(folder, keep_bytes)
    except OSError as error:
        LOGGER.warning("closed files of the request log stay as they are: %s", error.strerror)


def writable(folder: Path) -> Path:
    """Makes the folder of a log if it is not there, and returns its absolute path.

    Raises:
        InputError: It cannot be made or written to.
    """
    try:
        folder.mkdir(mode=files.OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"no folder for the request log ({error.strerror})", where=str(folder)
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(
            "the request log cannot be written here", where=str(folder),
            mend="let the service's user write to it, or name another folder",
        )  # fmt: skip
    return folder.absolute()
