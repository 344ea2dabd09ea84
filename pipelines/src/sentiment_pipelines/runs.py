"""A run on this machine: its folder under ``var/runs``, its tasks, what they gave."""

import datetime
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sentiment_pipelines.environments import VAR

EXIT_BAD_INPUT = 2


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
        exit_code: 0 done, 2 bad input, anything else a bug.
    """

    name: str
    image: str
    folder: Path
    log: Path
    rerun: Path
    seconds: float
    exit_code: int

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
    def begin(cls) -> "Run":
        """Creates a new run's folder and points ``var/runs/latest`` at it."""
        run = cls(datetime.datetime.now(datetime.UTC).strftime("%Y%m%d-%H%M%S-%f")[:-3])
        run.logs.mkdir(parents=True)
        latest = run.folder.parent / "latest"
        latest.unlink(missing_ok=True)
        latest.symlink_to(run.id)
        return run

    @property
    def folder(self) -> Path:
        """Everything of this run."""
        return VAR / "runs" / self.id

    @property
    def logs(self) -> Path:
        """One log and one rerun script per task."""
        return self.folder / "logs"

    def task(self, name: str) -> TaskRecord | None:
        """Returns an ended task by name, None if it did not run."""
        return next((task for task in self.tasks if task.name == name), None)


class Observer(Protocol):
    """Watches a run: the progress display and the experiment tracker are observers."""

    def started(self, task: str) -> None:
        """A task begins."""

    def line(self, task: str, text: str) -> None:
        """A task wrote a line to its log."""

    def finished(self, record: TaskRecord) -> None:
        """A task ended."""
