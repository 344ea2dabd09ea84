"""Runs a run again, with nothing reused, and compares what comes of it digest by digest.

It has the run's own parameters and the artifacts from outside that the run was given, a folder of
its own, and a registry of its own: nothing that anybody uses is promoted or recorded.
"""

import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sentiment_common.artifacts import (
    MANIFEST,
    OUTSIDE_DIGEST,
    PUSHED_MODEL,
    Manifest,
    file_sha256,
    payload_digest,
)
from sentiment_common.cli import TRACKING_SERVER
from sentiment_common.errors import InputError
from sentiment_pipelines import cache, display, environments, graph, history, keys, runs
from sentiment_pipelines import parameters as parameters_
from sentiment_pipelines.lineage.chain import read_any
from sentiment_pipelines.lineage.tree import short
from sentiment_pipelines.outside import PARAMETERS
from sentiment_pipelines.runs import Observer, Run

if TYPE_CHECKING:
    from sentiment_pipelines.backends.local import Backend

EXIT_SAME, EXIT_DIFFERENT = 0, 1
PUSHED = "pushed_model.json"
OF_THE_REGISTRY = ("version", "model_uri", "source")
"""Facts of a pushed model that the registry gives: another registry gives others."""
MOST_FILES = 3


@dataclass(frozen=True)
class Comparison:
    """An artifact of a run, and the same one of its repetition.

    Attributes:
        artifact: ``TASK/OUTPUT``.
        same: Whether both hold the same.
        remark: What differs, or what was left out of the comparison and why.
        digest: Digest of the run's own; empty if there is none.
    """

    artifact: str
    same: bool
    remark: str = ""
    digest: str = ""


@dataclass
class Repetition(Run):
    """A run in a folder of its own, where no list of runs finds it.

    Attributes:
        place: The folder.
    """

    place: Path = Path()

    @property
    def folder(self) -> Path:
        """Everything of this run."""
        return self.place


def reproduce(name: str, console: Console, backend: "Backend") -> int:
    """Runs a run again and shows for each artifact whether it is the same.

    Args:
        name: The run: its name, the beginning of it, ``latest`` or ``latest~1``.
        console: Where to show it.
        backend: Runs the tasks, which need not be the one that ran them then.

    Returns:
        0 if all artifacts are the same, 1 if not.

    Raises:
        InputError: There is no such run, it did not finish, or it cannot be repeated here.
    """
    with runs.exclusive():
        original = finished(name)
        again = Repetition(original.id, place=environments.VAR / "reproductions" / original.id)
        shutil.rmtree(again.folder, ignore_errors=True)
        again.logs.mkdir(parents=True)
        values = _values(original, again.folder)
        _tell_differences(original, values, console, backend)
        begin = time.monotonic()
        if not _execute(again, graph.compiled(original.pipeline), values, console, backend):
            display.failure(console, next(task for task in again.tasks if task.exit_code))
            return EXIT_DIFFERENT
        comparisons = compare(original.folder, again.folder)
        console.print(table(comparisons))
        alike = sum(it.same for it in comparisons)
        console.print(
            f"{alike} of {len(comparisons)} artifacts of run {original.id} came out the same, "
            f"in {time.monotonic() - begin:.0f} s"
        )
        if alike < len(comparisons):
            console.print(f"the others are in {again.folder}", soft_wrap=True)
            return EXIT_DIFFERENT
        shutil.rmtree(again.folder)
        return EXIT_SAME


def finished(name: str) -> Run:
    """Returns the finished run of a name, as ``history.find`` has it.

    Raises:
        InputError: There is no such run, or it did not finish.
    """
    run = history.find(name)
    if (status := run.facts.get("status")) != runs.FINISHED:
        others = (it.id for it in history.known() if it.facts.get("status") == runs.FINISHED)
        raise InputError(
            f"it is {status}: there is nothing whole to compare with", where=f"run {run.id}",
            mend=f"the last that finished is {next(others, 'none')}",
        )  # fmt: skip
    return run


def _values(original: Run, folder: Path) -> dict[str, Any]:
    """Returns the run's parameters, with the artifacts from outside that it was given."""
    given = {
        name: it for name, it in original.facts["parameters"].items() if name not in PARAMETERS
    }
    (folder / "params.yaml").write_text(yaml.safe_dump(given))
    compiled = graph.compiled(original.pipeline)
    values = parameters_.read(folder / "params.yaml", [], compiled)
    declared = parameters_.declared(compiled)
    for name in (name for name in PARAMETERS if name in declared):
        if not (original.folder / name / MANIFEST).is_file():
            raise InputError(
                f"it has no {name} any more, which it was given", where=str(original.folder),
                mend="reproduce another run",
            )  # fmt: skip
        values[name] = str(original.folder / name)
    return values


def _tell_differences(
    original: Run, values: Mapping[str, Any], console: Console, backend: "Backend"
) -> None:
    console.print(f"run {original.id} again, with nothing reused")
    tasks = graph.read(graph.compiled(original.pipeline), values)
    found = differences(original.folder, tasks, backend.identity)
    if found:
        then, now = original.facts.get("revision"), runs.code_revision()
        console.print("[yellow]It is not what ran then, so differences are expected:[/]")
        for line in [*found, f"revision then: {then}", f"revision now:  {now}"]:
            console.print(f"  {line}", soft_wrap=True, markup=False)


