"""How far it is: a bar on a terminal, elsewhere a line now and then."""

import glob
import logging
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path, PurePath
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from sentiment_sources import SourceSpec

FIRST_SECONDS, SECONDS = 5, 10
SAMPLE = 1 << 20
TEXT_FORMATS = (".csv", ".tsv", ".jsonl", ".ndjson")
logger = logging.getLogger(__name__)


def expected_rows(specs: Sequence[SourceSpec]) -> int:
    """Returns about how many rows there are; 0 if that cannot be told before reading them.

    Parquet files know; of text files on this machine the first megabyte tells how long a line is.
    """
    found = [_rows_of(path) for spec in specs for path in local_files(spec.uri)]
    complete = all(local_files(spec.uri) for spec in specs) and all(found)
    return sum(found) if complete else 0


def local_files(uri: str) -> list[Path]:
    """Returns the files on this machine that a path or a pattern names, sorted by name."""
    if Path(uri).is_file():
        return [Path(uri)]
    names = sorted(glob.glob(uri, recursive=True))  # noqa: PTH207 (it takes no absolute path)
    return [Path(name) for name in names]


def _rows_of(path: Path) -> int:
    extension = PurePath(path).suffix.lower()
    try:
        if extension == ".parquet":
            return int(pq.read_metadata(path).num_rows)
        if extension not in TEXT_FORMATS:
            return 0
        with path.open("rb") as stream:
            sample = stream.read(SAMPLE)
    except (OSError, pa.ArrowException):
        return 0  # the reader says what is wrong with it
    lines = sample.count(b"\n")
    return round(path.stat().st_size * lines / len(sample)) if lines else 0


class Progress:
    """Counts rows and says how many a second, and how long it still takes; a context manager.

    Args:
        expected: About how many rows there are; 0 if nobody knows.
        now: The clock, in seconds.
    """

    def __init__(self, expected: int, now: Callable[[], float] = time.monotonic) -> None:
        self.done = self.before = 0
        self.expected, self._now = expected, now
        self._begun = self._told = now()
        self._lock = threading.Lock()
        self._open = ExitStack()
        self._bar = tqdm(
            total=expected or None, unit="row", unit_scale=True, dynamic_ncols=True,
            disable=not sys.stderr.isatty(), file=sys.stderr,
        )  # fmt: skip

    @property
    def seconds(self) -> float:
        """Seconds since it began."""
        return self._now() - self._begun

    def found(self, rows: int) -> None:
        """Counts rows that a run before has done."""
        with self._lock:
            self.before += rows
            self._bar.update(rows)

    def add(self, rows: int) -> None:
        """Counts rows; may be called in any thread."""
        with self._lock:
            self.done += rows
            self._bar.update(rows)
            wanted = FIRST_SECONDS if self._told == self._begun else SECONDS
            if self._bar.disable and self._now() - self._told >= wanted:
                self._told = self._now()
                logger.info("%s", self.line())

    def line(self) -> str:
        """Returns what is to be said of it, in one line."""
        rows, rate = self.before + self.done, self.done / max(self.seconds, 1e-9)
        # An estimate that was too low is none: the rest is not known.
        known = rows < self.expected
        told = f"{rows:,} rows"
        if known:
            told = f"{rows:,} of about {self.expected:,} rows ({rows / self.expected:.0%})"
        if not self.done:
            return told
        left = f", {_duration((self.expected - rows) / rate)} left" if known else ""
        return f"{told}, {rate:,.0f} rows/s{left}"

    def __enter__(self) -> Self:
        """Lets log lines stand above the bar, where there is one."""
        if not self._bar.disable:
            self._open.enter_context(logging_redirect_tqdm())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Ends the bar."""
        self._bar.close()
        self._open.close()


def _duration(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
