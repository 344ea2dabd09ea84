"""Whether the machine's memory is enough: said before reading, and before it is too late."""

import glob
import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from sentiment_common.errors import InputError
from sentiment_sources import Record, SourceSpec

ROW_BYTES, CHARACTER_BYTES = 700, 4
"""What a row takes at the height of the search for near-duplicates, beside each character of its
text: fitted to benchmarks/scale.py with short and long texts."""
FILE_FACTOR = 10
"""The same by bytes of a text file of short rows."""
BATCH = 1 << 15
"""Rows between two looks at what they will take."""
MEND = "read increments with --since auto, or take a machine with more memory"
MEMINFO = Path("/proc/meminfo")
LIMITS = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ),
)
logger = logging.getLogger(__name__)


def available_memory() -> int:
    """Returns the bytes that this process may still take: of the machine, or of its container."""
    free = [_of_machine()]
    for limit, used in LIMITS:
        if limit.is_file() and used.is_file() and (text := limit.read_text().strip()).isdigit():
            free.append(int(text) - int(used.read_text()))
    return min(free)


def warn_of_size(specs: Iterable[SourceSpec], available: int) -> None:
    """Says before anything is read that files on this machine may be too large for it."""
    size = sum(path.stat().st_size for spec in specs for path in _files(spec.uri))
    need = FILE_FACTOR * size
    if need > available:
        logger.warning(
            "%s of files may take %s of memory, and %s are free: %s",
            _shown(size), _shown(need), _shown(available), MEND,
        )  # fmt: skip


def watched(records: Iterable[Record], available: int) -> Iterator[Record]:
    """Yields records as long as the rows so far will fit into memory.

    Raises:
        InputError: They will not: this is known long before they have all been compared.
    """
    characters = 0
    for rows, record in enumerate(records, start=1):
        text = record.values.get("text")
        characters += len(text) if isinstance(text, str) else 0
        if rows % BATCH == 0:
            need = ROW_BYTES * rows + CHARACTER_BYTES * characters
            if need > available:
                raise InputError(
                    f"{rows:,} rows and more, which take {_shown(need)} of memory where "
                    f"{_shown(available)} are free",
                    where=record.place,
                    mend=MEND,
                )
        yield record


def _of_machine() -> int:
    if MEMINFO.is_file():
        for line in MEMINFO.read_text().splitlines():
            name, _, value = line.partition(":")
            if name == "MemAvailable":
                return int(value.split()[0]) * 1024
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _files(uri: str) -> list[Path]:
    if "://" in uri or "\0" in uri:
        return []
    names = [uri, *glob.iglob(uri, recursive=True)]  # noqa: PTH207 (it takes no absolute path)
    return [path for name in dict.fromkeys(names) if (path := Path(name)).is_file()]


def _shown(size: float) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e8 else f"{size / 1e6:,.1f} MB"
