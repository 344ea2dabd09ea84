"""The docker client that images are built with, and whether its daemon is able to."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sentiment_common.errors import InputError

OLDEST_API = (1, 41)
"""Of Docker 20.10, the first whose builds take secrets and caches with nothing to be fetched."""
ELSEWHERE = "/usr/bin"
"""Where a second docker often lies beside the first in the path: Debian's has BuildKit built in."""
START = "start it: `systemctl start docker`, or dockerd as root"


@dataclass(frozen=True)
class Docker:
    """A docker command line with BuildKit.

    Attributes:
        path: The executable.
    """

    path: Path

    def command(self, *arguments: str) -> list[str]:
        """Returns a command of it."""
        return [str(self.path), *arguments]

    def ask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs a command and returns how it ended and what it printed."""
        return subprocess.run(
            self.command(*arguments),
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    @cached_property
    def has_buildkit(self) -> bool:
        """Whether its builds take secrets: newer clients need a plugin for that."""
        return "--secret" in self.ask("build", "--help").stdout


def environment() -> dict[str, str]:
    """Returns the environment variables that docker runs in."""
    return {**os.environ, "DOCKER_BUILDKIT": "1"}


def client() -> Path:
    """Returns the path of a docker command line that can build, with a daemon that answers.

    Raises:
        InputError: There is no docker, it has no BuildKit, or its daemon is not there, not for
            this user, or too old.
    """
    return connect().path


def connect() -> Docker:
    """Returns a docker command line that can build, with a daemon that answers.

    Raises:
        InputError: As for :func:`client`.
    """
    paths = (shutil.which("docker"), shutil.which("docker", path=ELSEWHERE))
    found = [Docker(Path(path)) for path in dict.fromkeys(paths) if path]
    if not found:
        raise InputError("docker is not installed", mend="install it, e.g. Debian's docker.io")
    _check_daemon(found[0])
    able = next((docker for docker in found if docker.has_buildkit), None)
    if able is None:
        raise InputError(
            "this docker client has no BuildKit",
            where=str(found[0].path),
            mend="install its plugin buildx, or Debian's docker.io",
        )
    return able


def _check_daemon(docker: Docker) -> None:
    spoken = "{{.Client.APIVersion}} {{.Server.APIVersion}}"
    told = docker.ask("version", "--format", spoken)
    if told.returncode:
        raise complaint(told.stderr)
    versions = [tuple(map(int, version.split("."))) for version in told.stdout.split()]
    if min(versions) < OLDEST_API:
        raise _too_old(".".join(map(str, min(versions))))


def _too_old(version: str) -> InputError:
    wanted = ".".join(map(str, OLDEST_API))
    return InputError(
        f"the docker daemon is spoken to in version {version} of its interface, {wanted} is needed",
        where=host(),
        mend="update it to Docker 20.10 or newer; is DOCKER_API_VERSION set?",
    )


def complaint(told: str) -> InputError:
    """Returns the one line for what a client says that cannot reach its daemon."""
    if "permission denied" in told:
        mend = "join the group docker and log in anew, or use sudo"
        return InputError("you may not talk to the docker daemon", where=host(), mend=mend)
    if maximum := re.search(r"Maximum supported API version is ([\d.]+)", told):
        return _too_old(maximum[1])
    if "Minimum supported API version" in told:
        mend = "update the docker client; is DOCKER_API_VERSION set?"
        return InputError("the docker client is too old for its daemon", where=host(), mend=mend)
    if re.search("cannot connect|failed to connect|daemon running|refused|no such", told, re.I):
        return InputError("no docker daemon answers", where=host(), mend=START)
    return InputError(f"docker: {told.strip().splitlines()[-1]}", where=host(), mend=START)


def host() -> str:
    """Returns the address that docker's daemon is looked for at."""
    return os.environ.get("DOCKER_HOST", "/var/run/docker.sock").removeprefix("unix://")
