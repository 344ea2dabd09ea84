"""A run on this machine: its folder under ``var/runs``, its state, its tasks, what they gave."""

import contextlib
import datetime
import errno
import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sentiment_common.artifacts import write_json
from sentiment_common.errors import InputError
from sentiment_pipelines.environments import ROOT, VAR

EXIT_BAD_INPUT = 2
RUNNING, FINISHED, FAILED, KILLED = "running", "finished", "failed", "killed"
SUBMITTED = "submitted"
"""Of a run that goes on in a cluster, whatever becomes of this machine."""
STATE = "run.json"
TRAINING = "training"
LOCKS = {"batch": "lock-batch"}
"""File of the lock of a pipeline that has one of its own."""
UNWRITABLE_DATABASE = "readonly database|unable to open database file"
"""What SQLite says of one."""


def folder() -> Path:
    """Returns where the runs lie."""
    return VAR / "runs"


@dataclass(frozen=True)
class TaskRecord:
    """One task of a run, after it has ended.

    Attributes:
        name: The task's name in the pipeline.
        image: Image it would run in; names the stage and its version.
        folder: Where its outputs lie.
        log: Its log.
        rerun: A shell script that runs exactly this task again.
        seconds: How long it took.
        exit_code: 0 done, 2 bad input, negative if a signal ended it, anything else a bug.
        reused_from: The run whose outputs were used instead of running it; empty if it ran.
        key: Digest of what decided its outputs.
    """

    name: str
    image: str
    folder: Path
    log: Path
    rerun: Path
    seconds: float
    exit_code: int
    reused_from: str = ""
    key: str = ""

    @property
    def results(self) -> dict[str, Any]:
        """Output parameters by name, e.g. the verdict."""
        path = self.folder / "executor_output.json"
        if not path.is_file():
            return {}
        values: dict[str, Any] = json.loads(path.read_text())["parameterValues"]
        return values

    def last_lines(self, count: int = 15) -> list[str]:
        """Returns the end of the task's log."""
        return self.log.read_text(errors="replace").rstrip("\n").split("\n")[-count:]


@dataclass
class Run:
    """A run's folder and its ended tasks.

    Attributes:
        id: Sortable name, made from the time the run began.
        tasks: Ended tasks, in the order they ended.
    """

    id: str
    tasks: list[TaskRecord] = field(default_factory=list)

    @classmethod
    def begin(cls, facts: Mapping[str, Any]) -> "Run":
        """Creates a new run's folder and points ``var/runs/latest`` at it.

        Args:
            facts: What is known of it from the start; ``run.json`` keeps it.
        """
        folder().mkdir(parents=True, exist_ok=True)
        run = cls(_made())
        run.logs.mkdir()
        run.note(status=RUNNING, process=os.getpid(), **facts)
        # In one step, for a prediction may begin in the same moment as a training.
        staged = folder() / f".latest.partial-{run.id}"
        staged.symlink_to(run.id)
        staged.replace(folder() / "latest")
        return run

    @property
    def folder(self) -> Path:
        """Everything of this run."""
        return folder() / self.id

    @property
    def logs(self) -> Path:
        """One log and one rerun script per task that ran."""
        return self.folder / "logs"

    @property
    def facts(self) -> dict[str, Any]:
        """The content of ``run.json``: status, outcome, parameters and the like."""
        path = self.folder / STATE
        content: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
        return content

    @property
    def pipeline(self) -> str:
        """Name of what ran; what does not say it is from before there was another."""
        return str(self.facts.get("pipeline", TRAINING))

    def note(self, **facts: Any) -> None:
        """Adds facts to ``run.json``, which is whole at any moment."""
        staged = self.folder / f".{STATE}.partial"
        write_json(staged, {**self.facts, **facts})
        staged.replace(self.folder / STATE)

    def task(self, name: str) -> TaskRecord | None:
        """Returns an ended task by name, None if it did not run."""
        return next((task for task in self.tasks if task.name == name), None)


def _made() -> str:
    """Makes a folder for a new run and returns its name."""
    while True:
        with contextlib.suppress(FileExistsError):  # two runs in one millisecond
            name = _now()
            (folder() / name).mkdir()
            return name


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y%m%d-%H%M%S-%f")[:-3]


def unwritable(error: Exception) -> InputError | None:
    """Returns what to say of a failure for want of a place for the state; None for any other.

    Commands that only read work where nothing can be written, so none is refused beforehand.
    """
    there = next(path for path in (VAR, *VAR.parents) if path.exists())
    refused = isinstance(error, PermissionError) or getattr(error, "errno", 0) == errno.EROFS
    if os.access(there, os.W_OK) or not (refused or re.search(UNWRITABLE_DATABASE, str(error))):
        return None
    return InputError(
        f"user {os.getuid()} may not write the state of runs here", where=str(VAR),
        mend="in a container: mount a volume there; or name another folder: SENTIMENT_VAR",
    )  # fmt: skip


def all_runs() -> list[Run]:
    """Returns every run, the latest first."""
    return [
        Run(path.parent.name) for path in sorted(folder().glob(f"[0-9]*/{STATE}"), reverse=True)
    ]


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Keeps runs of every pipeline off ``var`` inside the context.

    Raises:
        InputError: A run has it.
    """
    with contextlib.ExitStack() as stack:
        for pipeline in (TRAINING, *LOCKS):
            stack.enter_context(exclusive(pipeline))
        yield


@contextlib.contextmanager
def exclusive(pipeline: str = TRAINING) -> Iterator[None]:
    """Keeps other runs off ``var`` inside the context: they would judge by the same champion.

    Batch prediction judges nothing: a long one keeps only others of its kind away. The system gives
    the lock back when this process ends, however it ends.

    Args:
        pipeline: What is to run.

    Raises:
        InputError: Another run has it.
    """
    folder().mkdir(parents=True, exist_ok=True)
    with (folder() / LOCKS.get(pipeline, "lock")).open("a+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            stream.seek(0)
            raise InputError(
                f"another run is using it ({stream.read().strip() or 'just started'})",
                where=str(VAR),
                mend="wait for it, or set SENTIMENT_VAR to a folder of your own",
            ) from error
        stream.truncate(0)
        stream.write(f"process {os.getpid()}\n")
        stream.flush()
        yield


def close_dead(pipeline: str = TRAINING) -> list[Run]:
    """Closes runs that a kill or a crash left open, and removes what they left half-written.

    Call it inside ``exclusive``: then no run under that lock that is still marked as running is
    alive.

    Args:
        pipeline: What is to run.

    Returns:
        The runs that were closed.
    """
    marked = [run for run in all_runs() if run.facts.get("status") == RUNNING]
    dead = [run for run in marked if LOCKS.get(run.pipeline) == LOCKS.get(pipeline)]
    for run in dead:
        for partial in sorted(run.folder.rglob(".*.partial-*")):
            _remove(partial)
        run.note(status=KILLED, outcome="killed")
    return dead


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


class Observer(Protocol):
    """Watches a run: the progress display and the experiment tracker are observers."""

    def started(self, task: str) -> None:
        """A task begins."""

    def line(self, task: str, text: str) -> None:
        """A task wrote a line to its log."""

    def finished(self, record: TaskRecord) -> None:
        """A task ended, or an earlier run's outputs were taken for it."""


def code_revision() -> str:
    """Returns the commit of this checkout, with ``-dirty`` if files differ; empty outside git."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=40", "--dirty"]
    try:
        done = subprocess.run(
            [*command, "--exclude", "*"], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""  # no git on this machine
    return done.stdout.strip()
