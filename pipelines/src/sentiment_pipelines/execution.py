"""One run of the training pipeline on this machine, or its plan: everything around the tasks."""

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from sentiment_pipelines import display, environments, parameters, previous, runs
from sentiment_pipelines.cache import Cache
from sentiment_pipelines.environments import ROOT
from sentiment_pipelines.graph import TRAINING
from sentiment_pipelines.recorder import Recorder
from sentiment_pipelines.runs import EXIT_BAD_INPUT, Observer, Run

if TYPE_CHECKING:
    from sentiment_pipelines.champion import Champion

EXIT_DONE, EXIT_BUG, EXIT_REFUSED = 0, 1, 3
RESOLVED = ("champion", "previous_examples", "previous_statistics")
"""Parameters that are artifacts from outside, found and written before a run."""


@dataclass(frozen=True)
class Outside:
    """The artifacts from outside that a run or a plan is given.

    Attributes:
        champion: The champion, if there is one.
        previous: Whose splits are carried forward, in words.
        values: Folder of each artifact, by parameter.
    """

    champion: "Champion | None"
    previous: str
    values: Mapping[str, str]


def run(
    params: Path, assignments: Sequence[str], console: Console, picture: Path | None, *, fresh: bool
) -> int:
    """Runs the training pipeline and shows what comes of it.

    Args:
        params: The parameters file.
        assignments: ``name=value``, which win over the file.
        console: Where to show it.
        picture: Where to save what was shown as an SVG.
        fresh: Whether to run every task, whatever earlier runs have done.

    Returns:
        The exit code: 0 done, 1 a bug, 2 bad input, 3 refused.
    """
    begin = time.monotonic()
    given = read_parameters(params, assignments)
    with runs.exclusive(), recording() as recorder:
        for dead in runs.close_dead():
            recorder.ask("close_dead", dead.id)
            console.print(f"run {dead.id} was killed; it is closed now, its whole tasks are reused")
        current = Run.begin({"parameters": given, "pipeline": TRAINING.stem})
        try:
            outcome = _run(current, given, recorder, console, fresh=fresh)
        except BaseException:
            current.note(status=runs.KILLED, outcome="stopped")
            raise
        seconds = time.monotonic() - begin
        current.note(seconds=round(seconds, 1))
    _report(console, current, outcome, seconds)
    if picture:
        display.save_picture(console, picture)
    if outcome == "failed":
        return EXIT_BAD_INPUT if current.tasks[-1].exit_code == EXIT_BAD_INPUT else EXIT_BUG
    return EXIT_REFUSED if outcome == "refused" else EXIT_DONE


def _run(
    current: Run, given: Mapping[str, Any], recorder: Recorder, console: Console, *, fresh: bool
) -> str:
    from sentiment_pipelines import tracker
    from sentiment_pipelines.backends import process

    _prepare_environments(console, [process.room_for(image) for image in process.images(TRAINING)])
    outside = resolve(recorder, given, current.folder)
    console.print(f"run {current.id}, champion {_champion(outside)}")
    values = {**given, **outside.values}
    revision = code_revision()
    tags = {"mlflow.source.git.commit": revision} if revision else {}
    mlflow_run = recorder.ask("begin", current.id, given, tags)
    digest = outside.champion.digest if outside.champion else None
    current.note(mlflow_run=mlflow_run, champion=digest, revision=revision)
    cache = _Blind(runs.folder()) if fresh else Cache(runs.folder())
    variables = {**tracker.settings(), "SENTIMENT_RUN": current.id}
    observers: list[Observer] = [display.Progress(console), recorder]
    try:
        done = process.execute(TRAINING, values, current, observers, variables, cache)
    except BaseException:
        recorder.close("KILLED", "stopped")
        raise
    outcome = outcome_of(current) if done else "failed"
    recorder.close("FINISHED" if done else "FAILED", outcome)
    current.note(status=runs.FINISHED if done else runs.FAILED, outcome=outcome)
    return outcome


class _Blind(Cache):
    """A cache that finds nothing: every task runs, and later runs may use what it makes."""

    def find(self, key: Any) -> None:
        """Finds nothing."""


