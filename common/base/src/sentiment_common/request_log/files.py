"""The files of a request log: their names, their compression, and which are deleted when.

``requests-STARTED-PID-PART.jsonl`` is written by one process, which holds a lock on it; a closed
one becomes ``.jsonl.gz``. ``requests-STARTED-PID.count`` counts what the process was given, in
memory that outlives a killed process.
"""

import contextlib
import fcntl
import gzip
import mmap
import os
import re
import secrets
import shutil
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

NAME = re.compile(r"(requests-\d{8}T\d{6}\.\d{6}Z-\d+)-(\d{6})\.jsonl(\.gz)?")
SALT, SALT_BYTES = "salt", 16
OWNER_ONLY, OWNER_ONLY_FOLDER = 0o600, 0o700
COUNTS = struct.Struct("=3Q")
UNFINISHED, SECONDS_TO_FINISH = ".partial", 3_600


@dataclass(frozen=True, order=True)
class Part:
    """One file of a process.

    Attributes:
        process: What the names of all its files begin with: when it started, and its id.
        number: Place of the file among them, from 0.
        path: The file.
    """

    process: str
    number: int
    path: Path

    @property
    def compressed(self) -> bool:
        """Whether it was closed and compressed."""
        return self.path.suffix == ".gz"


def part_path(folder: Path, process: str, number: int) -> Path:
    """Returns where a process writes its part of a number."""
    return folder / f"{process}-{number:06d}.jsonl"


def parts(folder: Path) -> list[Part]:
    """Lists the files of a log, the oldest process first; of a file and its copy only one."""
    found = {}
    for path in sorted(folder.iterdir(), reverse=True):
        if match := NAME.fullmatch(path.name):
            # The plain file sorts last and is whole, whatever became of its copy.
            found[match[1], int(match[2])] = Part(match[1], int(match[2]), path)
    return sorted(found.values())


def create(path: Path) -> int:
    """Creates a file that its owner alone may read, locked before others can see it.

    Returns:
        Its descriptor, for appending.

    Raises:
        OSError: It cannot be created.
    """
    return _create(path, os.O_WRONLY | os.O_APPEND)


def _create(path: Path, flags: int, prepare: Callable[[int], None] = lambda _: None) -> int:
    unseen = path.with_name(f".{path.name}{UNFINISHED}")
    descriptor = os.open(unseen, flags | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, OWNER_ONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        prepare(descriptor)
        unseen.rename(path)
    except OSError:
        os.close(descriptor)
        unseen.unlink()
        raise
    return descriptor


def written_since(path: Path, moment: float) -> bool:
    """Whether a file was written to after a time, in seconds since 1970; not if it is gone."""
    try:
        return path.stat().st_mtime >= moment
    except FileNotFoundError:
        # It may have been compressed since it was listed, which is writing.
        return path.with_name(f"{path.name}.gz").exists()


def is_written(path: Path) -> bool:
    """Whether a living process writes the file."""
    try:
        with path.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def tidy(folder: Path, keep_bytes: int) -> None:
    """Compresses what is closed and deletes the oldest files above a size.

    Several processes may do so at once. Files that a killed process has left are closed.

    Raises:
        OSError: A file cannot be read, or there is no room for its copy.
    """
    for part in parts(folder):
        if not part.compressed and not is_written(part.path):
            compress(part.path)
    sizes = [(part, size) for part in parts(folder) for size in _size(part.path)]
    total = sum(size for _, size in sizes)
    for part, size in sizes:
        if total > keep_bytes and not is_written(part.path):
            part.path.unlink(missing_ok=True)
            total -= size
    _forget_counts(folder)
    _delete_unfinished(folder)


def compress(path: Path) -> None:
    """Puts a compressed file in the place of a closed one; it is whole or not there.

    Raises:
        OSError: There is no room for both.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}{UNFINISHED}")
    try:
        with (
            path.open("rb") as source,
            os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT, OWNER_ONLY), "wb") as target,
            gzip.GzipFile(filename="", mode="wb", fileobj=target, mtime=0) as packed,
        ):
            shutil.copyfileobj(source, packed, 1 << 20)
        partial.replace(path.with_name(f"{path.name}.gz"))
        path.unlink(missing_ok=True)
    except FileNotFoundError:
        return  # another process was faster
    finally:
        partial.unlink(missing_ok=True)


def _size(path: Path) -> Iterator[int]:
    with contextlib.suppress(FileNotFoundError):
        yield path.stat().st_size


def _forget_counts(folder: Path) -> None:
    known = {part.process for part in parts(folder)}
    for path in folder.glob("requests-*.count"):
        if path.stem not in known and not is_written(path):
            path.unlink(missing_ok=True)


def _delete_unfinished(folder: Path) -> None:
    """Deletes what processes have left that were killed while they wrote it."""
    for path in folder.glob(f".*{UNFINISHED}"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > SECONDS_TO_FINISH:
                path.unlink()


def read_or_make_salt(folder: Path) -> bytes:
    """Returns the secret that all processes of a log hash callers with.

    Raises:
        OSError: It can be neither read nor written.
    """
    path = folder / SALT
    if not path.exists():
        fresh = folder / f".{SALT}.{os.getpid()}{UNFINISHED}"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT, OWNER_ONLY), "wb") as stream:
            stream.write(secrets.token_bytes(SALT_BYTES))
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(fresh)
        fresh.unlink()
    return path.read_bytes()


class Counts:
    """How many entries a process was given and had to drop, kept when it is killed.

    The three numbers lie in mapped memory: the kernel keeps them when the process ends without
    a word, and storing one costs no system call.

    Args:
        path: The file that is mapped.

    Raises:
        OSError: There is no room for it.
    """

    def __init__(self, path: Path) -> None:
        # Locked as long as the process lives, so that no other forgets it.
        self._descriptor = _create(path, os.O_RDWR, self._room)
        self._memory = mmap.mmap(self._descriptor, COUNTS.size)
        self._numbers = memoryview(self._memory).cast("Q")
        self.path = path

    @staticmethod
    def _room(descriptor: int) -> None:
        # A page of a hole in the file, met by a full disk, would end the process.
        os.posix_fallocate(descriptor, 0, COUNTS.size)

    def store(self, given: int, refused: int) -> None:
        """Stores how many were given, and how many of them never entered the queue."""
        self._numbers[0] = given
        self._numbers[1] = refused

    def store_unwritten(self, unwritten: int) -> None:
        """Stores how many left the queue and could not be written."""
        self._numbers[2] = unwritten

    def remove(self) -> None:
        """Deletes the file: the last line of the log says it all."""
        self._numbers.release()
        self._memory.close()
        self.path.unlink(missing_ok=True)
        os.close(self._descriptor)


def read_counts(folder: Path, process: str) -> tuple[int, int] | None:
    """Returns how many entries a process was given and dropped; None if it ended well."""
    try:
        given, refused, unwritten = COUNTS.unpack((folder / f"{process}.count").read_bytes())
    except (FileNotFoundError, struct.error):
        return None
    return given, refused + unwritten
