"""What the orchestration costs beyond a task's own process, beside kfp.local's plain runner.

A chain of tasks, each of which copies five megabytes, so that digests and links are paid for. The
peer runs the same work as lightweight Python components, which is all its runner accepts; their
own process is taken to cost what ours does. Where a Docker daemon answers, the same chain runs in
containers too: there all but the process is overhead, the container's start and end included.
"""

import argparse
import contextlib
import logging
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from kfp import compiler, dsl
from rich.console import Console

from sentiment_common.errors import InputError
from sentiment_pipelines import environments, runs
from sentiment_pipelines.backends import local
from sentiment_pipelines.backends.docker import Containers
from sentiment_pipelines.backends.process import Processes
from sentiment_pipelines.cache import Cache
from sentiment_pipelines.environments import rooms, sync, uv
from sentiment_pipelines.runs import Run

MEGABYTES = 5
WORK = """
import json, os, pathlib, sys
out, answer, told = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), json.loads(sys.argv[3])
out.mkdir(parents=True, exist_ok=True)
(out / "data").write_bytes(os.urandom(int(sys.argv[4]) << 20))
digest = os.urandom(8).hex()
(out / "artifact.json").write_text(json.dumps({"digest": digest}))
answer.write_text(json.dumps({"parameterValues": {}, "artifacts": told["outputs"]["artifacts"]}))
"""


@dsl.container_component
def ours(data: dsl.Output[dsl.Dataset], before: dsl.Input[dsl.Dataset] = None):  # noqa: ANN201
    """Writes the data, in the environment of a component."""
    return dsl.ContainerSpec(
        image=f"sentiment-ingest:{rooms()['ingest'].version}",
        command=["python", "-c", WORK],
        args=[
            data.path,
            dsl.PIPELINE_TASK_EXECUTOR_OUTPUT_PATH_PLACEHOLDER,
            dsl.PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER,
            str(MEGABYTES),
            "--executor-output",
            dsl.PIPELINE_TASK_EXECUTOR_OUTPUT_PATH_PLACEHOLDER,
            "--executor-input",
            dsl.PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER,
        ],
    )


def chain(tasks: int):  # noqa: ANN201
    """Returns a pipeline of tasks that follow each other."""

    @dsl.pipeline(name=f"chain-{tasks}")
    def pipeline() -> None:
        last = ours()
        for _ in range(tasks - 1):
            last = ours(before=last.outputs["data"])

    return pipeline


def time_ours(tasks: int, backend: local.Backend, *, again: bool = False) -> tuple[float, float]:
    """Returns seconds a task takes with a backend of ours, and those of its own process.

    Args:
        tasks: Length of the chain.
        backend: Which.
        again: Whether to measure the second run, in which every task is reused.
    """
    with tempfile.TemporaryDirectory() as folder:
        runs.VAR = environments.VAR = Path(folder)
        compiled = Path(folder) / "chain.yaml"
        compiler.Compiler().compile(chain(tasks), str(compiled))
        for _ in range(2 if again else 1):
            run = Run.begin({})
            backend.prepare(local.images(compiled), run, Console(stderr=True))
            begin = time.monotonic()
            cache = Cache(runs.folder())
            done = local.execute(compiled, {}, run, [], {}, cache, backend)
            seconds = time.monotonic() - begin
        if not done or any(bool(task.reused_from) != again for task in run.tasks):
            raise RuntimeError(
                "the chain did not run as it should: " + run.tasks[-1].last_lines()[-1]
            )
        if again:
            return seconds / tasks, 0.0
        own = sum(task.seconds for task in run.tasks) / tasks
        return seconds / tasks, own if isinstance(backend, Processes) else bare_process()


def time_peer(python: Path, tasks: int, preamble: str) -> tuple[float, float]:
    """Returns seconds a task takes with kfp.local's SubprocessRunner, and a bare process."""
    script = Path(__file__).parent / "peers" / "kfp_local.py"
    command = [str(python), str(script), str(tasks), str(MEGABYTES), preamble]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout), bare_process()


def peer_environment(folder: Path) -> Path:
    """Makes an environment with kfp and pip, which the peer calls, and returns its interpreter."""
    subprocess.run([uv(), "venv", "--quiet", "--seed", str(folder / "venv")], check=True)
    python = folder / "venv" / "bin" / "python"
    lock = rooms()["pipelines"].lock
    install = ["pip", "install", "--quiet", "--python", str(python), "--requirement", str(lock)]
    subprocess.run([uv(), *install], check=True)
    return python


def has_daemon() -> bool:
    """Tells whether containers can be measured here."""
    from sentiment_pipelines.backends import engine

    try:
        engine.connect()
    except InputError as error:
        print(f"containers are not measured: {error}\n")
        return False
    return True


def bare_process() -> float:
    """Returns the seconds that a process with the work of one task takes by itself."""
    with tempfile.TemporaryDirectory() as folder:
        told = '{"outputs": {"artifacts": {}}}'
        command = [str(rooms()["ingest"].python), "-c", WORK]
        begin = time.monotonic()
        arguments = [f"{folder}/out", f"{folder}/answer", told, str(MEGABYTES)]
        subprocess.run([*command, *arguments], check=True)
        return time.monotonic() - begin


def main() -> None:
    """Prints a table: seconds a task, of these its own process, and what is left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=8, help="length of the chain")
    parser.add_argument("--repeats", type=int, default=5, help="runs of each chain")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        _measure(options, stack)


def _measure(options: argparse.Namespace, stack: contextlib.ExitStack) -> None:
    logging.disable(logging.CRITICAL)
    os.environ["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    sync(rooms()["ingest"])
    peer = peer_environment(Path(stack.enter_context(tempfile.TemporaryDirectory())))
    cases = {
        "processes": lambda: time_ours(options.tasks, Processes()),
        "processes, every task reused": lambda: time_ours(options.tasks, Processes(), again=True),
        "kfp.local, as it comes": lambda: time_peer(peer, options.tasks, "preamble"),
        "kfp.local, without its pip preamble": lambda: time_peer(peer, options.tasks, "none"),
    }
    if has_daemon():
        cases["containers"] = lambda: time_ours(options.tasks, Containers())
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in cases}
    for _ in range(options.repeats):  # in turn, so that a busy moment hits all of them
        for name, case in cases.items():
            measured[name].append(case())
    print(
        f"Chain of {options.tasks} tasks, {MEGABYTES} MB each, {options.repeats} repeats, "
        "seconds a task\n"
    )
    print("| runner | wall: median (min to max) | own process | overhead: median (min to max) |")
    print("| --- | --- | --- | --- |")
    for name, pairs in measured.items():
        wall = [seconds for seconds, _ in pairs]
        over = [seconds - own for seconds, own in pairs]
        own = statistics.median(own for _, own in pairs)
        print(f"| {name} | {_range(wall)} | {own:.3f} | {_range(over)} |")


def _range(values: list[float]) -> str:
    return f"{statistics.median(values):.3f} ({min(values):.3f} to {max(values):.3f})"


if __name__ == "__main__":
    main()
