"""Finished tasks by key: what an earlier run made is used again if it is the same piece of work.

Nothing is stored twice: a task's folder lies in the run that made it, ``task.json`` says what it
holds, and ``var/runs/by-key/KEY`` points at it. A run that reuses it links its files into a folder
of its own, so that every run is whole and old ones can be deleted.
"""

import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sentiment_common.artifacts import MANIFEST, file_sha256
from sentiment_common.outputs import write_executor_output
from sentiment_pipelines.keys import Key, changes

RECORD = "task.json"
EXECUTOR_OUTPUT = "executor_output.json"


@dataclass(frozen=True)
class Entry:
    """A finished task, as ``task.json`` beside its outputs describes it.

    Attributes:
        name: The task's name in its pipeline.
        key: What decided its outputs.
        run: Run that made it.
        seconds: How long that took.
        files: SHA-256 of every file it made, by path below its folder.
        outputs: Digest of each output artifact.
        folder: Where it lies now.
    """

    name: str
    key: Key
    run: str
    seconds: float
    files: Mapping[str, str]
    outputs: Mapping[str, str]
    folder: Path = field(compare=False)

    @property
    def results(self) -> dict[str, Any]:
        """Output parameters by name."""
        values: dict[str, Any] = _executor_output(self.folder)["parameterValues"]
        return values

    def damage(self) -> str | None:
        """Returns the first file that is not what it was, None if all are."""
        for name in (*self.files, EXECUTOR_OUTPUT):
            path = self.folder / name
            if not path.is_file():
                return f"{self.name}/{name} of run {self.folder.parents[2].name} is gone"
            if name in self.files and file_sha256(path) != self.files[name]:
                return f"{self.name}/{name} of run {self.folder.parents[2].name} was changed"
        return None


class Cache:
    """The finished tasks of all runs below a folder.

    Args:
        runs: The folder of runs.
    """

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._links = runs / "by-key"

    def find(self, key: Key) -> Entry | None:
        """Returns the finished task with this key; None if there is none, or it was damaged."""
        if key.reads_addresses:
            return None
        folder = self._links / key.digest
        entry = load(folder.resolve()) if folder.exists() else None
        return entry if entry and entry.key == key and not entry.damage() else None

    def why_not(self, name: str, key: Key) -> list[str]:
        """Says why a task cannot be reused, compared with the last time one of its name ran."""
        folder = self._links / key.digest
        entry = load(folder.resolve()) if folder.exists() else None
        if entry and (damage := entry.damage()):
            return [damage]
        last = self.last(name)
        return changes_since(last, key) if last else ["it has not run yet"]

    def last(self, name: str) -> Entry | None:
        """Returns the last finished task of that name."""
        for run in sorted(self._runs.glob("[0-9]*"), reverse=True):
            for record in run.glob(f"tasks/*/{name}/{RECORD}"):
                if entry := load(record.parent):
                    return entry
        return None

    def keep(self, name: str, key: Key, run: str, seconds: float, folder: Path) -> Entry:
        """Records a task that has just finished, so that later runs find it."""
        entry = Entry(name, key, run, seconds, _files(folder), _output_digests(folder), folder)
        self._write(entry)
        return entry

    def reuse(self, entry: Entry, folder: Path, executor_input: str) -> Entry:
        """Gives a run its own links to a finished task's files.

        Args:
            entry: The finished task.
            folder: Where the task's outputs belong in this run.
            executor_input: What KFP tells the task, with the addresses of its outputs.
        """
        for name in entry.files:
            link(entry.folder / name, folder / name)
        output = _executor_output(entry.folder)
        metadata = {
            name: listed["artifacts"][0].get("metadata", {})
            for name, listed in output["artifacts"].items()
        }
        # The addresses in it are those of the run that made it.
        (folder / EXECUTOR_OUTPUT).unlink(missing_ok=True)
        write_executor_output(
            executor_input, folder / EXECUTOR_OUTPUT, output["parameterValues"], metadata
        )
        reused = Entry(
            entry.name, entry.key, entry.run, entry.seconds, entry.files, entry.outputs, folder
        )
        self._write(reused)
        return reused

    def _write(self, entry: Entry) -> None:
        content = {key: value for key, value in asdict(entry).items() if key != "folder"}
        _replace_text(entry.folder / RECORD, json.dumps(content, indent=1, sort_keys=True))
        self._links.mkdir(exist_ok=True)
        staged = self._links / f".{uuid.uuid4().hex}"
        staged.symlink_to(os.path.relpath(entry.folder, self._links))
        staged.replace(self._links / entry.key.digest)


def load(folder: Path) -> Entry | None:
    """Reads ``task.json``; None if the folder has none or one of another version."""
    path = folder / RECORD
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text())
        return Entry(**{**content, "key": Key(**content["key"])}, folder=folder)
    except (ValueError, TypeError, KeyError):
        return None


def changes_since(last: Entry, key: Key) -> list[str]:
    """Says what changed since a task ran; never nothing."""
    return changes(last.key, key) or [f"nothing of run {last.run} is left to use"]


def entries(runs: Path) -> Iterator[Entry]:
    """Yields the finished tasks of all runs, the latest run first."""
    for run in sorted(runs.glob("[0-9]*"), reverse=True):
        for record in sorted(run.glob(f"tasks/*/*/{RECORD}")):
            if entry := load(record.parent):
                yield entry


def _files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): file_sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in (RECORD, EXECUTOR_OUTPUT)
    }


def _output_digests(folder: Path) -> dict[str, str]:
    return {
        path.parent.name: json.loads(path.read_text())["digest"]
        for path in sorted(folder.glob(f"*/{MANIFEST}"))
    }


def _executor_output(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / EXECUTOR_OUTPUT).read_text())
    return content


def link(source: Path | str, target: Path | str) -> None:
    """Gives a file another name, without taking space if the file system can."""
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)  # another file system, or one without links


def _replace_text(path: Path, text: str) -> None:
    staged = path.with_name(f".{path.name}.partial-{uuid.uuid4().hex}")
    staged.write_text(text)
    staged.replace(path)
