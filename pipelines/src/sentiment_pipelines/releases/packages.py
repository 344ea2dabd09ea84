"""The packages of a tree as they are now: version, content, what they contain, interface."""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment_common.artifacts import file_sha256
from sentiment_common.code import source_files
from sentiment_common.errors import InputError
from sentiment_pipelines.environments import Room
from sentiment_pipelines.releases import declared, ports
from sentiment_pipelines.releases.interface import Interface
from sentiment_pipelines.releases.semver import Version

RECORD = "release.json"
CHANGELOG = "CHANGELOG.md"
IMAGE = re.compile(r"^( *image: )(sentiment-[a-z0-9-]+):(\S+)$", re.MULTILINE)
DOCKER_COMMENT = re.compile(r"^\s*#(?!\s*(?:syntax|escape|check)=).*\n|^\s*\n", re.MULTILINE)
CHART_VERSION = re.compile(r"(?<=^version: )\S+", re.MULTILINE)
APP_VERSION = re.compile(r'(?<=^appVersion: )"?[^"\s]+"?', re.MULTILINE)
PATH = re.compile(r"(?<![\w./-])[\w-]+(?:/[\w.-]+)+")


@dataclass(frozen=True)
class Package:
    """What is released under a version of its own: a room or a chart.

    Attributes:
        name: The room's name or the chart's folder, e.g. ``ingest``, ``charts/sentiment-serving``.
        title: What it is called where it is installed, e.g. ``sentiment-ingest``.
        folder: Where it lies.
        version: Its version.
        content: SHA-256 of each file that decides what is installed, by path from its folder;
            versions are left out of them.
        contains: Version of each package that is part of it, by name.
        interface: What its callers rely on; empty if that is not written down as data.
    """

    name: str
    title: str
    folder: Path
    version: Version
    content: Mapping[str, str]
    contains: Mapping[str, Version]
    interface: Interface

    @property
    def is_chart(self) -> bool:
        """Whether it is a Helm chart."""
        return self.name.startswith("charts/")

    @property
    def tag(self) -> str:
        """The git tag of its version, e.g. ``train-baseline/v1.4.0``."""
        return f"{self.name.replace('_', '-')}/v{self.version}"

    @property
    def versioned(self) -> Path:
        """The file that says its version."""
        return self.folder / ("Chart.yaml" if self.is_chart else "pyproject.toml")


def read(root: Path) -> dict[str, Package]:
    """Reads all packages of a tree, by name, what is contained before what contains it.

    Raises:
        InputError: A version is none, or a file cannot be read as what it is.
    """
    root = root.resolve()
    rooms = list(_rooms(root))
    interfaces = _interfaces(root, rooms)
    found: dict[str, Package] = {}
    for room in rooms:
        installed = [package.resolve() for package in room.local_packages[:-1]]
        contains = {it.name: it.version for it in found.values() if it.folder in installed}
        found[room.name] = Package(
            room.name, str(room.project["project"]["name"]), room.folder,
            parsed(room.version, room.folder / "pyproject.toml"), dict(_content(root, room)),
            {**contains, **_images(room.folder, found)}, interfaces.get(room.folder, {}),
        )  # fmt: skip
    charts = (_chart(path.parent, found) for path in sorted(root.glob("charts/*/Chart.yaml")))
    return found | {chart.name: chart for chart in charts}


def _interfaces(root: Path, rooms: list[Room]) -> dict[Path, Interface]:
    """Returns what callers rely on, by folder; a library's is its code, and not written down."""
    modules = {
        f"{module.parent.name}.cli": room.folder
        for room in rooms
        if room.folder.parent.name == "components"
        for module in room.folder.glob("src/*/cli.py")
    }
    if (root / "serving" / "src" / declared.SERVICE).is_dir():
        modules[declared.SERVICE] = root / "serving"
    found = ports.of_modules(root, modules)
    for room in rooms:
        if compiled := sorted(room.folder.glob("compiled/*.yaml")):
            found[room.folder] = ports.of_pipelines(compiled)
    return found


