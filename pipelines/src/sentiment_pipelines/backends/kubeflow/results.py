"""Brings home what a run in the cluster has come to: verdicts, reports, a model's examples.

Kubeflow's API knows no output. They lie in the artifact store, below the run that made them, as
``ROOT/PIPELINE/RUN/TASK/EXECUTION/OUTPUT``. What a task took from its cache lies below an earlier
run: of the same parameters, images and commands, as the cache's key is made of them. A run that was
told to reuse nothing (``--fresh``) leaves nothing in the cache either, so it is none of those.
"""

import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from sentiment_common.artifacts import write_json
from sentiment_pipelines import graph, outcomes
from sentiment_pipelines.backends.kubeflow import states
from sentiment_pipelines.backends.kubeflow.client import Kubeflow
from sentiment_pipelines.backends.kubeflow.states import State
from sentiment_pipelines.backends.kubeflow.types import Package, Store
from sentiment_pipelines.runs import Run, TaskRecord

JUDGED = {
    "validate": ("anomalies", "report"), "evaluate": ("evaluation", "blessing", "report"),
    "explore": ("report",),
}  # fmt: skip
"""Outputs that a person is shown, by task."""
KEPT = {"ingest": ("examples",), "validate": ("anomalies", "report", "statistics")}
"""Outputs that the run after a promotion begins with."""
UNDECIDED = ("alias",)
"""Parameters that change nothing of what is judged."""


def home(
    store: Store, kubeflow: Kubeflow, package: Package, seen: Any, tasks: Sequence[State], run: Run
) -> str:
    """Copies what a run has come to into its folder and returns the outcome.

    Args:
        store: The artifact store.
        kubeflow: Knows earlier runs.
        package: What was run.
        seen: The run, a ``V2beta1Run`` that has succeeded.
        tasks: What its tasks have come to.
        run: Is given a record of each task whose outputs were brought home.

    Raises:
        InputError: The store does not answer, or does not let us in.
    """
    done = {task.name: task for task in tasks if task.state in (states.DONE, states.REUSED)}
    wanted = {**JUDGED, **(KEPT if "push" in done else {})}
    for name, outputs in wanted.items():
        if name in done:
            places = _places(kubeflow, package, seen, done[name])
            folder = run.folder / "tasks" / package.pipeline / name
            if _bring(store, places, outputs, folder):
                _conclude(folder, done)
                run.tasks.append(_record(done[name], run, folder))
    return _outcome(run, done)


def _outcome(run: Run, done: Mapping[str, State]) -> str:
    if "push" in done:
        return outcomes.PUSHED
    if "evaluate" in done and run.task("evaluate") is None:
        return outcomes.NOT_PUSHED
    if "explore" in done:
        return outcomes.EXPLORED
    return outcomes.of(run)


def _places(kubeflow: Kubeflow, package: Package, seen: Any, task: State) -> Iterator[str]:
    """Yields where the outputs of a task may lie, the likeliest first."""
    root = f"{package.root.rstrip('/')}/{package.pipeline}"
    yield f"{root}/{seen.run_id}/{task.name}/"
    if task.state == states.REUSED:
        work = functools.cache(lambda pipeline, version: _work(kubeflow, pipeline, version))
        for earlier in kubeflow.runs(seen.experiment_id):
            if earlier.run_id != seen.run_id and _alike(earlier, seen, work):
                yield f"{root}/{earlier.run_id}/{task.name}/"


def _alike(one: Any, other: Any, work: Callable[[str, str], Any]) -> bool:
    references = [run.pipeline_version_reference for run in (one, other)]
    if not all(references) or len({it.pipeline_id for it in references}) > 1:
        return False
    first, second = ((it.pipeline_id, it.pipeline_version_id) for it in references)
    return _given(one) == _given(other) and (first == second or work(*first) == work(*second))


def _given(run: Any) -> dict[str, Any]:
    given = (run.runtime_config.parameters if run.runtime_config else None) or {}
    return {name: value for name, value in given.items() if name not in UNDECIDED}


def _work(kubeflow: Kubeflow, pipeline: str, version: str) -> Any:
    """Returns what of a pipeline's version decides what its tasks find in the cache."""
    specification = kubeflow.specification(pipeline, version)
    containers = {
        label: [executor["container"].get(it) for it in ("image", "command", "args")]
        for label, executor in specification["deploymentSpec"]["executors"].items()
        if "container" in executor
    }
    return containers, [task.get("cachingOptions") for task in graph.nodes(specification)]


def _bring(store: Store, places: Iterable[str], outputs: Sequence[str], folder: Path) -> bool:
    """Copies outputs from the first place that has all of them: an attempt that failed has not."""
    for place in places:
        attempts: dict[str, dict[PurePosixPath, str]] = {}
        for name in store.names(place):
            attempt, *inside = PurePosixPath(name.removeprefix(place)).parts
            if inside and inside[0] in outputs and ".." not in inside:
                attempts.setdefault(attempt, {})[PurePosixPath(*inside)] = name
        whole = [it for it in attempts.values() if {path.parts[0] for path in it} == set(outputs)]
        if whole:
            for path, name in whole[-1].items():
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(store.read(name))
            return True
    return False


def _conclude(folder: Path, done: Mapping[str, State]) -> None:
    """Writes the verdict where a run on this machine has it from its stage."""
    blessing = folder / "blessing" / "blessing.json"
    results = {}
    if blessing.is_file():
        results["verdict"] = json.loads(blessing.read_text(encoding="utf-8"))["verdict"]
    elif folder.name == "validate":
        results["verdict"] = "accepted" if "evaluate" in done else "refused"
    write_json(folder / "executor_output.json", {"parameterValues": results, "artifacts": {}})


def _record(task: State, run: Run, folder: Path) -> TaskRecord:
    log, rerun = run.logs / f"{task.name}.log", run.logs / f"{task.name}.sh"
    return TaskRecord(task.name, "", folder, log, rerun, task.seconds, 0)
