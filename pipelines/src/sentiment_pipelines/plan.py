"""What a run would do, before anything runs: reuse, rerun and why, or wait for another task."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sentiment_pipelines import graph, keys
from sentiment_pipelines.cache import Cache, Entry

REUSE, RERUN, DEPENDS, SKIP = "reuse", "rerun", "depends", "skip"


@dataclass(frozen=True)
class Step:
    """What a run would do with one task.

    Attributes:
        task: Its name.
        action: ``reuse``, ``rerun``, ``depends`` (on tasks that rerun) or ``skip``.
        reasons: Why: what changed, whose outputs are used, which tasks it depends on, or the
            condition that does not hold.
        entry: The finished task that is reused.
    """

    task: str
    action: str
    reasons: Sequence[str]
    entry: Entry | None = None


def plan(
    tasks: Sequence[graph.Task],
    imported: Callable[[str], str],
    identity: Callable[[str], keys.Identity],
    cache: Cache,
) -> list[Step]:
    """Returns what a run would do with each task, in an order in which they can run.

    Args:
        tasks: The pipeline's tasks, as ``graph.read`` orders them.
        imported: Returns the content digest of an artifact from outside, given its address.
        identity: Returns what runs for an image.
        cache: Finished tasks of earlier runs.
    """
    steps: dict[str, Step] = {}
    for task in tasks:
        steps[task.name] = _step(task, steps, imported, identity, cache)
    return list(steps.values())


def _step(
    task: graph.Task,
    steps: Mapping[str, Step],
    imported: Callable[[str], str],
    identity: Callable[[str], keys.Identity],
    cache: Cache,
) -> Step:
    for condition in task.conditions:
        why = _unmet(condition, steps)
        if why:
            return Step(task.name, SKIP, [why])
    waiting = [name for name in steps if name in graph.producers(task) and not _known(steps[name])]
    if waiting:
        skipped = all(steps[name].action == SKIP for name in waiting)
        return Step(task.name, SKIP if skipped else DEPENDS, waiting)
    if not task.reusable:
        return Step(task.name, RERUN, ["it acts on the registry, so it is never reused"])
    key = _key(task, steps, imported, identity)
    entry = cache.find(key)
    if entry:
        return Step(task.name, REUSE, [entry.run], entry)
    return Step(task.name, RERUN, cache.why_not(task.name, key))


def _known(step: Step) -> bool:
    return step.action == REUSE


def _unmet(condition: graph.Condition, steps: Mapping[str, Step]) -> str | None:
    """Says why a condition does not hold; None if it does or nobody can know yet."""
    left, name = condition.left, "the value"
    if condition.equal is None:
        return None
    if isinstance(left, graph.Output):
        entry = steps[left.task].entry
        if entry is None:
            return None
        left, name = entry.results[left.name], f"{left.name} of {left.task}"
    holds = (str(left) == condition.right) == condition.equal
    return None if holds else f"{name} is {left}"


def _key(
    task: graph.Task,
    steps: Mapping[str, Step],
    imported: Callable[[str], str],
    identity: Callable[[str], keys.Identity],
) -> keys.Key:
    def entry(output: graph.Output) -> Entry:
        found = steps[output.task].entry
        if found is None:
            raise ValueError(f"{task.name} has no key before {output.task} has run")
        return found

    inputs: dict[str, str] = {}
    for name, source in task.artifacts.items():
        if isinstance(source, graph.Imported):
            inputs[name] = imported(str(source.uri))
        else:
            inputs[name] = entry(source).outputs[source.name]
    parameters: dict[str, Any] = {
        name: entry(value).results[value.name] if isinstance(value, graph.Output) else value
        for name, value in task.parameters.items()
    }
    return keys.key(task.image, task.interface, parameters, inputs, identity(task.image))
