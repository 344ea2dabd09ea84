"""A cluster on this machine: kind, a registry, Kubeflow Pipelines, MLflow, the service."""

import fcntl
import json
import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from sentiment_common.errors import InputError
from sentiment_pipelines.cluster import installation, preflight, state, web
from sentiment_pipelines.cluster.pins import CONTEXT, NAME, Pins, read
from sentiment_pipelines.cluster.state import Cluster
from sentiment_pipelines.cluster.steps import Command, Runner, Step, execute
from sentiment_pipelines.environments import rooms
from sentiment_pipelines.images import contents, docker, pushing
from sentiment_pipelines.images.base import find

SERVICE = "serving-tensorflow"
"""The image that serves a champion of every backend."""
CHAMPION = "/api/2.0/mlflow/registered-models/alias?name=sentiment&alias=champion"
MANIFESTS = (
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.v2+json"
)
PATIENCE = 30.0
"""Seconds that MLflow may take to answer once it is ready."""
HASH = re.compile(r"[0-9a-f]{40}")


def up(console: Console) -> int:
    """Makes the cluster, or what of it is missing, and leaves word where it is.

    Returns:
        The exit code: 2 if this machine lacks something, which is all named.

    Raises:
        InputError: A step failed; the same command goes on from there.
    """
    pins = read()
    if complaints := preflight.complaints(pins):
        for line in complaints:
            console.print(f"kind-up: {escape(line)}", soft_wrap=True, highlight=False)
        return 2
    with _alone():
        kubeflow = commit(pins)
        _run(installation.installation(pins, kubeflow), console)
        where = state.write(_cluster(pins, kubeflow))
        _deploy(pins, console)
    console.print(f"runs go to this cluster from now on, for {where} says so: make pipeline-run")
    console.print("first the images, those that have changed: make kind-load")
    return 0


def down(console: Console, *, purge: bool) -> None:
    """Takes the cluster away, as far as it is there; the registry's images stay unless purged.

    Raises:
        InputError: A step failed.
    """
    with _alone():
        state.forget()  # first: nothing is sent to a cluster that is being taken away
        _run(installation.removal(purge), console)
        for mark in _marks().glob("*"):
            mark.unlink()
    kept = "" if purge else "; the registry's images are kept: PURGE=1 deletes them"
    console.print(f"runs stay on this machine{kept}")


def load(names: Sequence[str], console: Console) -> list[pushing.Pushed]:
    """Builds the images that have changed and pushes them to the registry of the cluster.

    There they are to be had by their tags and by their versions: what is started from inside the
    cluster knows no other.

    Args:
        names: Of images; all if there is none.
        console: Where the progress is shown.

    Raises:
        InputError: There is no cluster, or a build or push failed.
    """
    from sentiment_pipelines import images

    cluster = state.read()
    if cluster is None:
        raise InputError("there is no cluster here", mend="make one: `make kind-up`")
    built = [it.image for it in images.build(contents.chosen(names), console)]
    return pushing.push(docker.connect(), built, cluster.registry, console, by_version=True)


def commit(pins: Pins) -> str:
    """Returns the hash of the commit that Kubeflow Pipelines is installed from.

    It is that of ``pins.toml``; where that has none, the one that the tag named when it was first
    asked for here: a tag that is moved later changes nothing.

    Raises:
        InputError: The tag cannot be asked for, or is not there.
    """
    if pins.commit:
        return pins.commit
    kept = state.folder() / f"kubeflow-{pins.version}.commit"
    if kept.is_file() and HASH.fullmatch(known := kept.read_text().strip()):
        return known
    tag = f"refs/tags/{pins.version}"
    ask = Command(("git", "ls-remote", pins.repository, tag, f"{tag}^{{}}"), 120)
    try:
        told = execute(ask)
    except subprocess.TimeoutExpired:
        told = subprocess.CompletedProcess(ask.arguments, 1, "", "it hangs")
    found = dict(line.split("\t")[::-1] for line in told.stdout.splitlines() if "\t" in line)
    resolved = found.get(f"{tag}^{{}}") or found.get(tag, "")
    if told.returncode or not HASH.fullmatch(resolved):
        reason = (told.stderr.strip().splitlines() or ["no such tag"])[-1]
        raise InputError(
            f"the release {pins.version} of Kubeflow Pipelines cannot be asked for: {reason}",
            where=pins.repository,
            mend="can it be reached? A mirror: repository in pipelines/conf/kind/pins.toml",
        )
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(resolved + "\n")
    return resolved


def champion(address: str) -> str | None:
    """Returns the version of the champion in the cluster's registry; None if there is none.

    Args:
        address: Of MLflow.

    Raises:
        InputError: MLflow does not answer.
    """
    answer = web.ask(address + CHAMPION)
    end = time.monotonic() + PATIENCE
    while not answer.code and time.monotonic() < end:  # its port has opened just now
        time.sleep(1)
        answer = web.ask(address + CHAMPION)
    if answer.code in (400, 404):  # no such model, no such alias
        return None
    if answer.code != 200:
        said = f"answers {answer.code}" if answer.code else f"does not answer: {answer.body}"
        raise InputError(f"MLflow {said}", where=address, mend="see `make kind-status`")
    found: str = json.loads(answer.body)["model_version"]["version"]
    return found


def _cluster(pins: Pins, kubeflow: str) -> Cluster:
    return Cluster(
        NAME, CONTEXT, pins.local_registry, pins.address("kubeflow"), pins.address("mlflow"),
        pins.address("store"), pins.address("service"),
        {"node": pins.node, "registry": pins.registry,
         "kubeflow": pins.version, "kubeflow_commit": kubeflow},
    )  # fmt: skip


def _deploy(pins: Pins, console: Console) -> None:
    """Deploys the champion, once there is one and the service's image can be pulled."""
    version = champion(pins.address("mlflow"))
    if version is None:
        console.print("no champion yet: after the first that is pushed, `make kind-up` serves it")
        return
    image = contents.Image(rooms()[SERVICE], find(docker.connect()))
    manifest = f"http://{pins.local_registry}/v2/{image.name}/manifests/{image.tag}"
    if web.ask(manifest, MANIFESTS).code != 200:
        console.print(f"champion {version} waits for its image: make kind-load IMAGES={SERVICE}")
        return
    _run((installation.serving(f"{pins.local_registry}/{image.reference}"),), console)


def _run(steps: Sequence[Step], console: Console) -> None:
    width = max(len(step.name) for step in steps)
    for step in steps:
        begin = time.monotonic()
        with console.status(step.words) as status:
            done = Runner(_marks(), partial(_tell, status, step)).run(step)
        took = f"{time.monotonic() - begin:6.1f} s" if done else "as it was"
        mark = "[green]✓[/]" if done else "[cyan]=[/]"
        console.print(f"{mark} {step.name:<{width}}  {took:>9}  [dim]{step.words}[/]")


def _tell(status: Status, step: Step, words: str) -> None:
    status.update(f"{step.words}: {escape(words)}")


def _marks() -> Path:
    return state.folder() / "begun"


@contextmanager
def _alone() -> Iterator[None]:
    """Lets one command at a time change the cluster.

    Raises:
        InputError: Another one is at work.
    """
    state.folder().mkdir(parents=True, exist_ok=True)
    with (state.folder() / "lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(
                "another kind-up or kind-down is at work", where=str(state.folder())
            ) from error
        yield
