"""What a run in the cluster has come to, task by task, read from the API's description of it.

The API tells the nodes of an Argo workflow, by the names that they have there: a task ``ingest`` is
a graph of one pod called ``executor``, begun by an ``ingest-driver`` that looks into the cache and
decides conditions. Whose pod is whose it does not tell, nor why one failed (kubeflow/pipelines
issue 14007).
"""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

WAITING, RUNNING, DONE, REUSED, SKIPPED, FAILED = (
    "waiting", "running", "done", "reused", "skipped", "failed",
)  # fmt: skip
ENDED = {DONE, REUSED, SKIPPED, FAILED}
_STATES = {
    "RUNNING": RUNNING, "CANCELING": RUNNING, "PAUSED": RUNNING, "SUCCEEDED": DONE,
    "SKIPPED": SKIPPED, "FAILED": FAILED, "CANCELED": FAILED,
}  # fmt: skip
OVER = {"SUCCEEDED", "FAILED", "SKIPPED", "CANCELED"}
"""States of a run, in the API's words, that do not change any more."""
DRIVER, EXECUTOR = "-driver", "executor"


@dataclass(frozen=True)
class State:
    """A task, at some moment.

    Attributes:
        name: Its name in the pipeline.
        state: ``waiting``, ``running``, ``done``, ``reused``, ``skipped`` or ``failed``.
        seconds: How long it has run.
    """

    name: str
    state: str
    seconds: float = 0.0


def read(run: Any, names: Sequence[str], now: datetime.datetime) -> list[State]:
    """Returns the state of each task of a run.

    Args:
        run: A ``V2beta1Run``.
        names: The tasks of the pipeline.
        now: The present moment.
    """
    details = (run.run_details.task_details if run.run_details else None) or []
    nodes = {it.display_name: it for it in details}
    pods = [it for it in details if _is_pod(it)]
    over = run.state in OVER
    return [_state(name, nodes, pods, now, over=over) for name in names]


def skipped(run: Any, name: str) -> bool:
    """Tells whether a task or group of tasks was left out, as its condition did not hold."""
    details = (run.run_details.task_details if run.run_details else None) or []
    return any(it.display_name == name and it.state == "SKIPPED" for it in details)


def _is_pod(node: Any) -> bool:
    return str(node.display_name).partition("(")[0] == EXECUTOR


def _state(
    name: str, nodes: dict[str, Any], pods: Iterable[Any], now: datetime.datetime, *, over: bool
) -> State:
    node, driver = nodes.get(name), nodes.get(f"{name}{DRIVER}")
    if driver is not None and _STATES.get(driver.state) == FAILED:
        return State(name, FAILED, _seconds(driver, now))
    if node is None:
        if driver is not None and not over:
            return State(name, RUNNING, _seconds(driver, now))
        return State(name, SKIPPED if over else WAITING)
    state = _STATES.get(node.state, WAITING)
    if state == DONE and not any(_within(pod, node) for pod in pods):
        state = REUSED
    return State(name, state, _seconds(node, now))


def _within(pod: Any, node: Any) -> bool:
    """Tells whether a pod ran inside the time of a task: of one from the cache there is none."""
    known = pod.state != "SKIPPED" and pod.start_time and node.start_time
    if not known or not pod.end_time or not node.end_time:
        return False
    return bool(node.start_time <= pod.start_time and pod.end_time <= node.end_time)


def _seconds(node: Any, now: datetime.datetime) -> float:
    begin, end = node.start_time, node.end_time
    if begin is None or begin.year <= 1970:
        return 0.0
    last = now if end is None or end < begin else end  # 1970 or before: it has not ended
    return max(float((last - begin).total_seconds()), 0.0)
