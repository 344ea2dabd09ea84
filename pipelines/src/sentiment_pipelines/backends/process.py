"""The process backend: each task's command runs in its component's locked environment.

kfp.local walks the compiled pipeline; no Docker and no cluster are needed. A task that an earlier
run has done, with the same inputs, parameters, code and lock, is not run again.
"""

import contextlib
import io
import json
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from kfp import components

from sentiment_common.artifacts import MANIFEST
from sentiment_common.cli import CHECKPOINTS
from sentiment_common.errors import InputError
from sentiment_pipelines import graph, keys
from sentiment_pipelines.backends import kfp_local
from sentiment_pipelines.cache import Cache
from sentiment_pipelines.environments import VAR, Room, process_environment, rooms
from sentiment_pipelines.interfaces import artifact_types
from sentiment_pipelines.runs import Observer, Run, TaskRecord

SECONDS_TO_STOP = 15


def images(compiled: Path) -> list[str]:
    """Returns the images that a compiled pipeline runs, each once."""
    specification = next(yaml.load_all(compiled.read_text(), Loader=graph.LOADER))
    executors = specification["deploymentSpec"]["executors"].values()
    return sorted({e["container"]["image"] for e in executors if "container" in e})


def room_for(image: str) -> Room:
    """Returns the component whose environment stands in for an image.

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


def identity(image: str) -> keys.Identity:
    """Returns what this backend runs for an image: the code and the lock of its component."""
    return keys.identity(room_for(image))


def execute(
    compiled: Path,
    arguments: Mapping[str, Any],
    run: Run,
    observers: Sequence[Observer],
    variables: Mapping[str, str],
    cache: Cache | None,
) -> bool:
    """Runs a compiled pipeline to its end.

    Args:
        compiled: The compiled pipeline.
        arguments: Values of its parameters.
        run: Collects the ended tasks.
        observers: Are told what happens.
        variables: Environment variables for every task.
        cache: Finished tasks of earlier runs; None to run everything and record nothing.

    Returns:
        Whether every task that was due succeeded.
    """
    tasks = {task.name: task for task in graph.read(compiled, arguments)}
    worker = _Worker(run, observers, variables, cache, tasks)
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
    """

    run: Run
    observers: Sequence[Observer]
    variables: Mapping[str, str]
    cache: Cache | None
    tasks: Mapping[str, graph.Task]

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
            return self._run_process(name, image, command, folder, "")
        executor_input = _argument(command, "--executor-input")
        key = _key(task, json.loads(executor_input))
        found = self.cache.find(key)
        if found:
            self.cache.reuse(found, folder, executor_input)
            seconds = time.monotonic() - begin
            logs = self.run.logs
            return TaskRecord(
                name, image, folder, logs / f"{name}.log", logs / f"{name}.sh", seconds, 0,
                found.run, key.digest,
            )  # fmt: skip
        record = self._run_process(name, image, command, folder, key.digest)
        if record.exit_code == 0:
            self.cache.keep(name, key, self.run.id, record.seconds, folder)
            shutil.rmtree(checkpoints(key.digest), ignore_errors=True)
        return record

    def _run_process(
        self, name: str, image: str, command: list[str], folder: Path, key: str
    ) -> TaskRecord:
        log, rerun = self.run.logs / f"{name}.log", self.run.logs / f"{name}.sh"
        environment = {**process_environment(room_for(image)), **self.variables}
        rerun.write_text(_script(command, environment, self.variables))
        if key:
            environment[CHECKPOINTS] = str(checkpoints(key))
        begin = time.monotonic()
        with log.open("w") as stream:
            exit_code = _stream(command, environment, stream, lambda text: self._tell(name, text))
        seconds = time.monotonic() - begin
        return TaskRecord(name, image, folder, log, rerun, seconds, exit_code, "", key)

    def _tell(self, name: str, text: str) -> None:
        for observer in self.observers:
            observer.line(name, text)


def checkpoints(key: str) -> Path:
    """Returns where a task with this key keeps its progress until it has succeeded."""
    return VAR / "checkpoints" / key


def _key(task: graph.Task, executor_input: Mapping[str, Any]) -> keys.Key:
    inputs = executor_input["inputs"]
    artifacts = {
        name: artifact_digest(Path(listed["artifacts"][0]["uri"]))
        for name, listed in inputs.get("artifacts", {}).items()
    }
    parameters = inputs.get("parameterValues", {})
    return keys.key(task.image, task.interface, parameters, artifacts, identity(task.image))


def artifact_digest(folder: Path) -> str:
    """Returns the content digest of an artifact, as its stage recorded it."""
    digest: str = json.loads((folder / MANIFEST).read_text())["digest"]
    return digest


def _argument(command: Sequence[str], flag: str) -> str:
    return command[command.index(flag) + 1]


def _stream(
    command: list[str],
    environment: Mapping[str, str],
    log: io.TextIOBase,
    tell: Callable[[str], None],
) -> int:
    """Runs a command, copies its output to the log line by line and returns its exit code."""
    with subprocess.Popen(
        _dying_with_us(command),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # Ctrl-C reaches us, and we stop the task cleanly
    ) as process:
        try:
            for line in process.stdout or ():
                log.write(line)
                log.flush()
                tell(line.rstrip("\n"))
            return process.wait()
        except BaseException:
            process.terminate()
            try:
                process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                process.kill()
            raise


def _dying_with_us(command: Sequence[str]) -> list[str]:
    """Has the kernel kill a task whose run is killed; it would go on unseen.

    Where util-linux is missing (macOS), such a task ends by itself, in the folder of a dead run.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", *command] if setpriv else list(command)


def _script(
    command: Sequence[str], environment: Mapping[str, str], variables: Mapping[str, str]
) -> str:
    shown = {"PATH", "SENTIMENT_CACHE", "TF_CPP_MIN_LOG_LEVEL", *variables}
    exports = [f"export {name}={shlex.quote(environment[name])}\n" for name in sorted(shown)]
    return "#!/bin/sh\n" + "".join(exports) + f"exec {shlex.join(command)}\n"
