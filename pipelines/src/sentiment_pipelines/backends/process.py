"""The process backend: each task's command runs in its component's locked environment.

kfp.local walks the compiled pipeline; no Docker and no cluster are needed.
"""

import contextlib
import io
import shlex
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from kfp import components

from sentiment_common.errors import InputError
from sentiment_pipelines.backends import kfp_local
from sentiment_pipelines.environments import Room, process_environment, rooms
from sentiment_pipelines.interfaces import artifact_types
from sentiment_pipelines.runs import Observer, Run, TaskRecord

SECONDS_TO_STOP = 15


def images(compiled: Path) -> list[str]:
    """Returns the images that a compiled pipeline runs, each once."""
    executors = _specification(compiled)["deploymentSpec"]["executors"].values()
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


def execute(
    compiled: Path,
    arguments: Mapping[str, Any],
    run: Run,
    observers: Sequence[Observer],
    variables: Mapping[str, str],
) -> bool:
    """Runs a compiled pipeline to its end.

    Args:
        compiled: The compiled pipeline.
        arguments: Values of its parameters.
        run: Collects the ended tasks.
        observers: Are told what happens.
        variables: Environment variables for every task.

    Returns:
        Whether every task that was due succeeded.
    """

    def run_task(name: str, image: str, command: list[str]) -> bool:
        for observer in observers:
            observer.started(name)
        record = _run_process(name, image, command, run, observers, variables)
        run.tasks.append(record)
        for observer in observers:
            observer.finished(record)
        return record.exit_code == 0

    pipeline = components.load_component_from_file(str(compiled))
    kfp_local.initialize(str(run.folder / "tasks"))
    try:
        with (
            kfp_local.hooks(run_task, tuple(artifact_types().values())),
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


def _run_process(
    name: str,
    image: str,
    command: list[str],
    run: Run,
    observers: Sequence[Observer],
    variables: Mapping[str, str],
) -> TaskRecord:
    room = room_for(image)
    log, rerun = run.logs / f"{name}.log", run.logs / f"{name}.sh"
    environment = {**process_environment(room), **variables}
    rerun.write_text(_script(command, environment, variables))
    folder = Path(command[command.index("--executor-output") + 1]).parent
    begin = time.monotonic()
    with log.open("w") as stream:
        exit_code = _stream(command, environment, stream, lambda text: _tell(observers, name, text))
    seconds = time.monotonic() - begin
    return TaskRecord(name, image, folder, log, rerun, seconds, exit_code)


def _stream(
    command: list[str], environment: Mapping[str, str], log: io.TextIOBase, tell: Any
) -> int:
    """Runs a command, copies its output to the log line by line and returns its exit code."""
    with subprocess.Popen(
        command,
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


def _tell(observers: Sequence[Observer], name: str, text: str) -> None:
    for observer in observers:
        observer.line(name, text)


def _script(
    command: Sequence[str], environment: Mapping[str, str], variables: Mapping[str, str]
) -> str:
    shown = {"PATH", "SENTIMENT_CACHE", "TF_CPP_MIN_LOG_LEVEL", *variables}
    exports = [f"export {name}={shlex.quote(environment[name])}\n" for name in sorted(shown)]
    return "#!/bin/sh\n" + "".join(exports) + f"exec {shlex.join(command)}\n"


def _specification(compiled: Path) -> dict[str, Any]:
    specification: dict[str, Any] = next(yaml.safe_load_all(compiled.read_text()))
    return specification
