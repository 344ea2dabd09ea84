"""What keeps the pods of a run from running, or ended them, as Kubernetes tells it.

Kubeflow's API knows none of it: a missing image is "running" there until somebody looks. Pods are
found by the label ``pipeline/runid``, and belong to the task that Argo's annotation names.
"""

import base64
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sentiment_common.errors import InputError
from sentiment_pipelines.backends.kubeflow.types import Connection

LABEL, NODE = "pipeline/runid", "workflows.argoproj.io/node-name"
MAIN = "main"
CONNECT, READ = 5, 15
IMAGE, SETTINGS, PLACE, MEMORY, DISK, TIME, EXIT = (
    "image", "settings", "place", "memory", "disk", "time", "exit",
)  # fmt: skip
_WAITING = {
    "ErrImagePull": IMAGE, "ImagePullBackOff": IMAGE, "InvalidImageName": IMAGE,
    "ErrImageNeverPull": IMAGE, "CreateContainerConfigError": SETTINGS,
    "CreateContainerError": SETTINGS,
}  # fmt: skip
_ENDED = {"Evicted": DISK, "DeadlineExceeded": TIME}
_LAUNCHER = re.compile(r"[IWEF]\d{4} \d\d:\d\d:\d\d|time=\"|\{\"(time|level)\"")
"""How the lines of Kubeflow's launcher and of Argo begin, among those of a stage."""
_STATUS = re.compile(r"exit status (\d+)")
LINES = 100


@dataclass(frozen=True)
class Trouble:
    """A pod that does not run, or did not end well.

    Attributes:
        task: The task it belongs to.
        pod: Its name.
        kind: ``image``, ``settings``, ``place``, ``memory``, ``disk``, ``time`` or ``exit``.
        said: Kubernetes' words.
        image: Image of its stage.
        limit: The memory it may use; empty for no limit.
        ended: Whether it has ended, or is kept from beginning.
    """

    task: str
    pod: str
    kind: str
    said: str
    image: str = ""
    limit: str = ""
    ended: bool = False


class Pods:
    """Looks at the pods of runs.

    Args:
        api: A ``CoreV1Api`` of the Kubernetes client.
        namespace: Where the pods are.
    """

    def __init__(self, api: Any, namespace: str) -> None:
        self._api, self._namespace = api, namespace

    def troubles(self, run: str) -> list[Trouble]:
        """Returns what is wrong with the pods of a run.

        Raises:
            InputError: Kubernetes does not answer, or does not let us look.
        """
        from kubernetes.client import ApiException
        from urllib3.exceptions import HTTPError

        try:
            listed = self._api.list_namespaced_pod(
                self._namespace, label_selector=f"{LABEL}={run}", _request_timeout=(CONNECT, READ)
            )
        except (ApiException, HTTPError) as error:
            reason = getattr(error, "reason", None) or type(error).__name__
            raise InputError(
                f"Kubernetes does not show the pods ({' '.join(str(reason).split())[:200]})"
            ) from error
        return troubles(listed.items)

    def secrets(self, references: Mapping[str, str]) -> dict[str, str]:
        """Returns what secrets hold, as far as we may look.

        Args:
            references: ``SECRET/KEY`` by the name to return it under.
        """
        from kubernetes.client import ApiException
        from urllib3.exceptions import HTTPError

        found = {}
        for name, reference in references.items():
            secret, _, key = reference.partition("/")
            try:
                content = self._api.read_namespaced_secret(
                    secret, self._namespace, _request_timeout=(CONNECT, READ)
                )
            except (ApiException, HTTPError):
                continue  # boto3 looks in its own places, and the store says if that was nothing
            if key in (content.data or {}):
                found[name] = base64.b64decode(content.data[key]).decode()
        return found

    def log(self, pod: str) -> list[str]:
        """Returns the last lines of a pod's stage, none if they are gone."""
        from kubernetes.client import ApiException
        from urllib3.exceptions import HTTPError

        try:
            text = self._api.read_namespaced_pod_log(
                pod, self._namespace, container=MAIN, tail_lines=LINES,
                _request_timeout=(CONNECT, READ),
            )  # fmt: skip
        except (ApiException, HTTPError):
            return []  # the pod was deleted, or its node is gone: the task's state says it failed
        return str(text).splitlines()


