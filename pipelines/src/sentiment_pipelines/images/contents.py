"""What an image is made of, and what it is called for that."""

import hashlib
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sentiment_common.artifacts import file_sha256
from sentiment_common.errors import InputError
from sentiment_pipelines.environments import ROOT, SECOND_ENVIRONMENTS, Room, rooms
from sentiment_pipelines.images.base import Base

SHARED = (
    "Dockerfile", ".dockerignore", "LICENSE", "pipelines/bootstrap.lock",
    "pipelines/src/sentiment_pipelines/images/install.py",
)  # fmt: skip
"""Files that every image is made from."""
INSTALLED = ("pyproject.toml", "src")
"""What a package of the repository is installed from."""
READ = ("params.yaml", "pipelines/compiled", "pipelines/conf")
DECLARED = ("component.yaml", "pyproject.toml")
"""Files that the image of pipelines reads beside its code: its own, and those of a component."""
CONTENT = "sentiment.content"
"""The label that carries the digest of an image's content."""


@dataclass(frozen=True)
class Image:
    """The image of a room, for what lies here now.

    Attributes:
        room: Whose it is.
        base: What it stands on.
    """

    room: Room
    base: Base

    @property
    def name(self) -> str:
        """Its name without a tag, e.g. ``sentiment-train-baseline``."""
        return f"sentiment-{self.room.name.replace('_', '-')}"

    @property
    def settings(self) -> dict[str, Any]:
        """The table ``[tool.sentiment.image]`` of its room, for its variant."""
        found = self.room.project.get("tool", {}).get("sentiment", {}).get("image", {})
        return {**found, **found.get(self.room.variant, {})}

    @property
    def lock(self) -> Path:
        """The lock that is installed in it, which may be another than this machine's."""
        return self.room.folder / str(self.settings.get("lock", self.room.lock.name))

    @property
    def target(self) -> str:
        """Which stage of the Dockerfile it is."""
        return {"serving": "service", "pipelines": "control"}.get(
            self.room.folder.name, "component"
        )

    @property
    def arguments(self) -> dict[str, str]:
        """The arguments of its build."""
        room = self.room.folder.relative_to(ROOT).as_posix()
        return {"ROOM": room, "LOCK": self.lock.name, "BASE": self.base.name}

    @property
    def paths(self) -> list[Path]:
        """The files and folders that it is made from."""
        own = [package / name for package in self.room.local_packages for name in INSTALLED]
        if self.target == "control":
            own += [ROOT / name for name in READ]
            own += [path for name in DECLARED for path in sorted(ROOT.glob(f"components/*/{name}"))]
        return [*(ROOT / name for name in SHARED), self.lock, *own]

    @cached_property
    def files(self) -> list[Path]:
        """Every file that it is made from."""
        return [file for path in self.paths for file in _files(path)]

    @cached_property
    def content(self) -> str:
        """Hexadecimal SHA-256 over all that goes in: files, base, arguments."""
        digest = hashlib.sha256(f"{self.base.content}\n{self.target}\n".encode())
        for path in self.files:
            name = path.relative_to(ROOT).as_posix()
            digest.update(f"{name}\0{file_sha256(path)}\n".encode())
        return digest.hexdigest()

    @cached_property
    def tag(self) -> str:
        """Its version if that is what lies here, else the version with the content's digest."""
        if is_released(self):
            return self.room.version
        return f"{self.room.version}-dev.{self.content[:12]}"

    @property
    def reference(self) -> str:
        """Its name and tag."""
        return f"{self.name}:{self.tag}"

    def labels(self) -> dict[str, str]:
        """Returns its labels: those of the Open Container Initiative, and its content."""
        project = self.room.project["project"]
        found = {
            "title": self.name,
            "description": project["description"],
            "version": self.tag,
            "licenses": project["license"],
            "base.name": self.base.name,
            "base.digest": self.base.digest,
            **_history(self.paths),
        }
        return {
            **{f"org.opencontainers.image.{name}": value for name, value in found.items()},
            CONTENT: self.content,
        }


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    for file in sorted(path.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file


def rooms_with_an_image() -> dict[str, Room]:
    """Returns the rooms that have one, by name: components, the service's two, pipelines."""
    known = rooms()
    second = {name for name, _, _ in SECOND_ENVIRONMENTS}
    components = [name for name, room in known.items() if room.folder.parent.name == "components"]
    own = [name for name in components if name not in second]
    return {name: known[name] for name in (*own, "serving", "serving-tensorflow", "pipelines")}


def chosen(names: Sequence[str]) -> list[Room]:
    """Returns the named rooms, all that have an image if none is named.

    Raises:
        InputError: There is no such image.
    """
    known = rooms_with_an_image()
    plain = {name.removeprefix("sentiment-").replace("_", "-"): name for name in known}
    wanted = [name.removeprefix("sentiment-").replace("_", "-") for name in names]
    for name in wanted:
        if name not in plain:
            raise InputError(
                f"no image {name!r}", where="IMAGES", mend=f"there are {', '.join(plain)}"
            )
    return [known[plain[name]] for name in wanted or plain]


def is_released(image: Image) -> bool:
    """Tells whether the room's version has been tagged, and with just these files."""
    folder = image.room.folder.name.replace("_", "-")
    tag = f"refs/tags/{folder}/v{image.room.version}"
    paths = _named(image.paths)
    return _git("diff", "--quiet", tag, "--", *paths) is not None and not _git(
        "ls-files", "--others", "--exclude-standard", "--", *paths
    )


def _history(paths: Sequence[Path]) -> dict[str, str]:
    """Returns the last commit that changed what is there, its time, and where it is published.

    The time of the build is not among them: it says nothing of what is inside.
    """
    found = {}
    if told := _git("log", "-1", "--format=%H %cI", "--", *_named(paths)):
        revision, created = told.split()
        changed = _git("status", "--porcelain", "--", *_named(paths))
        found = {"revision": revision + ("-modified" if changed else ""), "created": created}
    source = _git("remote", "get-url", "origin") or ""
    if source.startswith(("https://", "ssh://")):
        found["source"] = _without_user(source)
    return found


def _named(paths: Sequence[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


def _without_user(address: str) -> str:
    """Leaves out what stands before the host: it may be somebody's credentials."""
    scheme, _, rest = address.partition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}://{place.rpartition('@')[2]}{slash}{path}"


def _git(*arguments: str) -> str | None:
    """Returns what git prints, or None if it has no such thing or is not there."""
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    command = ["git", "-C", str(ROOT), *arguments]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return None if done.returncode else done.stdout.strip()