def _rooms(root: Path) -> Iterator[Room]:
    """Yields the rooms that are installed, what is contained first."""
    base = root / "common" / "base"
    common = sorted(root.glob("common/*"), key=lambda folder: (folder != base, folder))
    folders = [*common, *sorted(root.glob("components/*")), root / "serving", root / "pipelines"]
    for folder in folders:
        if (folder / "pyproject.toml").is_file():
            room = Room(folder.name, folder)
            if "build-system" in room.project:
                yield room


def parsed(text: str, where: Path) -> Version:
    """Reads a version of a file.

    Raises:
        InputError: It is none.
    """
    try:
        return Version.parse(text)
    except ValueError as error:
        raise InputError(str(error), where=str(where), mend="give it three numbers") from error


def _content(root: Path, room: Room) -> Iterator[tuple[str, str]]:
    for package in sorted(room.folder.glob("src/*/__init__.py")):
        for name, digest in source_files(package.parent).items():
            yield f"src/{name}", digest
    yield "pyproject.toml", _digest(json.dumps(_installed(room.project), sort_keys=True))
    if "scripts" not in room.project["project"]:
        return  # a library is installed into the environments of others, by their locks
    for lock in sorted(room.folder.glob("*.lock")):
        yield lock.name, file_sha256(lock)
    for path in _compiled(room.folder):
        text = IMAGE.sub(r"\1\2", path.read_text(encoding="utf-8"))
        yield path.relative_to(room.folder).as_posix(), _digest(text)
    for path in sorted(room.folder.glob("conf/**/*.*")):
        yield path.relative_to(room.folder).as_posix(), file_sha256(path)
    yield from _built_by(root, room)


def _compiled(folder: Path) -> list[Path]:
    """Returns the files of a room that name images by version."""
    return [*folder.glob("component.yaml"), *sorted(folder.glob("compiled/*.yaml"))]


def _built_by(root: Path, room: Room) -> Iterator[tuple[str, str]]:
    """Yields the recipe of a room's image, its own or one for many, and the files it names."""
    places = [room.folder, room.folder.parent, root]
    recipes = [place / "Dockerfile" for place in places if (place / "Dockerfile").is_file()]
    if not recipes:
        return
    text = DOCKER_COMMENT.sub("", recipes[0].read_text(encoding="utf-8"))
    yield os.path.relpath(recipes[0], room.folder), _digest(text)
    for name in sorted(set(PATH.findall(text))):
        if (path := root / name).is_file() and path.parent != room.folder:
            yield os.path.relpath(path, room.folder), file_sha256(path)


def _installed(project: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what of a pyproject.toml reaches those who install it, its version apart."""
    about = {key: value for key, value in project["project"].items() if key != "version"}
    settings = project.get("tool", {}).get("uv")
    return {"project": about, "build": project["build-system"], "uv": settings}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def tags(folder: Path) -> Iterator[tuple[Path, str, Version]]:
    """Yields the images that a room's compiled files name: file, image and version.

    Raises:
        InputError: An image of this repository is named by another tag than a version.
    """
    for path in _compiled(folder):
        for found in IMAGE.finditer(path.read_text(encoding="utf-8")):
            yield path, found[2], parsed(found[3], path)


def _images(folder: Path, known: Mapping[str, Package]) -> dict[str, Version]:
    """Returns the versions of other packages whose images a room's pipelines run."""
    names = {package.title: package.name for package in known.values()}
    return {names[title]: version for _, title, version in tags(folder) if title in names}


def _chart(folder: Path, rooms: Mapping[str, Package]) -> Package:
    path = folder / "Chart.yaml"
    about = ports.mapping(path)
    served = next((room for room in rooms.values() if room.title == about["name"]), None)
    content = {
        file.relative_to(folder).as_posix(): file_sha256(file)
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.suffix != ".md" and file.name not in (RECORD, "Chart.yaml")
    }
    text = CHART_VERSION.sub("", path.read_text(encoding="utf-8"))
    content["Chart.yaml"] = _digest(APP_VERSION.sub("", text) if served else text)
    return Package(
        folder.relative_to(folder.parents[1]).as_posix(), about["name"], folder,
        parsed(str(about["version"]), path), content,
        {served.name: parsed(str(about["appVersion"]), path)} if served else {},
        ports.of_values(folder / "values.yaml"),
    )  # fmt: skip
