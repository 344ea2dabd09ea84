"""Pipelines on this machine: kfp.local walks the graph, a backend runs the tasks, one by one.

A task that an earlier run has done, with the same inputs, parameters and code, is not run again.
Backends that take a pipeline as a whole, as clusters do, have another shape and need none of this.
"""

import contextlib
import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import yaml
from kfp import components
from rich.console import Console

from sentiment_common.artifacts import MANIFEST
from sentiment_common.errors import InputError
from sentiment_pipelines import environments, graph, keys
from sentiment_pipelines.backends import kfp_local
from sentiment_pipelines.cache import Cache
from sentiment_pipelines.environments import Room, rooms
from sentiment_pipelines.interfaces import artifact_types
from sentiment_pipelines.runs import Observer, Run, TaskRecord

Tell = Callable[[str], None]
"""Is told each line that a task writes."""


@dataclass(frozen=True)
class Work:
    """One command of a stage, and all that it reads and writes.

    Attributes:
        name: The task's name.
        image: The image that the pipeline names for it.
        command: The command with its arguments.
        parameters: What it is given; those that are text may name files, addresses and secrets.
        reads: Folders of its input artifacts.
        writes: Folders that it writes to.
        variables: Environment variables of the run.
        checkpoints: Where it keeps its progress; None if nothing is kept.
        log: Where its output goes.
        rerun: Where to leave a shell script that does the same again.
    """

    name: str
    image: str
    command: Sequence[str]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    reads: Sequence[Path] = ()
    writes: Sequence[Path] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    checkpoints: Path | None = None
    log: Path = Path("/dev/null")
    rerun: Path | None = None


class Backend(Protocol):
    """Runs the tasks of a pipeline on this machine.

    Attributes:
        name: What it is called on the command line.
    """

    name: str

    def prepare(self, needed: Sequence[str], run: Run, console: Console) -> None:
        """Makes ready what the images of a pipeline stand for, before the run's first task.

        Raises:
            InputError: That is not possible here.
        """

    def identity(self, image: str) -> keys.Identity:
        """Returns what runs for an image: tasks of which it differs are different work."""

    def run(self, work: Work, tell: Tell) -> int:
        """Runs a command to its end and returns its exit code, negative if a signal ended it.

        What kept the command from running, or ended it from outside, is the last line of the log,
        and the exit code is 2.
        """


def images(compiled: Path) -> list[str]:
    """Returns the images that a compiled pipeline runs, each once."""
    specification = next(yaml.load_all(compiled.read_text(), Loader=graph.LOADER))
    executors = specification["deploymentSpec"]["executors"].values()
    return sorted({e["container"]["image"] for e in executors if "container" in e})


def room_for(image: str) -> Room:
    """Returns the component that makes an image.

    Raises:
        InputError: No component of this repository has that name and version.
    """
    name, _, version = image.rpartition("/")[2].partition(":")
    room = rooms().get(name.removeprefix("sentiment-").replace("-", "_"))
    if room is None:
        raise InputError(f"no component makes the image {image}", mend="run it on another backend")
    if version != room.version:
        raise InputError(
            f"the compiled pipeline wants {image}, the component is at {room.version}",
            mend="run `make compile`",
        )
    return room


def execute(
    compiled: Path,
    arguments: Mapping[str, Any],
    run: Run,
    observers: Sequence[Observer],
    variables: Mapping[str, str],
    cache: Cache | None,
    backend: Backend,
) -> bool:
    """Runs a compiled pipeline to its end.

    Args:
        compiled: The compiled pipeline.
        arguments: Values of its parameters.
        run: Collects the ended tasks.
        observers: Are told what happens.
        variables: Environment variables for every task.
        cache: Finished tasks of earlier runs; None to run everything and record nothing.
        backend: Runs the tasks; it is prepared.

    Returns:
        Whether every task that was due succeeded.
    """
    tasks = {task.name: task for task in graph.read(compiled, arguments)}
    worker = _Worker(run, observers, variables, cache, tasks, backend)
    pipeline = components.load_component_from_file(str(compiled))
    kfp_local.initialize(str(run.folder / "tasks"))
    try:
        with (
            kfp_local.hooks(worker.run_task, tuple(artifact_types().values())),
            (run.logs / "kfp.log").open("w") as log,
            contextlib.redirect_stdout(log),
        ):
            pipeline(**arguments)
    except RuntimeError:
        # kfp.local's way to say that a task failed; anything else is not expected and goes on up.
        if all(task.exit_code == 0 for task in run.tasks):
            raise
        return False
    return True


