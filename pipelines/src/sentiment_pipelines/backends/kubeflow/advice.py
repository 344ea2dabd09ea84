"""What to do about a pod that does not run, or has failed: one line each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sentiment_common.cli import NO_SPACE
from sentiment_pipelines.backends.kubeflow import pods
from sentiment_pipelines.backends.kubeflow.pods import Trouble
from sentiment_pipelines.backends.kubeflow.settings import Environment
from sentiment_pipelines.runs import EXIT_BAD_INPUT

EXIT_BUG = 1
KILLED = "signal: killed"
"""What Kubeflow's launcher says where the kernel killed a stage and not its container."""
LONGEST = 300


@dataclass(frozen=True)
class Fault:
    """Why a task came to nothing.

    Attributes:
        line: What is wrong and how to mend it.
        exit_code: 2 for what the caller can mend, 1 for a bug.
    """

    line: str
    exit_code: int = EXIT_BAD_INPUT


def fault(trouble: Trouble, environment: Environment, log: Sequence[str] = ()) -> Fault:
    """Says what is wrong with a pod and how to mend it.

    Args:
        trouble: What Kubernetes tells of it.
        environment: The cluster.
        log: The last lines of its stage.
    """
    if trouble.kind == pods.EXIT and any(KILLED in line for line in log):
        return Fault(f"{trouble.task}: {_memory(trouble, environment)}")
    if trouble.kind == pods.EXIT:
        return _exit(trouble, environment, log)
    return Fault(f"{trouble.task}: {_LINES[trouble.kind](trouble, environment)}")


def _image(trouble: Trouble, environment: Environment) -> str:
    return (
        f"an image cannot be pulled ({_short(trouble.said)}); "
        f"push it with `{environment.images.push}`, or check registry and pull_secrets "
        f"in {environment.where}"
    )


def _settings(trouble: Trouble, environment: Environment) -> str:
    return (
        f"its container cannot be made ({_short(trouble.said)}); create what is missing in the "
        f"namespace {environment.connection.namespace}, or mend {environment.where}"
    )


def _place(trouble: Trouble, environment: Environment) -> str:
    return (
        f"no node can take it ({_short(trouble.said)}); add one, or ask for less: cpu and memory "
        f"of {_table(trouble)} in {environment.where}"
    )


def _memory(trouble: Trouble, environment: Environment) -> str:
    limit = f" of {trouble.limit}" if trouble.limit else ""
    return (
        f"it needs more memory than its limit{limit} and was killed; raise memory_limit of "
        f"{_table(trouble)} in {environment.where}"
    )


def _disk(trouble: Trouble, environment: Environment) -> str:
    return (
        f"its node put it out ({_short(trouble.said)}); free the node's disk, or raise scratch or "
        f"memory of {_table(trouble)} in {environment.where}"
    )


def _time(trouble: Trouble, environment: Environment) -> str:
    return f"it took too long and was ended; raise timeout of {_table(trouble)} in " + (
        environment.where
    )


_LINES: dict[str, Callable[[Trouble, Environment], str]] = {
    pods.IMAGE: _image, pods.SETTINGS: _settings, pods.PLACE: _place, pods.MEMORY: _memory,
    pods.DISK: _disk, pods.TIME: _time,
}  # fmt: skip


def _exit(trouble: Trouble, environment: Environment, log: Sequence[str]) -> Fault:
    words, code = pods.last_words(log)
    if NO_SPACE in words:
        return Fault(
            f"{trouble.task}: its volume is full; raise scratch of {_table(trouble)} in "
            f"{environment.where}, or free the volume that it mounts"
        )
    see = f"kubectl --namespace {environment.connection.namespace} logs {trouble.pod} -c main"
    if not words:
        return Fault(f"{trouble.task} failed ({_short(trouble.said)}); see `{see}`", EXIT_BUG)
    if code == EXIT_BAD_INPUT:
        return Fault(f"{trouble.task}: {words[:LONGEST]}")
    return Fault(f"{trouble.task} failed: {words[:LONGEST]}; see `{see}`", EXIT_BUG)


def _table(trouble: Trouble) -> str:
    """Returns the section of the environment that is about a task's stage."""
    name = trouble.image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    return f"[stages.{name.removeprefix('sentiment-').replace('-', '_')}]"


def _short(text: str) -> str:
    return text[:LONGEST] or "no reason given"
