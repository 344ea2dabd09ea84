"""Shows a run in the cluster, several tasks of which may be under way at once."""

from collections.abc import Sequence

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.text import Text

from sentiment_pipelines import display
from sentiment_pipelines.backends.kubeflow import states
from sentiment_pipelines.backends.kubeflow.states import State

REMARKS = {states.REUSED: "  as in an earlier run", states.SKIPPED: "  not due"}


class Progress:
    """Leaves a line per task; in a terminal it also shows what runs now.

    Args:
        console: Where to write.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, refresh_per_second=4, transient=True, auto_refresh=False)

    def __enter__(self) -> "Progress":
        """Begins to show what runs."""
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Takes away what runs."""
        self._live.stop()

    def running(self, tasks: Sequence[State]) -> None:
        """Shows the tasks that run now."""
        if self._console.is_terminal:
            line = ", ".join(f"{task.name} {task.seconds:.0f} s" for task in tasks)
            self._live.update(Text(f"… {line or 'waiting'}", no_wrap=True), refresh=True)

    def ended(self, task: State) -> None:
        """Leaves one line per task."""
        remark = REMARKS.get(task.state, "")
        self._console.print(
            display.task(display.MARKS[task.state], task.name, task.seconds, remark)
        )

    def note(self, line: str) -> None:
        """Says something else."""
        self._console.print(f"[yellow]![/] {escape(line)}", soft_wrap=True)
