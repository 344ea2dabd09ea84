"""A file of a log that one process writes: it holds whole lines alone, whatever fails."""

import logging
import os
import time
from pathlib import Path

from sentiment_common.request_log import files

LOGGER = logging.getLogger("sentiment_serving.request_log")


class OpenPart:
    """An open file.

    Args:
        path: Where it is made; others see it once it is locked.

    Raises:
        OSError: It cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.size = path, 0
        self._opened = time.monotonic()
        self._descriptor = files.create(path)

    @property
    def age(self) -> float:
        """Seconds since it was made."""
        return time.monotonic() - self._opened

    def append(self, data: bytes) -> None:
        """Writes lines, all of them or none."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            os.ftruncate(self._descriptor, self.size)
            raise
        self.size += len(data)

    def sync(self) -> None:
        """Waits until the disk has it."""
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            LOGGER.warning("the disk does not confirm the request log: %s", error.strerror)

    def close(self) -> None:
        """Closes the file and gives up its lock."""
        os.close(self._descriptor)

    def discard(self) -> None:
        """Closes the file and deletes it."""
        self.path.unlink(missing_ok=True)
        self.close()
