"""Containers from their beginning to their end, through a Docker daemon.

kfp.local's own runner has containers removed by the daemon as they end, asks afterwards how they
ended, and takes one that is gone for a success. Here the daemon keeps a container until its exit
code has been read, and one that is gone has failed.
"""

import codecs
import contextlib
import fcntl
import os
import platform
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import requests
from docker import errors

from sentiment_common.cli import NO_SPACE
from sentiment_common.errors import InputError
from sentiment_pipelines.backends.container import Container
from sentiment_pipelines.backends.local import Tell
from sentiment_pipelines.images.contents import CONTENT, Image

OLDEST = (1, 41)
"""API version of Docker 20.10."""
HOST, HELD, RUN, TASK = (f"sentiment.{name}" for name in ("host", "held", "run", "task"))
"""Labels: machine and folder that tell whether the run is alive, its name, the task's name."""
SECONDS_TO_STOP = 15
NOT_STARTED, NO_COMMAND, NOT_FOUND, SIGNALLED = 125, 126, 127, 128
"""Exit codes: Docker's own; a command that is not executable; one that is not there; signals."""
EXIT_NOT_ITS_OWN = 2
VANISHED = "the container vanished: somebody removed it while it ran; run it again"


@dataclass(frozen=True)
class End:
    """How a container ended.

    Attributes:
        code: Exit code of its command, negative for a signal; 2 if it did not end by itself.
        reason: One line that says what kept it from running or ended it; else empty.
    """

    code: int
    reason: str = ""


def connect() -> docker.DockerClient:
    """Returns a client of the daemon that the ``docker`` command uses as well.

    Raises:
        InputError: None answers, the user may not use it, or it is too old.
    """
    try:
        client = docker.from_env()
    except errors.DockerException as error:
        raise _unreachable(error) from error
    version = client.version()
    api = str(version["ApiVersion"])
    if tuple(map(int, api.split("."))) < OLDEST:
        raise InputError(
            f"the Docker daemon is too old: {version['Version']}, API {api}", where="docker",
            mend=f"it takes Docker 20.10, API {'.'.join(map(str, OLDEST))}, or newer",
        )  # fmt: skip
    return client


def _unreachable(error: Exception) -> InputError:
    told = str(error)
    if isinstance(error, errors.InvalidVersion):
        return InputError(
            f"the Docker daemon is too old ({told})", where="docker",
            mend="it takes Docker 20.10 or newer",
        )  # fmt: skip
    if "PermissionError" in told:
        return InputError(
            "you may not use the Docker daemon", where="docker",
            mend="join the group docker, or take the process backend, which needs none",
        )  # fmt: skip
    host = os.environ.get("DOCKER_HOST", "docker")
    return InputError(
        f"no Docker daemon answers ({_cause(error)})", where=host,
        mend="start one, check DOCKER_HOST, or take the process backend, which needs none",
    )  # fmt: skip


