"""Where the workers of a server leave their windows for each other.

A file for each worker, replaced whole. Its slices carry their own times: what a worker has counted
stays true after it has died, until no window reaches it any more, and its successor takes it over.
"""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sentiment_serving.signals.windows import Content

FILES = "signals_*.json"
Contents = Mapping[str, Content]
"""By model its windows."""


class Board:
    """The windows of all workers.

    Args:
        folder: Where they are; None for a server of one process, which keeps its own in memory.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._published: Contents = {}

    def publish(self, contents: Contents) -> None:
        """Leaves what this worker has counted.

        Raises:
            OSError: The folder cannot be written.
        """
        if self._folder is None:
            self._published = json.loads(json.dumps(contents))
            return
        own = self._folder / f"signals_{os.getpid()}.json"
        fresh = own.with_suffix(".new")
        fresh.write_text(json.dumps(contents, separators=(",", ":")), encoding="utf-8")
        fresh.replace(own)

    def all(self, model: str) -> list[Content]:
        """Returns what each worker has counted of a model."""
        everybody = [self._published] if self._folder is None else self._read(self._folder)
        return [contents[model] for contents in everybody if model in contents]

    def inherit(self) -> list[dict[str, Any]]:
        """Returns what workers have left that are no more; nobody else gets it again."""
        if self._folder is None:
            return []
        found = []
        for path in self._folder.glob(FILES):
            pid = int(path.stem.rpartition("_")[2])
            if pid != os.getpid() and _is_alive(pid):
                continue
            mine = path.with_suffix(f".{os.getpid()}")
            # Of several new workers only one gets to rename it.
            with contextlib.suppress(FileNotFoundError):
                path.rename(mine)
                found.append(json.loads(mine.read_text(encoding="utf-8")))
                mine.unlink()
        return found

    @staticmethod
    def _read(folder: Path) -> Iterator[Contents]:
        for path in folder.glob(FILES):
            with contextlib.suppress(FileNotFoundError):
                yield json.loads(path.read_text(encoding="utf-8"))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's
    return True
