"""Files on this machine."""

import glob
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

from sentiment_common.artifacts import Source, file_sha256
from sentiment_common.errors import InputError
from sentiment_sources.content import Content
from sentiment_sources.secrets import Secrets


def files(uri: str, secrets: Secrets) -> Iterator[tuple[Content, Source]]:
    """Yields the files that a path or a pattern names.

    Raises:
        InputError: There are none, one is a folder, cannot be read, or changes while it is.
    """
    _, separator, address = uri.partition("://")
    for path in find_files(unquote(address) if separator else uri):
        before = _state(path)
        try:
            digest = file_sha256(path)
        except OSError as error:
            raise InputError(
                f"cannot be read ({error.strerror})", where=str(path), mend="check the file"
            ) from error
        source = Source(secrets.hide(str(path.absolute())), digest, before[0])
        yield Content(path.name, secrets.hide(str(path)), opener(path), path), source
        if _state(path) != before:
            raise changed(str(path))


def opener(path: Path) -> Callable[[], BinaryIO]:
    """Returns what opens a file from its beginning."""

    def opened() -> BinaryIO:
        return path.open("rb")

    return opened


def find_files(pattern: str) -> list[Path]:
    """Returns the files that a path or a pattern names, sorted by name.

    Raises:
        InputError: There are none, they cannot be looked for, or one is a folder or a pipe.
    """
    try:
        return _files(pattern)
    except OSError as error:
        raise InputError(
            f"cannot be looked for ({error.strerror})", where=pattern, mend="check --source"
        ) from error


def _files(pattern: str) -> list[Path]:
    path = Path(pattern)
    # A file whose name holds "[" is itself before it is a pattern.
    found = [path] if path.exists() else _matches(pattern)
    if not found:
        raise InputError("no such file", where=pattern, mend="check --source")
    if path.is_dir():
        raise InputError("a folder", where=pattern, mend=f"give a glob: {path}/*.csv")
    files = [file for file in found if not file.is_dir()]
    if not files:
        raise InputError("only folders", where=pattern, mend=f"give a glob: {found[0]}/*.csv")
    for file in files:
        if file.exists() and not file.is_file():
            raise InputError(
                "no regular file: it could be read only once, and is read twice",
                where=str(file),
                mend="write what comes out of it to a file",
            )
    return files


def changed(place: str) -> InputError:
    """Returns the error for a file that is not what it was when it was first looked at."""
    return InputError(
        "changed while it was read", where=place, mend="run it again when nobody writes to it"
    )


def _state(path: Path) -> tuple[int, int]:
    """Returns size and time of change in nanoseconds; of a file that is gone, minus one."""
    try:
        status = path.stat()
    except OSError:
        return -1, -1
    return status.st_size, status.st_mtime_ns


def _matches(pattern: str) -> list[Path]:
    """Returns what a pattern matches; what several names lead to, through links, by the first."""
    names = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 (it takes no absolute path)
    first = {os.path.realpath(name): name for name in reversed(names)}
    return [Path(name) for name in sorted(first.values())]