def connect(connection: Connection) -> Pods:
    """Returns what looks at pods: with the kubeconfig, or as the pod that this runs in.

    Raises:
        InputError: There is neither.
    """
    from kubernetes import client, config
    from kubernetes.config import ConfigException

    configuration = client.Configuration()
    try:
        try:
            config.load_incluster_config(configuration)
        except ConfigException:
            context = connection.context or None
            file = os.environ.get("KUBECONFIG")  # the client reads it but once, when imported
            config.load_kube_config(file, context, configuration)
    except (ConfigException, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"Kubernetes cannot be asked ({reason})") from error
    configuration.retries = False
    return Pods(client.CoreV1Api(client.ApiClient(configuration)), connection.namespace)


def troubles(pods: Iterable[Any]) -> list[Trouble]:
    """Returns what is wrong with pods, ``V1Pod`` each; the latest attempt of a task comes last."""
    ordered = sorted(pods, key=lambda pod: str(pod.metadata.creation_timestamp))
    return [trouble for pod in ordered if (trouble := _trouble(pod))]


def _trouble(pod: Any) -> Trouble | None:
    main = next((it for it in pod.spec.containers if it.name == MAIN), pod.spec.containers[0])
    limits = (main.resources.limits if main.resources else None) or {}
    found = _ended(pod) or _waiting(pod)
    if found is None:
        return None
    kind, said, ended = found
    return Trouble(
        task_of(pod), pod.metadata.name, kind, " ".join(said.split()), main.image or "",
        limits.get("memory", ""), ended,
    )  # fmt: skip


def _ended(pod: Any) -> tuple[str, str, bool] | None:
    if pod.status.phase != "Failed":
        return None
    if kind := _ENDED.get(pod.status.reason):
        return kind, pod.status.message or "", True
    for status in pod.status.container_statuses or []:
        end = status.state.terminated if status.state else None
        if end is not None and end.reason == "OOMKilled":
            return MEMORY, end.message or "", True
    for status in pod.status.container_statuses or []:
        end = status.state.terminated if status.state else None
        if status.name == MAIN and end is not None and end.exit_code:
            return EXIT, f"exit code {end.exit_code}", True
    return EXIT, pod.status.message or pod.status.reason or "no reason given", True


def _waiting(pod: Any) -> tuple[str, str, bool] | None:
    statuses = [*(pod.status.init_container_statuses or []), *(pod.status.container_statuses or [])]
    for status in statuses:
        wait = status.state.waiting if status.state else None
        if wait is not None and (kind := _WAITING.get(wait.reason)):
            return kind, wait.message or wait.reason, False
    for condition in pod.status.conditions or []:
        if condition.type == "PodScheduled" and condition.reason == "Unschedulable":
            return PLACE, condition.message or "", False
    return None


def task_of(pod: Any) -> str:
    """Returns the name of a pod's task: the graph around its node, or the node that drives one."""
    path = (pod.metadata.annotations or {}).get(NODE, "").split(".")
    last = path[-1].partition("(")[0]
    if last == "executor" and len(path) > 1:
        return str(path[-2].partition("(")[0])
    return str(last.removesuffix("-driver") or pod.metadata.name)


def last_words(lines: Sequence[str]) -> tuple[str, int | None]:
    """Returns the last line that a stage wrote, and its exit code if Kubeflow's launcher says it.

    By the contract of the stages it is the one line that says what is wrong and how to mend it.
    """
    own = [line for line in lines if line.strip() and not _LAUNCHER.match(line)]
    codes = [int(match[1]) for line in lines if (match := _STATUS.search(line))]
    return (own[-1].strip() if own else ""), (codes[-1] if codes else None)
