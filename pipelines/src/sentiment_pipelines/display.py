"""What a person sees of a run: live progress, then the models, the verdict and where to look."""

import re
import shlex
import signal
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from sentiment_pipelines.plan import DEPENDS, RERUN, REUSE, SKIP, Step
from sentiment_pipelines.runs import EXIT_BAD_INPUT, Run, TaskRecord

MANY = ("slices", "out_of_domain", "behaviour")
"""Sections of the policy whose rules are many: one a slice, a source, a capability."""
METRICS = ("accuracy", "auc_ovr_macro", "expected_calibration_error")
MARKS = {
    "done": "[green]✓[/]",
    "failed": "[red]✗[/]",
    "reused": "[cyan]=[/]",
    "skipped": "[dim]–[/]",
}
"""What stands before a task that has ended."""


class Progress:
    """An observer that shows each task with its time; in a terminal live, with its last line.

    Args:
        console: Where to write.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._task, self._begin, self._last = "", 0.0, ""
        self._live = Live(get_renderable=self._line, console=console, refresh_per_second=4)

    def started(self, task: str) -> None:
        """Shows the task as running."""
        self._task, self._begin, self._last = task, time.monotonic(), ""
        if self._console.is_terminal:
            self._live = Live(
                get_renderable=self._line,
                console=self._console,
                refresh_per_second=4,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()

    def line(self, task: str, text: str) -> None:
        """Shows the last line the task wrote."""
        self._last = text

    def finished(self, record: TaskRecord) -> None:
        """Leaves one line per task."""
        if self._console.is_terminal:
            self._live.stop()
        told = {name: str(value) for name, value in record.results.items()}
        # A result of many lines is a file for another program.
        results = "".join(f"  {name} {it}" for name, it in told.items() if "\n" not in it)
        mark = MARKS["done" if record.exit_code == 0 else "failed"]
        if record.reused_from:
            mark, results = MARKS["reused"], f"  as in run {record.reused_from}{results}"
        self._console.print(task(mark, record.name, record.seconds, results))

    def _line(self) -> Text:
        elapsed = time.monotonic() - self._begin
        line = f"… {self._task:<16} {elapsed:6.1f} s  {self._last}"
        return Text(line[: self._console.width], no_wrap=True)


def task(mark: str, name: str, seconds: float, more: str = "") -> str:
    """Returns the line of a task that has ended."""
    return f"{mark} {name:<16} {seconds:6.1f} s[dim]{escape(more)}[/]"


def failure(console: Console, record: TaskRecord) -> None:
    """Says which task failed, with its last lines and how to run it again."""
    if record.exit_code < 0:
        name = signal.Signals(-record.exit_code).name
        mend = "; is there too little memory?" if name == "SIGKILL" else ""
        console.print(f"[red]{record.name} was ended by {name}[/]{mend}")
    elif record.exit_code == EXIT_BAD_INPUT:
        console.print(f"[red]{record.name}:[/] {escape(record.last_lines(1)[0])}", soft_wrap=True)
    else:
        console.print(
            f"[red]{record.name} failed[/] (exit code {record.exit_code}); its last lines:"
        )
        for line in record.last_lines():
            console.print(f"  {escape(line)}", soft_wrap=True, highlight=False)
    rerun = shlex.quote(str(_short(record.rerun)))
    console.print(f"log:       {_short(record.log)}", soft_wrap=True, highlight=False)
    console.print(f"run again: sh {rerun}", soft_wrap=True, highlight=False)


def plan(steps: Sequence[Step]) -> str:
    """Returns what a run would do with each task and why, a line each."""
    colours = {REUSE: "cyan", RERUN: "yellow", DEPENDS: "yellow", SKIP: "dim"}
    words = {REUSE: "reuse", RERUN: "rerun", DEPENDS: "depends on", SKIP: "skip"}
    lines = []
    for step in steps:
        reasons = (", " if step.action == DEPENDS else "; ").join(step.reasons)
        reasons = f"run {reasons}" if step.action == REUSE else reasons
        action = f"[{colours[step.action]}]{words[step.action]:<10}[/]"
        lines.append(f"  {step.task:<16} {action}  {escape(reasons)}")
    return "\n".join(lines)


def models(evaluation: Mapping[str, Any]) -> Table:
    """Returns the table of models by metric, on the test split."""
    table = Table(title=f"Test split, {evaluation['rows']['test']:,} texts", title_justify="left")
    table.add_column("model", no_wrap=True)
    for name in ("macro-F1", "interval", "accuracy", "AUC", "ECE"):
        table.add_column(name, justify="right", no_wrap=True)
    for model in evaluation["models"]:
        metrics = model["test"]["metrics"]
        score = metrics["macro_f1"]
        style = "bold" if model["chosen"] else ""
        table.add_row(
            f"{'→' if model['chosen'] else ' '} {model['name']}",
            f"{score['value']:.3f}",
            f"{score['low']:.3f} – {score['high']:.3f}",
            *(f"{metrics[name]['value']:.3f}" for name in METRICS),
            style=style,
        )
    return table


def verdict(blessing: Mapping[str, Any]) -> str:
    """Returns the verdict with its rules, a line each; what a section passed throughout is one.

    That a model is nowhere worse than the champion is one fact; each place where it is, another.
    """
    colour = "red" if blessing["verdict"] == "refused" else "green"
    lines = [f"Verdict on {blessing['candidate']}: [{colour}]{blessing['verdict']}[/]"]
    if forced := blessing.get("forced"):
        lines.append(f"  [red]forced by {escape(forced['by'])}: {escape(forced['reason'])}[/]")
    folded = [rule for rule in blessing["rules"] if _folds(rule)]
    for rule in blessing["rules"]:
        if not _folds(rule):
            mark = "[green]✓[/]" if rule["passed"] else "[red]✗[/]"
            lines.append(f"  {mark} {escape(rule['reason'])}")
    for section, count in Counter(rule["section"] for rule in folded).items():
        name = section.replace("_", " ")
        lines.append(f"  [green]✓[/] {name}: in {count} comparisons not worse than the champion")
    return "\n".join(lines)


def _folds(rule: Mapping[str, Any]) -> bool:
    return bool(rule["passed"]) and rule.get("against") == "champion" and rule["section"] in MANY


def where_next(console: Console, run: Run, reports: Sequence[tuple[str, object]]) -> None:
    """Prints where to look after the run."""
    console.print("Where to look next:")
    logs = [("logs", run.logs)] if any(run.logs.iterdir()) else []
    for what, place in [*reports, *logs]:
        console.print(f"  {what:<18} {_short(place)}", soft_wrap=True, highlight=False)


def _short(place: object) -> object:
    """Returns a path as it is typed from here."""
    here = Path.cwd()
    return place.relative_to(here) if isinstance(place, Path) and here in place.parents else place


def save_picture(console: Console, path: Path) -> None:
    """Saves what was shown as an SVG that loads nothing: rich's own names fonts on a server."""
    svg = console.export_svg(title="make pipeline-run")
    path.write_text(re.sub(r"@font-face \{.*?\}\n", "", svg, flags=re.DOTALL))