def differences(
    original: Path, tasks: Sequence[graph.Task], identity: Callable[[str], keys.Identity]
) -> list[str]:
    """Says in what the tasks of a run differ from what would run now.

    Args:
        original: The run's folder.
        tasks: The tasks of the pipeline, with the run's parameters.
        identity: Returns what runs for an image.

    Returns:
        Changed files of code, each once; then the other changes with their tasks.
    """
    files: set[str] = set()
    others: dict[str, list[str]] = {}
    for task in tasks:
        for record in original.glob(f"tasks/*/{task.name}"):
            entry = cache.load(record)
            if entry is None:
                continue
            now = _key(task, entry.key, identity(task.image))
            names = {*entry.key.code, *now.code}
            files |= {it for it in names if entry.key.code.get(it) != now.code.get(it)}
            for change in keys.changes(entry.key, replace(now, code=entry.key.code)):
                others.setdefault(change, []).append(task.name)
    lines = [f"code changed: {name}" for name in sorted(files)]
    return lines + [f"{change} ({', '.join(names)})" for change, names in others.items()]


def _key(task: graph.Task, then: keys.Key, what: keys.Identity) -> keys.Key:
    """Returns the key that a task would have now, if what it is given by others is the same."""
    values = {
        name: then.parameters.get(name) if isinstance(value, graph.Output) else value
        for name, value in task.parameters.items()
    }
    return keys.key(task.image, task.interface, values, then.inputs, what)


def _execute(
    again: Repetition,
    compiled: Path,
    values: Mapping[str, Any],
    console: Console,
    backend: "Backend",
) -> bool:
    from sentiment_pipelines.backends import local

    backend.prepare(local.images(compiled), again, console)
    variables = {
        "MLFLOW_TRACKING_URI": f"sqlite:///{again.folder / 'mlflow' / 'mlflow.db'}",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "SENTIMENT_RUN": again.id,
        TRACKING_SERVER: "",
    }
    observers: list[Observer] = [display.Progress(console)]
    return local.execute(compiled, values, again, observers, variables, None, backend)


def compare(original: Path, again: Path) -> list[Comparison]:
    """Compares every artifact that the tasks of two runs made.

    Args:
        original: Folder of the run.
        again: Folder of its repetition.
    """
    before, after = _artifacts(original), _artifacts(again)
    return [_compared(name, before.get(name), after.get(name)) for name in {**before, **after}]


def _artifacts(run: Path) -> dict[str, tuple[Path, Manifest]]:
    return {
        "/".join(path.parts[-3:-1]): (path.parent, manifest)
        for path in sorted(run.glob(f"tasks/*/*/*/{MANIFEST}"))
        if (manifest := read_any(path.parent))
    }


def _compared(
    name: str, before: tuple[Path, Manifest] | None, after: tuple[Path, Manifest] | None
) -> Comparison:
    if before is None:
        return Comparison(name, False, "the run has none that can be read")
    folder, then = before
    if payload_digest(folder, then.named) != then.digest:
        return Comparison(name, False, "the run's own was changed afterwards", then.digest)
    if after is None:
        return Comparison(name, False, "it was not made this time", then.digest)
    again, now = after
    if now.digest == then.digest:
        return Comparison(name, True, "", then.digest)
    parts, parts_now = _parts(folder, then), _parts(again, now)
    differing = [it for it in {**parts, **parts_now} if parts.get(it) != parts_now.get(it)]
    if not differing:
        left_out = f"leaving out {', '.join(OF_THE_REGISTRY)}: its registry was another one"
        return Comparison(name, True, left_out, then.digest)
    more = f" and {len(differing) - MOST_FILES} more" if len(differing) > MOST_FILES else ""
    remark = f"in {', '.join(differing[:MOST_FILES])}{more}"
    return Comparison(name, False, remark, then.digest)


def _parts(folder: Path, manifest: Manifest) -> dict[str, str]:
    """Returns what an artifact's digest covers, file by file; what a registry gives is left out."""
    parts = dict(manifest.named)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        outside = path.name in OUTSIDE_DIGEST or path.suffix == ".html"
        covered = any(name == it or name.startswith(f"{it}/") for it in manifest.named)
        if path.is_file() and not outside and not covered:
            parts[name] = file_sha256(path)
    if manifest.kind == PUSHED_MODEL.name:
        facts = json.loads((folder / PUSHED).read_text())
        parts[PUSHED] = json.dumps({k: v for k, v in facts.items() if k not in OF_THE_REGISTRY})
    return parts


def table(comparisons: Sequence[Comparison]) -> Table:
    """Returns the comparisons as a table."""
    shown = Table("artifact", "digest", "", "")
    for it in comparisons:
        mark = "[green]same[/]" if it.same else "[red]different[/]"
        shown.add_row(it.artifact, short(it.digest), mark, escape(it.remark))
    return shown
