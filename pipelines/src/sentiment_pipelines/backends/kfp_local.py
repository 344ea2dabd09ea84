"""All that is changed in kfp.local, and nothing more; delete pieces as upstream fixes land.

kfp.local walks the compiled pipeline: order, conditions, loops, retries, exit handlers. Five things
it lacks are added while ``hooks`` is entered:

1. Container components run as processes (kubeflow/pipelines#13313): its handler for them is ours.
2. ``dsl.If`` on a *named* output is resolved; upstream takes it for false and reports SUCCESS.
3. A task's folder is named after the task; upstream names it after the component, so that two
   tasks of one component overwrite each other.
4. Importers may import the artifact types of this house.
5. Independent tasks come in the order of their names; upstream's differs from run to run.

``check`` compares what is patched with what these patches were written for, and fails loudly.
"""

import contextlib
import contextvars
import hashlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import kfp
from kfp import dsl, local
from kfp.dsl.types import type_utils
from kfp.local import (
    executor_input_utils,
    graph_utils,
    importer_handler,
    status,
    subprocess_task_handler,
    task_dispatcher,
    task_handler_interface,
)
from kfp.local.orchestrator import enhanced_dag_orchestrator, task_executor

RunTask = Callable[[str, str, list[str]], bool]
"""Runs a task, given its name, image and command; returns whether it succeeded."""

_evaluator = enhanced_dag_orchestrator.ConditionEvaluator
_PATCHED = {
    "run_single_task_implementation": (
        task_dispatcher.run_single_task_implementation,
        "352b81d11542f64a",
    ),
    "execute_single_task": (task_executor.execute_single_task, "ee78ffed032b5fdd"),
    "_resolve_pipeline_channel": (_evaluator._resolve_pipeline_channel, "8c061e7b1d2e75dc"),
    "get_local_task_resource_name": (
        executor_input_utils.get_local_task_resource_name,
        "3e82759eed753084",
    ),
    "get_artifact_class_from_schema_title": (
        importer_handler.get_artifact_class_from_schema_title,
        "28a581adb070fc8b",
    ),
    "topological_sort_tasks": (graph_utils.topological_sort_tasks, "941793c3ba7abaec"),
}


def check() -> None:
    """Compares the patched functions with the ones these patches were written for.

    Raises:
        RuntimeError: kfp changed one of them; read the change before running anything with it.
    """
    changed = [name for name, (function, known) in _PATCHED.items() if _source(function) != known]
    if changed:
        raise RuntimeError(
            f"kfp {kfp.__version__} changed {', '.join(changed)}, which kfp_local.py patches: "
            "compare its source with the patches there, then update their digests"
        )


def _source(function: Callable[..., Any]) -> str:
    return hashlib.sha256(inspect.getsource(function).encode()).hexdigest()[:16]


@contextlib.contextmanager
def hooks(run_task: RunTask, artifact_types: tuple[type[dsl.Artifact], ...]) -> Iterator[None]:
    """Makes kfp.local run container components through ``run_task`` inside the context."""
    check()
    current: contextvars.ContextVar[str] = contextvars.ContextVar("task")
    execute = task_executor.execute_single_task

    def execute_named(task_name: str, **arguments: Any) -> Any:
        token = current.set(task_name)
        try:
            return execute(task_name=task_name, **arguments)
        finally:
            current.reset(token)

    class TaskHandler(task_handler_interface.ITaskHandler):
        """Hands a container's image and command to ``run_task``."""

        def __init__(self, image: str, full_command: list[str], **_: Any) -> None:
            self.image, self.command = image, full_command

        def run(self) -> status.Status:
            done = run_task(current.get(), self.image, self.command)
            return status.Status.SUCCESS if done else status.Status.FAILURE

    titles = {kind.schema_title.removeprefix("system.").lower(): kind for kind in artifact_types}
    with contextlib.ExitStack() as stack:
        for target, name, replacement in (
            (subprocess_task_handler, "SubprocessTaskHandler", TaskHandler),
            (task_executor, "execute_single_task", execute_named),
            (executor_input_utils, "get_local_task_resource_name", lambda _: current.get()),
            (_evaluator, "_resolve_pipeline_channel", staticmethod(_resolve_channel)),
            (graph_utils, "topological_sort_tasks", _sorted_by_name),
        ):
            stack.enter_context(mock.patch.object(target, name, replacement))
        stack.enter_context(mock.patch.dict(type_utils.ARTIFACT_CLASSES_MAPPING, titles))
        yield


def initialize(pipeline_root: str) -> None:
    """Points kfp.local at a folder for the tasks' outputs."""
    local.init(local.SubprocessRunner(use_venv=False), pipeline_root=pipeline_root)


def _sorted_by_name(tasks: Any) -> list[str]:
    """Sorts tasks topologically; upstream takes equals in the order of a protobuf map."""
    needed = graph_utils.build_dependency_map(tasks)
    order: list[str] = graph_utils.topological_sort(dict(sorted(needed.items())))
    return order


_resolve_upstream = _evaluator._resolve_pipeline_channel


def _resolve_channel(channel_ref: str, io_store: Any) -> Any:
    """Resolves ``pipelinechannel--TASK-OUTPUT``, where both names may contain hyphens."""
    parts = channel_ref.removeprefix("pipelinechannel--").split("-")
    for cut in range(len(parts) - 1, 0, -1):
        with contextlib.suppress(ValueError, KeyError):
            return io_store.get_task_output("-".join(parts[:cut]), "-".join(parts[cut:]))
    return _resolve_upstream(channel_ref, io_store)
