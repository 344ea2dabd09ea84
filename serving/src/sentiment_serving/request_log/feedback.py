"""Writes feedback beside the event loop, and reads what all workers of a log have written."""

import atexit
import itertools
import os
import threading
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sentiment_common.request_log import Feedback, files
from sentiment_common.request_log.entry import to_line
from sentiment_common.request_log.feedback import FILES, feedback_fields, parse_lines
from sentiment_serving.request_log.part import LOGGER, OpenPart
from sentiment_serving.schemas import MAX_RECORDS

MOST_WAITING = MAX_RECORDS
READ_AT_ONCE = 1 << 20
"""Bytes: parsing more would hold up the requests beside it."""
FLUSH_SECONDS = 0.5
ROTATE_BYTES, KEEP_BYTES = 16 << 20, 512 << 20


class FeedbackLog:
    """The feedback that one process was given, written by a thread of its own.

    Files are closed at 16 MiB; above 512 MiB the oldest closed ones are deleted.

    Args:
        folder: That of the request log.
        flush_seconds: After so long what was given is on the disk.
    """

    def __init__(self, folder: Path, flush_seconds: float = FLUSH_SECONDS) -> None:
        self._folder, self._flush_seconds = folder, flush_seconds
        started = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        self._names = (
            folder / f"feedback-{started}-{os.getpid()}-{number:06d}.jsonl"
            for number in itertools.count()
        )
        self._queue: deque[Feedback] = deque()
        self._part: OpenPart | None = None
        # Each number has one thread that changes it, so that none needs a lock.
        self.written, self.lost = 0, 0
        self._failing = ""
        self._ending = threading.Event()
        self._writer = threading.Thread(target=self._run, name="feedback", daemon=True)
        self._writer.start()
        atexit.register(self.close)

    def record(self, given: Sequence[Feedback]) -> bool:
        """Hands feedback to the writer; never waits.

        Returns:
            Whether there was room for it: for all or for none.
        """
        if len(self._queue) + len(given) > MOST_WAITING or self._ending.is_set():
            return False
        self._queue.extend(given)
        return True

    def close(self) -> None:
        """Writes what waits and closes the file."""
        if not self._ending.is_set():
            atexit.unregister(self.close)
            self._ending.set()
            self._writer.join()

    def _run(self) -> None:
        while not self._ending.wait(self._flush_seconds):
            self._flush()
        self._flush()
        if self._part:
            self._part.close()

    def _flush(self) -> None:
        waiting = [self._queue.popleft() for _ in range(len(self._queue))]
        if not waiting:
            return
        try:
            self._write(b"".join(to_line(feedback_fields(each)) for each in waiting))
        except OSError as error:
            self.lost += len(waiting)
            if not self._failing:
                LOGGER.error("feedback is lost: %s", error.strerror)
            self._failing = str(error)
            return
        self.written += len(waiting)
        self._failing = ""

    def _write(self, data: bytes) -> None:
        if self._part and self._part.size + len(data) > ROTATE_BYTES:
            self._part.close()
            self._part = None
            _delete_oldest(self._folder)
        if not self._part:
            self._part = OpenPart(next(self._names))
        self._part.append(data)
        self._part.sync()


def _delete_oldest(folder: Path) -> None:
    found = sorted(folder.glob(FILES))
    total = sum(path.stat().st_size for path in found)
    for path in found:
        if total > KEEP_BYTES and not files.is_written(path):
            total -= path.stat().st_size
            path.unlink(missing_ok=True)


class FeedbackReader:
    """Reads feedback as all processes write it, from now on.

    Args:
        folder: That of the request log.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read = {path: path.stat().st_size for path in folder.glob(FILES)}

    def fresh(self) -> list[Feedback]:
        """Returns what has come since the last time; of a flood only the first MiB.

        Raises:
            InputError: A line is damaged.
        """
        found: list[Feedback] = []
        left = READ_AT_ONCE
        for path in sorted(self._folder.glob(FILES)):
            begin = self._read.get(path, 0)
            try:
                if path.stat().st_size == begin:
                    continue
                with path.open("rb") as stream:
                    stream.seek(begin)
                    lines = stream.read(left)
            except FileNotFoundError:
                continue  # the oldest are deleted
            left -= len(lines)
            whole = lines.rpartition(b"\n")[0]
            if whole:
                self._read[path] = begin + len(whole) + 1
                found += parse_lines(whole.split(b"\n"), path)
        return found
