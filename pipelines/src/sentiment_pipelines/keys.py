"""When two tasks are the same piece of work: the parts of a task's key, and how two keys differ.

A task is reused when all parts are equal. kfp.local's own cache knows neither the code nor the
content of artifacts, and a file that changed in place under its old name is the same to it.
"""

import glob
import hashlib
import json
import os
import platform
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sentiment_common.addresses import NAMED, SEPARATOR
from sentiment_common.artifacts import file_sha256
from sentiment_common.code import source_files
from sentiment_pipelines.environments import ROOT, Room

UNKNOWN_CONTENT = "unknown"
"""Stands for what is read from an address: nobody knows whether it is still the same."""


@dataclass(frozen=True)
class Key:
    """Everything that decides what a task gives.

    Attributes:
        image: Image it runs in.
        interface: Digest of its command line, placeholders included.
        parameters: Its parameters.
        files: Digest of the content behind each parameter that names a file, folder or pattern.
        inputs: Digest of each input artifact.
        code: SHA-256 of each source file that runs.
        lock: SHA-256 of the lock that its environment is made from.
        python: Version of the interpreter; empty if it is that of a container.
        container: Digest of all that its container's image is made of; empty for a process.
    """

    image: str
    interface: str
    parameters: Mapping[str, Any]
    files: Mapping[str, str]
    inputs: Mapping[str, str]
    code: Mapping[str, str]
    lock: str
    python: str
    container: str = ""

    @cached_property
    def digest(self) -> str:
        """Hexadecimal SHA-256 over all parts."""
        parts = asdict(self)
        if not self.container:
            del parts["container"]  # what was made before there were any stays known
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    @property
    def reads_addresses(self) -> bool:
        """Whether a parameter is an address whose content nobody has looked at."""
        return UNKNOWN_CONTENT in self.files.values()


@dataclass(frozen=True)
class Identity:
    """What a task runs: its code, its lock, and its interpreter or the image that has one.

    No container's work is taken for a process' or the other way round: interpreter and system
    libraries are others.
    """

    code: Mapping[str, str]
    lock: str
    python: str
    container: str = ""


def identity(room: Room) -> Identity:
    """Returns what a component's environment runs, read from its sources and its lock."""
    code: dict[str, str] = {}
    for package in room.local_packages:
        for folder in sorted((package / "src").iterdir()):
            if (folder / "__init__.py").is_file():
                at = folder.parent.relative_to(ROOT).as_posix()
                code.update({f"{at}/{name}": sha for name, sha in source_files(folder).items()})
    return Identity(code, file_sha256(room.lock), platform.python_version())


def key(
    image: str,
    interface: str,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, str],
    what: Identity,
) -> Key:
    """Returns the key of a task.

    Args:
        image: Image it runs in.
        interface: Digest of its command line.
        parameters: Its parameters; those that name a file or folder here count by content.
        inputs: Digest of each input artifact.
        what: The code it runs.
    """
    files = {
        name: found
        for name, value in parameters.items()
        if isinstance(value, str) and (found := content_digest(value))
    }
    return Key(
        image, interface, dict(parameters), files, dict(inputs), what.code, what.lock, what.python,
        what.container,
    )  # fmt: skip


def content_digest(value: str) -> str | None:
    """Digests what a parameter names.

    Args:
        value: A parameter: a path, a pattern of paths, an address, several of them as a source has
            them (``NAME=PATH | PATH``), or any other text.

    Returns:
        The digest of the file's, folder's or matching files' content; ``unknown`` for an address,
        also one that an environment variable holds, or a file that lists sources; None for any
        other text.
    """
    if "://" in value or "${" in value:
        return UNKNOWN_CONTENT
    if found := _file_digest(value):
        return found
    if len(parts := [part for part in SEPARATOR.split(value) if part.strip()]) > 1:
        digests = [content_digest(part.strip()) for part in parts]
        if UNKNOWN_CONTENT in digests:
            return UNKNOWN_CONTENT
        return _digest(map(str, digests)) if any(digests) else None
    named = NAMED.fullmatch(value.strip())
    return _file_digest(named["uri"]) if named else None


def _file_digest(value: str) -> str | None:
    path = Path(value)
    # Tasks run in folders of their own: only an absolute path names a file.
    if "\0" in value or not path.is_absolute():
        return None
    # Unlike Path's own, these take a text that is longer than a name can be.
    if os.path.isfile(path):  # noqa: PTH113
        return UNKNOWN_CONTENT if _lists_sources(path) else file_sha256(path)
    found = _files_below(path) if os.path.isdir(path) else _matching(path)  # noqa: PTH112
    listing = [f"{name}\0{file_sha256(file)}" for name, file in found]
    return _digest(listing) if listing else None


def _lists_sources(path: Path) -> bool:
    """Tells whether a file names others as sources, whose content nobody has looked at."""
    if path.suffix.lower() != ".toml":
        return False
    try:
        return "source" in tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return True  # its reader says what is wrong with it


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def _files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path


def _matching(pattern: Path) -> Iterator[tuple[str, Path]]:
    # As those that read sources match them, where ``**`` may stand beside other signs.
    for name in sorted(glob.glob(str(pattern), recursive=True)):  # noqa: PTH207
        if Path(name).is_file():
            yield name, Path(name)


def changes(old: Key, new: Key) -> list[str]:
    """Says in words in what two keys differ; nothing if they are the same."""
    found = [
        f"parameter {name}: {_shown(before)} → {_shown(after)}"
        for name, before, after in _differing(old.parameters, new.parameters)
    ]
    found += [
        f"the content of {name} ({new.parameters[name]}) changed"
        for name, before, after in _differing(old.files, new.files)
        if before is not None and after is not None
    ]
    if new.reads_addresses:
        found.append("it reads from an address: what lies there may have changed")
    found += [
        f"input {name} {'is new' if before is None else 'changed'}"
        for name, before, after in _differing(old.inputs, new.inputs)
    ]
    code = [name for name, _, _ in _differing(old.code, new.code)]
    if code:
        more = f" and {len(code) - 1} more" if len(code) > 1 else ""
        found.append(f"code changed: {code[0]}{more}")
    found += _moves(old, new)
    if old.interface != new.interface and old.image == new.image:
        found.append("its command line changed")
    return found


def _moves(old: Key, new: Key) -> Iterator[str]:
    """Yields what changed around the code."""
    if old.image != new.image:
        yield f"image: {old.image} → {new.image}"
    if bool(old.container) != bool(new.container):
        yield "it ran as a process" if new.container else "it ran in a container"
        return
    if old.python != new.python:
        yield f"python: {old.python} → {new.python}"
    if old.lock != new.lock:
        yield "its lock changed"
    elif old.container != new.container and old.code == new.code:
        yield "its image is made of something else: base, Dockerfile or metadata"


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            yield name, old.get(name), new.get(name)


def _shown(value: Any) -> str:
    return "none" if value is None else str(value) or "''"
