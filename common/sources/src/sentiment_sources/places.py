"""Where sources lie, and how their files are opened."""

import glob
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from sentiment_common.artifacts import Source, file_sha256
from sentiment_common.errors import InputError
from sentiment_sources.content import Content


def find_files(uri: str) -> list[Path]:
    """Returns the files that a path or a pattern names, sorted by name.

    Raises:
        InputError: There are none, or one is a folder.
    """
    path = Path(uri)
    # A file whose name holds "[" is itself before it is a pattern.
    files = [path] if path.exists() else [Path(name) for name in _matches(uri)]
    if not files:
        raise InputError("no such file", where=uri, mend="check --source")
    for file in files:
        if file.is_dir():
            raise InputError("a folder", where=str(file), mend=f"give a glob: {file}/*.csv")
    return files


def contents(uri: str) -> Iterator[tuple[Content, Source]]:
    """Yields the files of a source, each with what lineage is to know of it."""
    for path in find_files(uri):
        source = Source(str(path.absolute()), file_sha256(path), path.stat().st_size)
        yield Content(path.name, str(path), partial(path.open, "rb"), path), source


def _matches(uri: str) -> list[str]:
    return sorted(glob.glob(uri, recursive=True))  # noqa: PTH207 (it takes no absolute path)