def _cause(error: BaseException) -> str:
    """Returns what the system said at the bottom of a client's layers of errors."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return " ".join(str(error).split())[:200]


def has(client: docker.DockerClient, image: Image) -> bool:
    """Tells whether the image for what lies here now is there."""
    try:
        found = client.images.get(image.reference)
    except errors.ImageNotFound:
        return False
    return bool(found.labels.get(CONTENT) == image.content)


def run(client: docker.DockerClient, container: Container, tell: Tell) -> End:
    """Runs a container to its end, and removes it, however this ends.

    Args:
        client: The daemon.
        container: What to run.
        tell: Is told each line that it writes.
    """
    try:
        made = client.containers.create(**container.settings())
    except (errors.DockerException, requests.RequestException) as error:
        return End(EXIT_NOT_ITS_OWN, _refusal(error, container))
    try:
        # From before the start, so that no line is missed, whatever logging the daemon does.
        stream = made.attach(stream=True, stdout=True, stderr=True, demux=True)
        made.start()
        for line in _lines(stream):
            tell(line)
        return _end(made, container)
    except (errors.DockerException, requests.RequestException) as error:
        return End(EXIT_NOT_ITS_OWN, _refusal(error, container))
    finally:
        _remove(made)


def _lines(chunks: Iterable[tuple[bytes | None, bytes | None]]) -> Iterator[str]:
    """Yields the lines of two streams, whose parts come as pairs of which one is None."""
    decoders = [codecs.getincrementaldecoder("utf-8")("replace") for _ in range(2)]
    rests = ["", ""]
    for pair in chunks:
        for which, chunk in enumerate(pair):
            *lines, rests[which] = (rests[which] + decoders[which].decode(chunk or b"")).split("\n")
            yield from lines
    for rest, decoder in zip(rests, decoders, strict=True):
        if last := rest + decoder.decode(b"", final=True):
            yield last


def _end(made: Any, container: Container) -> End:
    """Asks the daemon how a container ended, once it has."""
    made.wait(timeout=None)
    made.reload()
    state = made.attrs["State"]
    code = int(state["ExitCode"])
    if state["Status"] != "exited":
        return End(EXIT_NOT_ITS_OWN, VANISHED)
    if state["Error"]:
        return End(EXIT_NOT_ITS_OWN, f"Docker could not run the container: {state['Error']}")
    if code and state["OOMKilled"]:
        return End(EXIT_NOT_ITS_OWN, _too_little(container.memory))
    if code in (NOT_STARTED, NO_COMMAND, NOT_FOUND):
        what = f"{container.image} cannot run {container.command[0]} (exit code {code})"
        return End(EXIT_NOT_ITS_OWN, f"{what}; build it anew: `make images`")
    return End(SIGNALLED - code if code > SIGNALLED else code)


def _too_little(memory: str) -> str:
    if memory:
        what = f"it was killed, for it needs more memory than {memory}"
        return f"{what}; give it more: --memory, or MEMORY="
    return "it was killed, for the machine ran out of memory; end other programs, or take another"


def _refusal(error: Exception, container: Container) -> str:
    """Says in one line why the daemon did not run a container to its end."""
    if isinstance(error, errors.ImageNotFound):
        return f"there is no image {container.image}; build it: `make images`"
    if not isinstance(error, errors.APIError):
        return f"the connection to the Docker daemon was lost ({_cause(error)}); run it again"
    told = " ".join(str(error.explanation or error).split())
    if re.search(r"no such container|is not running|removal of container", told, re.IGNORECASE):
        return VANISHED
    if "no space left on device" in told.lower():
        return f"{NO_SPACE} (images and containers: `docker system df`)"
    if "bind source path does not exist" in told:
        return f"the Docker daemon does not see this machine's files ({told}); use one that does"
    return f"Docker could not run the container: {told}"


def _remove(made: Any) -> None:
    try:
        with contextlib.suppress(errors.NotFound):
            made.reload()
            if made.status == "running":
                made.stop(timeout=SECONDS_TO_STOP)
            made.remove(force=True)
    except (errors.APIError, requests.RequestException):
        # A daemon that is gone, or already at it. What it still has, the next run removes.
        return


def labels(folder: Path, run: str, task: str) -> dict[str, str]:
    """Returns the labels of a container.

    Args:
        folder: The folder by which the run shows that it is alive, see ``hold``.
        run: The run's name.
        task: The task's name.
    """
    return {HOST: platform.node(), HELD: str(folder), RUN: run, TASK: task}


def hold(folder: Path) -> int:
    """Shows that a run is alive, until this process ends, however it ends.

    Returns:
        A file descriptor; closing it ends the run as far as others can tell.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def remove_dead(client: docker.DockerClient) -> list[str]:
    """Removes the containers of this machine's runs that were killed and could not do it.

    Returns:
        Names of the runs.
    """
    mine = {"label": f"{HOST}={platform.node()}"}
    dead = [
        made
        for made in client.containers.list(all=True, filters=mine, ignore_removed=True)
        if not _is_held(Path(made.labels[HELD]))
    ]
    for made in dead:
        with contextlib.suppress(errors.NotFound):
            made.remove(force=True)
    return sorted({made.labels[RUN] for made in dead})


def _is_held(folder: Path) -> bool:
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return False
    except PermissionError:
        return True  # somebody else's
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
