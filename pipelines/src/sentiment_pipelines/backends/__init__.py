"""Where a compiled pipeline runs. A backend never changes what a stage does."""

import argparse
import os
import re
from typing import TYPE_CHECKING

from sentiment_common.errors import InputError

if TYPE_CHECKING:
    from sentiment_pipelines.backends.local import Backend

PROCESS, DOCKER = "process", "docker"
NAMES = (PROCESS, DOCKER)
VARIABLE = "SENTIMENT_BACKEND"
MEMORY, NETWORK = "SENTIMENT_DOCKER_MEMORY", "SENTIMENT_DOCKER_NETWORK"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that choose a backend."""
    parser.add_argument(
        "--backend", choices=NAMES, help=f"where the tasks run (default: ${VARIABLE}, or {PROCESS})"
    )
    parser.add_argument(
        "--memory", metavar="SIZE",
        help=f"the most that a container may use, e.g. 4g (default: ${MEMORY}, or no limit)",
    )  # fmt: skip
    parser.add_argument(
        "--network", metavar="NAME",
        help=f"of tasks that need one, e.g. host (default: ${NETWORK}, or bridge)",
    )  # fmt: skip


def chosen(options: argparse.Namespace) -> "Backend":
    """Returns the backend that a command line or, where it says nothing, the environment chooses.

    Raises:
        InputError: There is none of that name, or it has no such option.
    """
    name = options.backend or os.environ.get(VARIABLE) or PROCESS
    if name not in NAMES:
        raise InputError(
            f"no backend {name!r}", where=VARIABLE, mend=f"there is {', '.join(NAMES)}"
        )
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
