"""What a run came to, and what a person is told of it at its end."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from sentiment_pipelines import display
from sentiment_pipelines.champion import ALIAS
from sentiment_pipelines.runs import Run

PUSHED, CHAMPION, REFUSED, FAILED = "pushed", "already-champion", "refused", "failed"
EXPLORED, SCORED = "explored", "scored"
NOT_PUSHED = "not-pushed"
"""Of a run in a cluster whose verdict is that of an earlier one, which nobody has any more."""
REPORTS = (
    ("explore", "exploration"), ("validate", "data report"), ("evaluate", "evaluation report"),
    ("monitor", "monitoring report"),
)  # fmt: skip
"""Tasks that write a page, and what the page is called."""
_SERVING = ("serve the model", "make serve")


def of(run: Run) -> str:
    """Returns what a run that went through came to."""
    if run.task("explore"):
        return EXPLORED
    if run.task("batch-predict"):
        return SCORED
    if watched := run.task("monitor"):
        return str(watched.results["decision"])
    evaluate = run.task("evaluate")
    if evaluate is None:
        return REFUSED
    verdict = str(evaluate.results["verdict"])
    return PUSHED if verdict == "blessed" else verdict


def report(
    console: Console,
    run: Run,
    outcome: str,
    seconds: float,
    elsewhere: Sequence[tuple[str, object]] = (),
) -> None:
    """Shows what came of a run and where to look, or which task failed.

    Args:
        console: Where to show it.
        run: The run.
        outcome: What it came to.
        seconds: How long it took.
        elsewhere: Where to look, of a run that was not on this machine.
    """
    failed = next((task for task in run.tasks if task.exit_code), None)
    if failed:
        display.failure(console, failed)
        return
    for task, show in _SHOWN.items():
        record = run.task(task)
        if record:
            show(console, record.folder)
    places: list[tuple[str, object]] = [*_pages(run), *elsewhere]
    if not elsewhere and run.task("ingest") and outcome != EXPLORED:
        places.append(("experiments", "make ui"))
    if not elsewhere and outcome in (PUSHED, CHAMPION):
        alias = run.facts["parameters"].get("alias", ALIAS)
        places.append(_SERVING if alias == ALIAS else (f"behind {alias!r}", "docs/experiments.md"))
    display.where_next(console, run, places)
    console.print(f"{outcome} in {seconds:.0f} s")


def _show_evaluation(console: Console, folder: Path) -> None:
    console.print(display.models(_json(folder / "evaluation" / "evaluation.json")))
    blessing = _json(folder / "blessing" / "blessing.json")
    console.print(display.verdict(blessing), soft_wrap=True)


_SHOWN: Mapping[str, Callable[[Console, Path], None]] = {"evaluate": _show_evaluation}


def _pages(run: Run) -> Iterator[tuple[str, object]]:
    """Copies the pages to the top of the run's folder, with a name that a browser opens."""
    for stage, name in REPORTS:
        task = run.task(stage)
        if task:
            target = run.folder / f"{name.replace(' ', '-')}.html"
            shutil.copyfile(task.folder / "report", target)
            yield name, target


def _json(path: Path) -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads(path.read_text())
    return content
