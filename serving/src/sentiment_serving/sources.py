"""Where a model comes from: a folder, or a registry whose alias may move while we serve."""

import json
import logging
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sentiment_common.artifacts import write_json
from sentiment_common.errors import InputError
from sentiment_common.mlflow_api import ServerError
from sentiment_serving.checks import check
from sentiment_serving.references import Source
from sentiment_serving.registry import Registered, Registry, registry_of

PATIENCE, PAUSE = 20.0, 2.0
"""Seconds in which a registry must answer when the server starts, and between two tries."""
KEPT_COPIES = 3
COPY = re.compile("[0-9a-f]{64}")
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Copy:
    """A bundle on this machine's disk.

    Attributes:
        folder: The bundle's folder.
        version: Its version in the registry; empty if it came from none.
    """

    folder: Path
    version: str = ""


class Shelf:
    """Gets bundles, and keeps those of a registry so that they are there when it is away.

    Args:
        folder: Where copies are kept, by digest.
        environment: ``MLFLOW_REGISTRY_URI`` or ``MLFLOW_TRACKING_URI``, and what MLflow reads
            beside them.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder, self._environment = folder, environment

    def first(self, source: Source, sleep: Callable[[float], None] = time.sleep) -> Copy:
        """Gets a bundle when a server starts; a registry that is away is waited for.

        Raises:
            InputError: There is no such model, it is not intact, or its registry stays away and
                no copy of it is here.
        """
        if not source.registered:
            return Copy(Path(source.text))
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return self.get(source, self.look(source))
            except ServerError as error:
                if kept := self._kept(source):
                    logger.warning("serving the copy of %s: %s", source.text, error)
                    return kept
                if time.monotonic() >= until:
                    raise InputError(
                        f"the registry is away ({error}) and no copy is here", where=source.text,
                        mend="check MLFLOW_TRACKING_URI",
                    ) from error  # fmt: skip
            sleep(PAUSE)

    def look(self, source: Source) -> Registered:
        """Asks the registry what a name and its alias or version stand for now.

        Raises:
            InputError: It knows no such model.
            ServerError: It does not answer.
        """
        return self._registry().look(source.name, source.alias, source.version)

    def get(self, source: Source, registered: Registered) -> Copy:
        """Returns a copy of a registered bundle, downloading it first if it is not here.

        Raises:
            InputError: It is not the bundle that was registered.
            ServerError: The registry does not answer.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        folder = self._at(registered.digest) if registered.digest else None
        if folder is None or not _is_intact(folder, registered.digest):
            folder = self._download(registered)
        # Copies are dropped by when they were last asked for.
        os.utime(folder)
        note = {"version": registered.version, "digest": check(folder)[1]}
        _write_whole(self._note(source), note)
        self._drop_old()
        return Copy(folder, registered.version)

    def _download(self, registered: Registered) -> Path:
        with tempfile.TemporaryDirectory(prefix=".getting-", dir=self._folder) as scratch:
            fresh = Path(scratch) / "bundle"
            fresh.mkdir()
            self._registry().download(registered, fresh)
            _, digest = check(fresh)
            if registered.digest not in ("", digest):
                raise InputError(
                    f"its digest is {digest}, registered is {registered.digest}",
                    where=f"version {registered.version} in the registry",
                    mend="push the model again",
                )
            target = self._at(digest)
            # Another worker may have been faster, and may have it open.
            if not _is_intact(target, digest):
                shutil.rmtree(target, ignore_errors=True)
                fresh.rename(target)
            return target

    def _registry(self) -> Registry:
        return registry_of(self._environment)

    def _kept(self, source: Source) -> Copy | None:
        try:
            note = json.loads(self._note(source).read_text(encoding="utf-8"))
            digest, version = str(note["digest"]), str(note["version"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        folder = self._at(digest)
        return Copy(folder, version) if _is_intact(folder, digest) else None

    def _at(self, digest: str) -> Path:
        return self._folder / digest.removeprefix("sha256:")

    def _note(self, source: Source) -> Path:
        return self._folder / f"{source.name}-{source.alias or source.version}.json"

    def _drop_old(self) -> None:
        copies = [path for path in self._folder.iterdir() if COPY.fullmatch(path.name)]
        for old in sorted(copies, key=lambda path: path.stat().st_mtime)[:-KEPT_COPIES]:
            shutil.rmtree(old, ignore_errors=True)


def _is_intact(folder: Path, digest: str) -> bool:
    try:
        return check(folder)[1] == digest
    except InputError:
        return False


def _write_whole(path: Path, value: Mapping[str, str]) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}")
    write_json(part, value)
    part.replace(path)