def plan(params: Path, assignments: Sequence[str], console: Console) -> int:
    """Shows what a run would do with each task, before anything runs."""
    given = read_parameters(params, assignments)
    with recording() as recorder, tempfile.TemporaryDirectory() as folder:
        from sentiment_pipelines import graph
        from sentiment_pipelines import plan as planning
        from sentiment_pipelines.backends import process

        outside = resolve(recorder, given, Path(folder))
        tasks = graph.read(TRAINING, {**given, **outside.values})
        steps = planning.plan(
            tasks,
            lambda uri: process.artifact_digest(Path(uri)),
            process.identity,
            Cache(runs.folder()),
        )
    console.print(f"champion {_champion(outside)}", soft_wrap=True)
    console.print(f"splits carried forward: {outside.previous}", soft_wrap=True)
    console.print(display.plan(steps), soft_wrap=True)
    return EXIT_DONE


def read_parameters(params: Path, assignments: Sequence[str]) -> dict[str, Any]:
    """Returns the parameters of a run; those that name files here name them from the root."""
    given = parameters.read(params, assignments, TRAINING)
    given.setdefault("previous_examples", previous.AUTO)
    given.setdefault("previous_statistics", previous.NONE)
    return {name: _absolute(value) for name, value in given.items()}


def _absolute(value: Any) -> Any:
    """Makes a path or pattern absolute, so that it means the same in every folder."""
    if isinstance(value, str) and value and "://" not in value:
        # A policy may be given as TOML itself, which is too long for the name of a file.
        there = os.path.exists(value) or ("*" in value and any(Path().glob(value)))  # noqa: PTH110
        return str(Path(value).absolute()) if there else value
    return value


@contextlib.contextmanager
def recording() -> Iterator[Recorder]:
    """Starts the process that writes to MLflow, and ends it with whatever it has open."""
    recorder = Recorder()
    try:
        yield recorder
    finally:
        recorder.stop()


def resolve(recorder: Recorder, given: Mapping[str, Any], folder: Path) -> Outside:
    """Finds the artifacts from outside and writes them into a folder."""
    champion = recorder.ask("champion", folder / "champion")
    taken = previous.resolve(
        str(given["previous_examples"]), champion, folder / "previous_examples"
    )
    previous.resolve_statistics(
        str(given["previous_statistics"]), champion, folder / "previous_statistics"
    )
    return Outside(champion, taken, {name: str(folder / name) for name in RESOLVED})


def _champion(outside: Outside) -> str:
    champion = outside.champion
    if champion is None:
        return "none yet"
    return f"{champion.name} (version {champion.version}, {champion.digest[7:19]})"


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


def _prepare_environments(console: Console, needed: Sequence[environments.Room]) -> None:
    for room in needed:
        begin = time.monotonic()
        if environments.sync(room):
            console.print(f"environment of {room.name} made in {time.monotonic() - begin:.0f} s")


def outcome_of(current: Run) -> str:
    """Returns what a run that went through came to: pushed, already-champion or refused."""
    evaluate = current.task("evaluate")
    if evaluate is None:
        return "refused"
    verdict = str(evaluate.results["verdict"])
    return "pushed" if verdict == "blessed" else verdict


def _report(console: Console, current: Run, outcome: str, seconds: float) -> None:
    failed = next((task for task in current.tasks if task.exit_code), None)
    if failed:
        display.failure(console, failed)
        return
    evaluate = current.task("evaluate")
    if evaluate:
        console.print(display.models(_json(evaluate.folder / "evaluation" / "evaluation.json")))
        blessing = _json(evaluate.folder / "blessing" / "blessing.json")
        console.print(display.verdict(blessing), soft_wrap=True)
    places = [*_reports(current), ("experiments", "make ui")]
    if outcome in ("pushed", "already-champion"):
        places.append(("serve the model", "make serve"))
    display.where_next(console, current, places)
    console.print(f"{outcome} in {seconds:.0f} s")


def _reports(current: Run) -> list[tuple[str, object]]:
    """Copies the HTML reports to the top of the run's folder, with a name that a browser opens."""
    found: list[tuple[str, object]] = []
    for stage, name in (("validate", "data report"), ("evaluate", "evaluation report")):
        task = current.task(stage)
        if task:
            target = current.folder / f"{name.replace(' ', '-')}.html"
            shutil.copyfile(task.folder / "report", target)
            found.append((name, target))
    return found


def _json(path: Path) -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads(path.read_text())
    return content
