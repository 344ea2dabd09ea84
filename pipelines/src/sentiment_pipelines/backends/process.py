"""The process backend: each task's command runs in its component's locked environment.

No Docker and no cluster are needed, nothing but Python.
"""

import io
import shlex
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence

from rich.console import Console

from sentiment_common.cli import CHECKPOINTS
from sentiment_pipelines import environments, keys
from sentiment_pipelines.backends.local import Tell, Work, room_for
from sentiment_pipelines.environments import process_environment
from sentiment_pipelines.runs import Run

SECONDS_TO_STOP = 15


class Processes:
    """Runs tasks as processes.

    Attributes:
        name: What it is called on the command line.
    """

    name = "process"

    def prepare(self, needed: Sequence[str], run: Run, console: Console) -> None:
        """Makes the environments that stand in for the images."""
        for room in map(room_for, needed):
            begin = time.monotonic()
            if environments.sync(room):
                console.print(
                    f"environment of {room.name} made in {time.monotonic() - begin:.0f} s"
                )

    def identity(self, image: str) -> keys.Identity:
        """Returns what runs for an image: the code and the lock of its component."""
        return keys.identity(room_for(image))

    def run(self, work: Work, tell: Tell) -> int:
        """Runs a command in its component's environment and returns its exit code."""
        environment = {**process_environment(room_for(work.image)), **work.variables}
        if work.rerun:
            work.rerun.write_text(_script(work.command, environment, work.variables))
        if work.checkpoints:
            environment[CHECKPOINTS] = str(work.checkpoints)
        with work.log.open("w") as stream:
            return _stream(work.command, environment, stream, tell)


def _stream(
    command: Sequence[str], environment: Mapping[str, str], log: io.TextIOBase, tell: Tell
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
