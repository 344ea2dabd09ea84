"""Where a compiled pipeline runs. A backend never changes what a stage does."""

import argparse
import os
import re
from typing import TYPE_CHECKING

from sentiment_common.errors import InputError
from sentiment_pipelines.environments import VAR

if TYPE_CHECKING:
    from sentiment_pipelines.backends.kubeflow import Cluster
    from sentiment_pipelines.backends.local import Backend

PROCESS, DOCKER, KUBEFLOW = "process", "docker", "kubeflow"
NAMES = (PROCESS, DOCKER, KUBEFLOW)
VARIABLE = "SENTIMENT_BACKEND"
MEMORY, NETWORK = "SENTIMENT_DOCKER_MEMORY", "SENTIMENT_DOCKER_NETWORK"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that choose a backend."""
    parser.add_argument(
        "--backend", choices=NAMES,
        help=f"where the tasks run (default: ${VARIABLE}, or the cluster of `make kind-up`, or "
        f"{PROCESS})",
    )  # fmt: skip
    parser.add_argument(
        "--conf", metavar="NAME",
        help="the cluster, by its file in pipelines/conf: kind, cloud (default: $SENTIMENT_CONF)",
    )  # fmt: skip
    parser.add_argument(
        "--memory", metavar="SIZE",
        help=f"the most that a container may use, e.g. 4g (default: ${MEMORY}, or no limit)",
    )  # fmt: skip
    parser.add_argument(
        "--network", metavar="NAME",
        help=f"of tasks that need one, e.g. host (default: ${NETWORK}, or bridge)",
    )  # fmt: skip


def anywhere(options: argparse.Namespace) -> "Backend | Cluster":
    """Returns the backend that a command line, the environment or a cluster that is up chooses.

    Raises:
        InputError: There is none of that name, or it has no such option.
    """
    name = _name(options) or (KUBEFLOW if kind_is_up() else PROCESS)
    if name != KUBEFLOW:
        return _local(name, options)
    if options.memory or options.network:
        raise InputError(
            "the tasks of a cluster have what pipelines/conf gives them",
            where="--memory" if options.memory else "--network", mend="write it there",
        )  # fmt: skip
    from sentiment_pipelines.backends.kubeflow import Cluster

    return Cluster(options.conf or "", detach=getattr(options, "detach", False))


def chosen(options: argparse.Namespace) -> "Backend":
    """Returns the backend for what reads or writes this machine, whatever cluster is up.

    Raises:
        InputError: It is a cluster, there is none of that name, or it has no such option.
    """
    name = _name(options) or PROCESS
    if name == KUBEFLOW:
        raise InputError(
            "this reads and writes files of this machine, which no cluster sees",
            where=KUBEFLOW, mend=f"add --backend {PROCESS} or --backend {DOCKER}",
        )  # fmt: skip
    return _local(name, options)


def kind_is_up() -> bool:
    """Tells whether `make kind-up` has made a cluster: runs go there unless told otherwise."""
    return (VAR / "kind" / "cluster.json").is_file()


def _name(options: argparse.Namespace) -> str:
    name: str = options.backend or os.environ.get(VARIABLE) or ""
    if name and name not in NAMES:
        raise InputError(
            f"no backend {name!r}", where=VARIABLE, mend=f"there is {', '.join(NAMES)}"
        )
    return name or (KUBEFLOW if getattr(options, "conf", None) else "")


def _local(name: str, options: argparse.Namespace) -> "Backend":
    if getattr(options, "conf", None) or getattr(options, "detach", False):
        raise InputError(
            f"the backend {name} runs on this machine, not in a cluster",
            where="--conf" if options.conf else "--detach", mend=f"add --backend {KUBEFLOW}",
        )  # fmt: skip
    if name == PROCESS:
        if options.memory or options.network:
            raise InputError(
                "processes have neither a limit of memory nor a network of their own",
                where="--memory" if options.memory else "--network", mend="add --backend docker",
            )  # fmt: skip
        from sentiment_pipelines.backends.process import Processes

        return Processes()
    from sentiment_pipelines.backends.docker import BRIDGE, Containers

    memory = options.memory or os.environ.get(MEMORY, "")
    if memory and not re.fullmatch(r"[1-9]\d*[bkmg]?", memory, re.IGNORECASE):
        raise InputError(f"{memory!r} is no size", where="--memory", mend="e.g. 512m or 4g")
    return Containers(memory.lower(), options.network or os.environ.get(NETWORK) or BRIDGE)
