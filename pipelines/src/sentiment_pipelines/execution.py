"""One run of a pipeline on this machine, or its plan: everything around the tasks."""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from sentiment_common.errors import InputError
from sentiment_pipelines import (
    display,
    outcomes,
    outside,
    parameters,
    runs,
    versions,
)
from sentiment_pipelines.backends.kubeflow import Cluster
from sentiment_pipelines.cache import Cache
from sentiment_pipelines.order import EXIT_BUG, EXIT_DONE, EXIT_REFUSED, Order
from sentiment_pipelines.recorder import Recorder, recording
from sentiment_pipelines.runs import EXIT_BAD_INPUT, Observer, Run, code_revision

if TYPE_CHECKING:
    from sentiment_pipelines.backends.local import Backend


def run(
    order: Order,
    console: Console,
    backend: "Backend | Cluster",
    picture: Path | None = None,
    *,
    fresh: bool = False,
) -> tuple[int, Run]:
    """Runs a pipeline, here or in a cluster, and shows what comes of it.

    Args:
        order: What to run.
        console: Where to show it.
        backend: Runs the tasks.
        picture: Where to save what was shown as an SVG.
        fresh: Whether to run every task, whatever earlier runs have done.

    Returns:
        The exit code (0 done, 1 a bug, 2 bad input, 3 refused) and the run.
    """
    if isinstance(backend, Cluster):
        from sentiment_pipelines.backends.kubeflow import running

        return running.run(order, console, backend, picture, fresh=fresh)
    begin = time.monotonic()
    given, pipeline = order.parameters(), order.compiled.stem
    with runs.exclusive(pipeline), recording() as recorder:
        for dead in runs.close_dead(pipeline):
            recorder.ask("close_dead", dead.id)
            console.print(f"run {dead.id} was killed; it is closed now, its whole tasks are reused")
        facts = {"parameters": given, "pipeline": pipeline, "backend": backend.name}
        current = Run.begin(facts)
        try:
            outcome = _run(order.compiled, current, given, recorder, console, backend, fresh=fresh)
        except InputError:
            current.note(status=runs.FAILED, outcome=outcomes.FAILED)
            raise
        except BaseException:
            current.note(status=runs.KILLED, outcome="stopped")
            raise
        seconds = time.monotonic() - begin
        current.note(seconds=round(seconds, 1))
    outcomes.report(console, current, outcome, seconds)
    if picture:
        display.save_picture(console, picture)
    return _exit_code(current, outcome), current


def _exit_code(current: Run, outcome: str) -> int:
    if outcome == outcomes.FAILED:
        return EXIT_BAD_INPUT if current.tasks[-1].exit_code == EXIT_BAD_INPUT else EXIT_BUG
    return EXIT_REFUSED if outcome == outcomes.REFUSED else EXIT_DONE


def _run(
    compiled: Path,
    current: Run,
    given: Mapping[str, Any],
    recorder: Recorder,
    console: Console,
    backend: "Backend",
    *,
    fresh: bool,
) -> str:
    from sentiment_pipelines import tracker
    from sentiment_pipelines.backends import local

    backend.prepare(local.images(compiled), current, console)
    found = outside.resolve(recorder, given, parameters.declared(compiled), current.folder)
    console.print(f"run {current.id}, champion {found.champion_in_words}")
    values = {**given, **found.values}
    revision = code_revision()
    tags = {"mlflow.source.git.commit": revision} if revision else {}
    data = versions.of_source(str(given.get("source", "")))
    tags |= {"sentiment.pipeline": compiled.stem, **versions.tags(data)}
    mlflow_run = recorder.ask("begin", current.id, given, tags)
    digest = found.champion.digest if found.champion else None
    current.note(
        mlflow_run=mlflow_run, champion=digest, revision=revision, data=versions.as_json(data)
    )
    cache = _Blind(runs.folder()) if fresh else Cache(runs.folder())
    variables = {**tracker.settings(), "SENTIMENT_RUN": current.id}
    observers: list[Observer] = [display.Progress(console), recorder]
    try:
        done = local.execute(compiled, values, current, observers, variables, cache, backend)
    except BaseException:
        recorder.close("KILLED", "stopped")
        raise
    outcome = outcomes.of(current) if done else outcomes.FAILED
    recorder.close("FINISHED" if done else "FAILED", outcome)
    current.note(status=runs.FINISHED if done else runs.FAILED, outcome=outcome)
    return outcome


class _Blind(Cache):
    """A cache that finds nothing: every task runs, and later runs may use what it makes."""

    def find(self, key: Any) -> None:
        """Finds nothing."""


def plan(order: Order, console: Console, backend: "Backend | Cluster") -> int:
    """Shows what a run would do with each task, before anything runs."""
    if isinstance(backend, Cluster):
        from sentiment_pipelines.backends.kubeflow import running

        return running.plan(order, console, backend)
    given = order.parameters()
    with recording() as recorder, tempfile.TemporaryDirectory() as folder:
        from sentiment_pipelines import graph
        from sentiment_pipelines import plan as planning
        from sentiment_pipelines.backends import local

        declared = parameters.declared(order.compiled)
        found = outside.resolve(recorder, given, declared, Path(folder))
        tasks = graph.read(order.compiled, {**given, **found.values})
        steps = planning.plan(
            tasks,
            lambda uri: local.artifact_digest(Path(uri)),
            backend.identity,
            Cache(runs.folder()),
        )
    console.print(f"champion {found.champion_in_words}", soft_wrap=True)
    if found.previous:
        console.print(f"splits carried forward: {found.previous}", soft_wrap=True)
    console.print(display.plan(steps), soft_wrap=True)
    return EXIT_DONE
