"""What a compiled pipeline will do, as plain data: its tasks, where their inputs come from, when.

kfp.local walks a pipeline while it runs it. The plan needs to know the same before anything runs.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sentiment_pipelines.environments import ROOT

COMPILED = ROOT / "pipelines" / "compiled"
"""Where the compiled pipelines lie."""
TRAINING = COMPILED / "training.yaml"
EXPLORATION = COMPILED / "exploration.yaml"
BATCH = COMPILED / "batch.yaml"
MONITORING = COMPILED / "monitoring.yaml"
SCHEDULED = COMPILED / "scheduled.yaml"
_CONVERSIONS = {"NUMBER_INTEGER": int, "NUMBER_DOUBLE": float, "BOOLEAN": bool}
_COMPARISON = re.compile(
    r"inputs\.parameter_values\['(?P<name>[^']+)'\] (?P<sign>==|!=) '(?P<value>[^']*)'"
)

_PARAMETER = re.compile(r"parameter_values\['([^']+)'\]")


def compiled(pipeline: str) -> Path:
    """Returns the compiled pipeline of a name, e.g. ``training``."""
    return COMPILED / f"{pipeline}.yaml"


def name(compiled: Path) -> str:
    """Returns what a compiled pipeline is called in a cluster, e.g. ``sentiment-training``."""
    pipeline = next(yaml.load_all(compiled.read_text(), Loader=LOADER))
    return str(pipeline["pipelineInfo"]["name"])


def nodes(pipeline: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields the tasks of a compiled pipeline and of the graphs in it, as KFP writes them."""
    for component in (pipeline["root"], *pipeline["components"].values()):
        yield from component.get("dag", {}).get("tasks", {}).values()


@dataclass(frozen=True)
class Output:
    """An output of another task, an artifact or a parameter."""

    task: str
    name: str


@dataclass(frozen=True)
class Imported:
    """An artifact that enters the pipeline from outside, by its address."""

    uri: Any


@dataclass(frozen=True)
class Condition:
    """``dsl.If``: a comparison of a value with a text.

    Attributes:
        left: The value, or where it comes from.
        equal: Whether the two are to be equal or to differ; None if this module cannot read the
            condition, which then is about ``left`` and nobody knows how.
        right: The text.
    """

    left: Any
    equal: bool | None = None
    right: str = ""


@dataclass(frozen=True)
class Task:
    """One task of a pipeline.

    Attributes:
        name: Its name in the pipeline.
        image: The image it runs in.
        interface: Digest of the image and the command line that KFP fills in.
        parameters: Value of each parameter, or the ``Output`` it comes from.
        artifacts: The ``Output`` or ``Imported`` behind each input artifact that is given.
        conditions: All of them hold, or the task is left out.
        reusable: False for a task that acts on the world outside (KFP: caching disabled).
    """

    name: str
    image: str
    interface: str
    parameters: Mapping[str, Any]
    artifacts: Mapping[str, Output | Imported]
    conditions: tuple[Condition, ...]
    reusable: bool


def read(compiled: Path, arguments: Mapping[str, Any]) -> list[Task]:
    """Returns the tasks of a compiled pipeline in an order in which they can run.

    Args:
        compiled: The compiled pipeline.
        arguments: Values of its parameters; those left out have their defaults.
    """
    pipeline = next(yaml.load_all(compiled.read_text(), Loader=LOADER))
    walk = _Walk(pipeline)
    given = _with_defaults(pipeline["root"].get("inputDefinitions", {}), arguments)
    return _ordered(list(walk.tasks(pipeline["root"]["dag"], given, {}, ())))


LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The loader written in C takes a tenth of the time."""


class _Walk:
    """Goes through the nested graphs of one pipeline.

    Args:
        pipeline: The pipeline's specification.
    """

    def __init__(self, pipeline: Mapping[str, Any]) -> None:
        self._components = pipeline["components"]
        self._executors = pipeline["deploymentSpec"]["executors"]

    def tasks(
        self,
        dag: Mapping[str, Any],
        parameters: Mapping[str, Any],
        artifacts: Mapping[str, Any],
        conditions: tuple[Condition, ...],
    ) -> Iterator[Task]:
        """Yields the tasks of a graph and of the graphs in it, given the graph's own inputs."""
        imported = {
            name: self._importer(task, parameters)
            for name, task in dag["tasks"].items()
            if "importer" in self._executor(task)
        }
        for name, task in dag["tasks"].items():
            if name in imported:
                continue
            component = self._components[task["componentRef"]["name"]]
            inputs = task.get("inputs", {})
            values = {
                key: _resolved(source, parameters)
                for key, source in inputs.get("parameters", {}).items()
            }
            values = _with_defaults(component.get("inputDefinitions", {}), values)
            given = {
                key: _artifact(source, artifacts, imported)
                for key, source in inputs.get("artifacts", {}).items()
            }
            if "dag" in component:
                held = conditions
                if trigger := task.get("triggerPolicy", {}).get("condition"):
                    held = (*conditions, *_conditions(trigger, values))
                yield from self.tasks(component["dag"], values, given, held)
                continue
            executor = self._executor(task)
            caching = task.get("cachingOptions", {}).get("enableCache", False)
            yield Task(
                name, executor["container"]["image"], interface(executor["container"]), values,
                given, conditions, caching,
            )  # fmt: skip

    def _executor(self, task: Mapping[str, Any]) -> Mapping[str, Any]:
        component = self._components[task["componentRef"]["name"]]
        executor: Mapping[str, Any] = self._executors.get(component.get("executorLabel"), {})
        return executor

    def _importer(self, task: Mapping[str, Any], parameters: Mapping[str, Any]) -> Imported:
        return Imported(_resolved(task["inputs"]["parameters"]["uri"], parameters))


def interface(container: Mapping[str, Any]) -> str:
    """Digests an executor's image and command line, placeholders included."""
    return hashlib.sha256(json.dumps(container, sort_keys=True).encode()).hexdigest()


def _resolved(source: Mapping[str, Any], parameters: Mapping[str, Any]) -> Any:
    if "componentInputParameter" in source:
        return parameters[source["componentInputParameter"]]
    if "taskOutputParameter" in source:
        output = source["taskOutputParameter"]
        return Output(output["producerTask"], output["outputParameterKey"])
    return source["runtimeValue"]["constant"]


def _artifact(
    source: Mapping[str, Any], artifacts: Mapping[str, Any], imported: Mapping[str, Imported]
) -> Any:
    if "componentInputArtifact" in source:
        return artifacts[source["componentInputArtifact"]]
    output = source["taskOutputArtifact"]
    producer = output["producerTask"]
    return imported.get(producer) or Output(producer, output["outputArtifactKey"])


def _with_defaults(definitions: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Adds the defaults of parameters that were not given, each value in its declared type."""
    values = {}
    for name, definition in definitions.get("parameters", {}).items():
        value = given.get(name, definition.get("defaultValue"))
        convert = _CONVERSIONS.get(definition["parameterType"])
        known = value is not None and not isinstance(value, Output)
        values[name] = convert(value) if convert and known else value
    return values


def _conditions(trigger: str, values: Mapping[str, Any]) -> Iterator[Condition]:
    for part in trigger.split(" && "):
        match = _COMPARISON.fullmatch(part)
        if match:
            yield Condition(values[match["name"]], match["sign"] == "==", match["value"])
            continue
        for name in _PARAMETER.findall(part):
            yield Condition(values[name])


def _ordered(tasks: list[Task]) -> list[Task]:
    """Orders tasks so that each comes after those it takes something from."""
    ordered: list[Task] = []
    waiting = tasks
    while waiting:
        placed = {task.name for task in ordered}
        ready = [task for task in waiting if producers(task) <= placed]
        if not ready:
            raise ValueError(f"tasks wait for each other: {', '.join(t.name for t in waiting)}")
        ordered += ready
        waiting = [task for task in waiting if task not in ready]
    return ordered


def producers(task: Task) -> set[str]:
    """Returns the names of the tasks that a task takes something from or is decided by."""
    sources = [*task.parameters.values(), *task.artifacts.values()]
    sources += [condition.left for condition in task.conditions]
    return {source.task for source in sources if isinstance(source, Output)}
