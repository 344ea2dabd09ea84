"""The request log by the bytes of its lines: what is looked for is found before JSON is read.

A log of a million texts is half a gigabyte, and reading its JSON takes most of the time. Of one
request it has a few lines, and those alone are read.
"""

import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from sentiment_common.errors import InputError
from sentiment_common.request_log import files
from sentiment_common.request_log.feedback import FILES as FEEDBACK

BLOCK = 1 << 20
Watch = Callable[[int, int], None]
"""Is told of how many bytes of how many are read."""


def unwatched(done: int, total: int) -> None:
    """Tells nobody."""


@dataclass
class Account:
    """What a scan could not read.

    Attributes:
        broken: Files that could not be read to their end.
        lines: Lines that are no lines of a log.
        cut: Last lines that break off: their process was killed, or is writing them.
    """

    broken: list[str] = field(default_factory=list)
    lines: int = 0
    cut: int = 0

    @property
    def told(self) -> list[str]:
        """What is to be said of it, a sentence each."""
        said = [f"{name} of the log is damaged and was read in part" for name in self.broken]
        counts = (self.lines, "damaged"), (self.cut, "cut short")
        return said + [
            f"lines of the log that are {it}: {count:,}" for count, it in counts if count
        ]


def requests(folder: Path) -> list[Path]:
    """Lists the files of a request log, the oldest process first.

    Raises:
        InputError: There is none.
    """
    found = [part.path for part in files.parts(folder)] if folder.is_dir() else []
    if not found:
        raise InputError(
            "no request log here", where=str(folder),
            mend="name its folder: LOG=; `make serve` keeps one",
        )  # fmt: skip
    return found


def feedback(folder: Path) -> list[Path]:
    """Lists the files with the feedback of a log; there may be none."""
    return sorted(folder.glob(FEEDBACK))


def holding(
    paths: Sequence[Path], needle: bytes, account: Account, watch: Watch = unwatched
) -> Iterator[dict[str, Any]]:
    """Yields the lines that hold some bytes, as the fields of their JSON.

    Args:
        paths: The files, compressed or not; what was deleted meanwhile is passed over.
        needle: The bytes; all lines hold none.
        account: Is filled while lines are read.
        watch: Is told how far it is, after each file.
    """
    sizes = [_size(path) for path in paths]
    for number, path in enumerate(paths, start=1):
        for block in _blocks(path, account):
            if needle in block:
                for line in block.split(b"\n"):
                    if needle in line and (fields := _parsed(line, account)):
                        yield fields
        watch(sum(sizes[:number]), sum(sizes))


def _blocks(path: Path, account: Account) -> Iterator[bytes]:
    """Yields whole lines, some thousand at a time."""
    rest = b""
    try:
        with _opened(path) as stream:
            while block := stream.read(BLOCK):
                whole, newline, rest = (rest + block).rpartition(b"\n")
                if newline:
                    yield whole
        account.cut += bool(rest)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        account.broken.append(path.name)


def _opened(path: Path) -> BinaryIO:
    """Opens a file, which may have been compressed or deleted since it was listed."""
    packed = path if path.suffix == ".gz" else path.with_name(f"{path.name}.gz")
    try:
        return cast(BinaryIO, gzip.open(path)) if path == packed else path.open("rb")
    except FileNotFoundError:
        return cast(BinaryIO, gzip.open(packed)) if packed.exists() else io.BytesIO()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _parsed(line: bytes, account: Account) -> dict[str, Any] | None:
    try:
        fields = json.loads(line)
    except ValueError:
        fields = None
    if isinstance(fields, dict):
        return fields
    account.lines += 1
    return None