@dataclass(frozen=True)
class _Worker:
    """Runs or reuses the tasks of one run.

    Attributes:
        run: Collects the ended tasks.
        observers: Are told what happens.
        variables: Environment variables for every task.
        cache: Finished tasks of earlier runs, if they are to be reused.
        tasks: The pipeline's tasks by name.
        backend: Runs what is not reused.
    """

    run: Run
    observers: Sequence[Observer]
    variables: Mapping[str, str]
    cache: Cache | None
    tasks: Mapping[str, graph.Task]
    backend: Backend

    def run_task(self, name: str, image: str, command: list[str]) -> bool:
        """Gives a task its outputs, from an earlier run or by running it; says if that worked."""
        for observer in self.observers:
            observer.started(name)
        record = self._record(name, image, command)
        self.run.tasks.append(record)
        for observer in self.observers:
            observer.finished(record)
        return record.exit_code == 0

    def _record(self, name: str, image: str, command: list[str]) -> TaskRecord:
        begin = time.monotonic()
        folder = Path(_argument(command, "--executor-output")).parent
        task = self.tasks.get(name)
        if self.cache is None or task is None or not task.reusable:
            return self._run(name, image, command, folder, "")
        executor_input = _argument(command, "--executor-input")
        key = self._key(task, json.loads(executor_input))
        found = self.cache.find(key)
        if found:
            self.cache.reuse(found, folder, executor_input)
            seconds = time.monotonic() - begin
            logs = self.run.logs
            return TaskRecord(
                name, image, folder, logs / f"{name}.log", logs / f"{name}.sh", seconds, 0,
                found.run, key.digest,
            )  # fmt: skip
        record = self._run(name, image, command, folder, key.digest)
        if record.exit_code == 0:
            self.cache.keep(name, key, self.run.id, record.seconds, folder)
            shutil.rmtree(checkpoints(key.digest), ignore_errors=True)
        return record

    def _run(self, name: str, image: str, command: list[str], folder: Path, key: str) -> TaskRecord:
        log, rerun = self.run.logs / f"{name}.log", self.run.logs / f"{name}.sh"
        inputs = _inputs(command)
        work = Work(
            name, image, command, inputs.get("parameterValues", {}), _folders(inputs), [folder],
            self.variables, checkpoints(key) if key else None, log, rerun,
        )  # fmt: skip
        begin = time.monotonic()
        exit_code = self.backend.run(work, lambda text: self._tell(name, text))
        seconds = time.monotonic() - begin
        return TaskRecord(name, image, folder, log, rerun, seconds, exit_code, "", key)

    def _key(self, task: graph.Task, executor_input: Mapping[str, Any]) -> keys.Key:
        inputs = executor_input["inputs"]
        artifacts = {
            name: artifact_digest(Path(listed["artifacts"][0]["uri"]))
            for name, listed in inputs.get("artifacts", {}).items()
        }
        parameters = inputs.get("parameterValues", {})
        what = self.backend.identity(task.image)
        return keys.key(task.image, task.interface, parameters, artifacts, what)

    def _tell(self, name: str, text: str) -> None:
        for observer in self.observers:
            observer.line(name, text)


def checkpoints(key: str) -> Path:
    """Returns where a task with this key keeps its progress until it has succeeded."""
    return environments.VAR / "checkpoints" / key


def artifact_digest(folder: Path) -> str:
    """Returns the content digest of an artifact, as its stage recorded it."""
    digest: str = json.loads((folder / MANIFEST).read_text())["digest"]
    return digest


def _argument(command: Sequence[str], flag: str) -> str:
    return command[command.index(flag) + 1]


def _inputs(command: Sequence[str]) -> Mapping[str, Any]:
    """Returns what KFP gives a task; nothing if the task does not ask for it."""
    if "--executor-input" not in command:
        return {}
    inputs: Mapping[str, Any] = json.loads(_argument(command, "--executor-input")).get("inputs", {})
    return inputs


def _folders(inputs: Mapping[str, Any]) -> list[Path]:
    artifacts = inputs.get("artifacts", {}).values()
    return [Path(it["uri"]) for listed in artifacts for it in listed["artifacts"]]
