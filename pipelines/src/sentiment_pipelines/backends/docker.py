"""The docker backend: each task runs in a container of its component's image, locked up.

A container has a read-only root, no capability, the caller's user, and no network unless its task
reads an address or downloads something; see ``reach``. It sees its inputs, its output and the files
that its parameters name, at the places where the machine has them, and nothing else.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from docker import DockerClient
from rich.console import Console

from sentiment_common import cores
from sentiment_common.artifacts import file_sha256
from sentiment_common.cli import CHECKPOINTS, TRACKING_SERVER
from sentiment_common.errors import InputError
from sentiment_pipelines import images, keys
from sentiment_pipelines.backends import engine, reach
from sentiment_pipelines.backends.container import SCRATCH, Container, seen
from sentiment_pipelines.backends.local import Tell, Work, room_for
from sentiment_pipelines.environments import CACHE
from sentiment_pipelines.runs import EXIT_BAD_INPUT, Run

BRIDGE, NO_NETWORK = "bridge", "none"
STORE = "MLFLOW_TRACKING_URI"
NOT_PASSED = {TRACKING_SERVER, CHECKPOINTS, "SENTIMENT_VAR", "SENTIMENT_API_KEYS"}
"""Variables of this house that say something of a run or of the service, and nothing of a task."""


@dataclass(frozen=True)
class _Prepared:
    """What a run has of the daemon.

    Attributes:
        client: The daemon.
        run: The run.
        held: Shows that it is alive.
        user: ``UID:GID`` that owns what the containers write.
    """

    client: DockerClient
    run: Run
    held: int
    user: str


@dataclass
class Containers:
    """Runs tasks in containers.

    Attributes:
        memory: The most that a container may use, e.g. ``4g``; empty for as much as there is.
        network: Network of the tasks that need one, e.g. ``host`` to read a database on it.
        name: What it is called on the command line.
    """

    memory: str = ""
    network: str = BRIDGE
    name: str = "docker"
    _prepared: _Prepared | None = None
    _base: images.base.Base | None = None
    # Code that is edited while a run goes on is not in its images.
    _images: dict[str, images.Image] = field(default_factory=dict)
    _identities: dict[str, keys.Identity] = field(default_factory=dict)

    def prepare(self, needed: Sequence[str], run: Run, console: Console) -> None:
        """Builds the images that are not there, and removes what killed runs have left.

        Raises:
            InputError: There is no daemon that can be used, or an image cannot be built.
        """
        client = engine.connect()
        for dead in engine.remove_dead(client):
            console.print(f"run {dead} was killed; its container is removed")
        missing = [image for image in needed if not engine.has(client, self._image(image))]
        if missing:
            done = images.build([room_for(image) for image in missing], console)
            self._images |= {image: it.image for image, it in zip(missing, done, strict=True)}
        held = engine.hold(run.logs)
        self._prepared = _Prepared(client, run, held, _user(client.info()))

    def identity(self, image: str) -> keys.Identity:
        """Returns what runs for an image: its component's code, and all that it is made of."""
        if image not in self._identities:
            found = self._image(image)
            code, lock = keys.identity(found.room).code, file_sha256(found.lock)
            self._identities[image] = keys.Identity(code, lock, "", found.content)
        return self._identities[image]

    def run(self, work: Work, tell: Tell) -> int:
        """Runs a command in a container and returns its exit code."""
        prepared = self._prepared
        if prepared is None:
            raise RuntimeError(f"{work.name} runs before anything is prepared")
        # Named as what a killed run leaves half-written, and removed with it.
        scratch = prepared.run.folder / f".{work.name}.partial-scratch"
        with work.log.open("w") as log:

            def hear(line: str) -> None:
                log.write(f"{line}\n")
                log.flush()
                tell(line)

            try:
                container = self._container(work, prepared, scratch)
            except InputError as error:
                hear(str(error))
                return EXIT_BAD_INPUT
            if work.rerun:
                # Where this one keeps its progress is gone once it has succeeded.
                again = self._container(replace(work, checkpoints=None), prepared, scratch)
                work.rerun.write_text(again.script(scratch))
            for place in container.writes:
                place.mkdir(parents=True, exist_ok=True)
            try:
                end = engine.run(prepared.client, container, hear)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
            if end.reason:
                hear(end.reason)
            return end.code

    def _image(self, image: str) -> images.Image:
        if self._base is None:
            self._base = images.base.fetch(images.docker.connect())
        if image not in self._images:
            self._images[image] = images.Image(room_for(image), self._base)
        return self._images[image]

    def _container(self, work: Work, prepared: _Prepared, scratch: Path) -> Container:
        stage = room_for(work.image).name
        store = work.variables.get(STORE, "")
        reached = reach.of(stage, work.parameters, os.environ, store)
        cache = _cache() if reach.downloads(stage) else None
        own = (*work.writes, scratch, *((work.checkpoints,) if work.checkpoints else ()))
        writes = {*own, *reached.writes, *((cache,) if cache else ())}
        variables = _variables(work, scratch, reach.registers(stage)) | reached.settings
        if cache:
            variables["SENTIMENT_CACHE"] = str(cache)
        passed = reached.variables | {name for name in os.environ if _is_ours(name)}
        return Container(
            self._image(work.image).reference,
            work.command,
            reads=seen({*work.reads, *reached.reads}, writes),
            writes=sorted(writes),
            variables=variables,
            passed=sorted(passed - set(variables)),
            network=self.network if reached.network else NO_NETWORK,
            memory=self.memory,
            user=prepared.user,
            labels=engine.labels(prepared.run.logs, prepared.run.id, work.name),
        )


def _cache() -> Path:
    return Path(os.environ.get("SENTIMENT_CACHE") or CACHE / "downloads").absolute()


def _is_ours(name: str) -> bool:
    return name.startswith("SENTIMENT_") and name not in NOT_PASSED


def _variables(work: Work, scratch: Path, registers: bool) -> dict[str, str]:
    # Those of the run that the caller has as well are passed by name: they may hold a password.
    variables = {
        name: value
        for name, value in work.variables.items()
        if os.environ.get(name) != value and (registers or not name.startswith("MLFLOW_"))
    }
    variables |= {
        "HOME": SCRATCH,
        "TMPDIR": str(scratch),  # a disk: what is read from afar may not fit into memory
        "PYTHONUNBUFFERED": "1",
        "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2"),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS") or str(cores.available()),
    }
    if work.checkpoints:
        variables[CHECKPOINTS] = str(work.checkpoints)
    return variables


def _user(daemon: Mapping[str, Any]) -> str:
    """Returns who a container's command is, so that its outputs belong to the caller."""
    rootless = any("name=rootless" in option for option in daemon.get("SecurityOptions") or ())
    # There root in a container is the caller outside of it.
    return "0:0" if rootless else f"{os.getuid()}:{os.getgid()}"
