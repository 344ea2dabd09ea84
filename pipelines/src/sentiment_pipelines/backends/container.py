"""What a task's container is given, as plain data: for the daemon, and for a shell.

Both forms come from one description, so that what a rerun script does is what ran.
"""

import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sentiment_common.errors import InputError

SCRATCH = "/tmp"  # noqa: S108 (in the container, where nobody else is)
OWN = ("/proc", "/sys", "/dev", SCRATCH, "/bin", "/etc", "/lib", "/lib64", "/opt", "/sbin", "/usr")
"""Folders of the image that no folder of the machine may take the place of."""


@dataclass(frozen=True)
class Container:
    """One container: a command in an image, and all that it may see and use.

    Attributes:
        image: The image.
        command: The command with its arguments.
        reads: Files and folders that it sees at the same places, and cannot change.
        writes: Folders that it sees at the same places and writes to.
        variables: Environment variables with their values.
        passed: Names of the caller's environment variables that it has as well.
        network: Name of its network; ``none`` for none.
        memory: The most it may use, e.g. ``4g``; empty for as much as there is.
        user: ``UID:GID`` that it runs as, to whom its outputs belong.
        labels: What it can be found by.
    """

    image: str
    command: Sequence[str]
    reads: Sequence[Path] = ()
    writes: Sequence[Path] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    passed: Sequence[str] = ()
    network: str = "none"
    memory: str = ""
    user: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    def settings(self) -> dict[str, Any]:
        """Returns what ``docker.models.containers.create`` of Docker's SDK takes."""
        environment = dict(self.variables)
        environment |= {name: os.environ[name] for name in self.passed if name in os.environ}
        mounts = [
            {
                "Type": "bind",
                "Source": str(place),
                "Target": str(place),
                "ReadOnly": place in self.reads,
            }
            for place in (*self.reads, *self.writes)
        ]
        limit = {"mem_limit": self.memory, "memswap_limit": self.memory} if self.memory else {}
        return {
            "image": self.image,
            "command": list(self.command),
            "entrypoint": [""],  # Kubernetes overrides that of an image with the command
            "environment": environment,
            "mounts": mounts,
            "tmpfs": self._tmpfs,
            "read_only": True,
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges"],
            "init": True,
            "user": self.user,
            "network": self.network,
            "labels": dict(self.labels),
            **limit,
        }

    @property
    def _tmpfs(self) -> dict[str, str]:
        # A result that is wanted in the machine's own /tmp is written to that.
        return {} if Path(SCRATCH) in self.writes else {SCRATCH: ""}

    def command_line(self) -> list[str]:
        """Returns the same as a ``docker run``; variables of the caller stand there by name."""
        parts = ["docker", "run", "--rm", "--init", "--read-only"]
        parts += [part for place in self._tmpfs for part in ("--tmpfs", place)]
        parts += ["--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
        parts += ["--user", self.user, "--network", self.network, "--entrypoint", ""]
        if self.memory:
            parts += ["--memory", self.memory, "--memory-swap", self.memory]
        for name, value in sorted(self.variables.items()):
            parts += ["--env", f"{name}={value}"]
        for name in self.passed:
            parts += ["--env", name]
        for place in (*self.reads, *self.writes):
            bound = _field(f"source={place}"), _field(f"target={place}")
            read_only = ("readonly",) if place in self.reads else ()
            parts += ["--mount", ",".join(("type=bind", *bound, *read_only))]
        return [*parts, self.image, *self.command]

    def script(self, scratch: Path) -> str:
        """Returns a shell script that runs it again.

        Args:
            scratch: A folder of it that is there only while it runs.
        """
        before = shlex.join(["mkdir", "-p", str(scratch)])
        after = shlex.join(["trap", shlex.join(["rm", "-rf", str(scratch)]), "EXIT"])
        return f"#!/bin/sh\n{before}\n{after}\n{shlex.join(self.command_line())}\n"


def _field(text: str) -> str:
    """Quotes a field of ``--mount``, which is CSV."""
    return '"' + text.replace('"', '""') + '"' if {",", '"'} & set(text) else text


def hides_the_image(place: Path) -> bool:
    """Tells whether a folder of the machine would take the place of what the image needs to run."""
    return place.is_dir() and any(Path(own).is_relative_to(place) for own in OWN)


def seen(places: Iterable[Path], written: Iterable[Path] = ()) -> list[Path]:
    """Returns what is to be mounted so that some places are seen: none of them twice.

    Args:
        places: Files and folders.
        written: Folders that are mounted to be written to; what is seen in them stays as it is.

    Raises:
        InputError: One would hide what the image needs to run.
    """
    folders: set[Path] = set()
    found: list[Path] = []
    for place in sorted(set(places) - set(written)):
        if hides_the_image(place):
            raise InputError(
                "a container cannot have this folder in place of its own", where=str(place),
                mend="move the data into a folder of their own",
            )  # fmt: skip
        if not folders & set(place.parents):
            found.append(place)
            if place.is_dir():
                folders.add(place)
    return found
