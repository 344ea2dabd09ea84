"""Where an artifact comes from: the chain of digests back to the data from outside.

Every artifact's ``artifact.json`` names the digests of what it was made from. Here they are looked
up in the artifacts of all runs. What is gone is a missing link of the chain and is said to be one.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sentiment_common.artifacts import (
    CHAMPION,
    EXAMPLES,
    MANIFEST,
    Kind,
    Manifest,
    Source,
    payload_digest,
    read_manifest,
)
from sentiment_common.errors import InputError
from sentiment_pipelines import runs
from sentiment_pipelines.cache import load
from sentiment_pipelines.champion import PRODUCER
from sentiment_pipelines.runs import Run

REGISTERED = "registered model"
DELETED = "no artifact of this digest is left on this machine: its run was deleted"


@dataclass(frozen=True)
class Place:
    """An artifact on this machine; a run that reuses a task has its artifacts as well.

    Attributes:
        folder: Where it lies; None if it lies in a registry alone.
        manifest: Its ``artifact.json``.
        name: Name of the output or of the artifact from outside.
        task: Task whose output it is; empty for what was given to a run, and for a copy.
        run: Run in whose folder it lies; empty outside the runs.
        maker: Run that made it; empty if nobody knows.
    """

    folder: Path | None
    manifest: Manifest
    name: str
    task: str = ""
    run: str = ""
    maker: str = ""

    @property
    def key(self) -> str:
        """The same for every copy of what one task of one run made."""
        return f"{self.manifest.digest} {self.title} {self.maker or 'copy'}"

    @property
    def title(self) -> str:
        """``TASK/OUTPUT``, or the name alone."""
        return f"{self.task}/{self.name}" if self.task else self.name

    @property
    def inputs(self) -> Mapping[str, str]:
        """Digest of each artifact it was made from.

        Of a champion it is the bundle that it holds. The evaluation it was chosen in belongs to the
        lineage of its registered version: with it, each champion would bring all before it along.
        """
        if self.manifest.kind == CHAMPION.name:
            return {name: it for name, it in self.manifest.named.items() if name == "bundle"}
        return self.manifest.inputs

    @property
    def handed_on(self) -> str | None:
        """Name of the input whose content it has unchanged, None if it made content of its own."""
        same = (name for name, it in self.inputs.items() if it == self.manifest.digest)
        return next(same, None)


class Store:
    """The artifacts of all runs, by digest.

    Args:
        places: The artifacts.
    """

    def __init__(self, places: Sequence[Place]) -> None:
        self._places = list(places)

    @property
    def places(self) -> Sequence[Place]:
        """All of them."""
        return self._places

    def add(self, places: Sequence[Place]) -> None:
        """Adds artifacts from elsewhere, e.g. what a registry keeps."""
        self._places += places

    def find(
        self, digest: str, name: str = "", near: Place | None = None, but: Sequence[str] = ()
    ) -> Place | None:
        """Returns the artifact of a digest: the one that made this content, not one that copied it.

        Args:
            digest: Its digest.
            name: Name of the input it is, if it is one.
            near: The artifact made from it; what lies in the run that made this is preferred.
            but: Keys of artifacts that it cannot be, being made from it.

        Returns:
            None if no run has it any more.
        """
        beside = [near.maker, near.run] if near else []

        def rank(place: Place) -> tuple[object, ...]:
            distance = beside.index(place.run) if place.run in beside else len(beside)
            return (
                place.handed_on is not None, not place.task, distance, place.name != name,
                place.maker, place.run,
            )  # fmt: skip

        same = (it for it in self._places if it.manifest.digest == digest and it.key not in but)
        return min(same, key=rank, default=None)


def store() -> Store:
    """Reads the manifests of all runs below ``var``."""
    found: list[Place] = []
    for run in sorted(runs.folder().glob("[0-9]*")):
        for task in sorted(run.glob("tasks/*/*")):
            found += _of_task(task, run.name)
        for pattern in ("champion", "champion/*", "previous_*"):
            for path in sorted(run.glob(f"{pattern}/{MANIFEST}")):
                place = at(path.parent, run.name)
                found += [place] if place else []
    return Store(found)


def _of_task(task: Path, run: str) -> Iterator[Place]:
    entry = load(task)
    for path in sorted(task.glob(f"*/{MANIFEST}")):
        if manifest := read_any(path.parent):
            maker = entry.run if entry else run
            yield Place(path.parent, manifest, path.parent.name, task.name, run, maker)


def at(folder: Path, run: str = "") -> Place | None:
    """Returns the artifact in a folder that is no task's output, None if there is none."""
    manifest = read_any(folder)
    if manifest is None:
        return None
    made_here = manifest.producer == PRODUCER
    return Place(folder, manifest, folder.name, "", run, run if made_here else "")


def read_any(folder: Path) -> Manifest | None:
    """Reads a manifest of any kind; None if it cannot be read: then the artifact is missing."""
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return read_manifest(folder, Kind(content["kind"], content["schema_version"]))
    except (OSError, ValueError, TypeError, KeyError, InputError):
        return None


@dataclass(frozen=True)
class Node:
    """An artifact in a chain.

    Attributes:
        name: Name of the output, of the artifact from outside or of the registered version.
        task: Task whose output it is; empty for the others.
        kind: Its kind; empty if it is missing.
        digest: Its digest; empty for a registered version.
        producer: Stage that made it, with its version.
        code: Digest of that stage's code.
        run: Run that made it; empty if nobody knows.
        revision: Commit of the checkout then; None if nobody knows.
        notes: What else is to be said of it.
        inputs: Key of the node of each input, by input name.
        sources: Data from outside that it was made from.
        missing: Whether it is gone.
    """

    name: str
    task: str
    kind: str
    digest: str
    producer: str = ""
    code: str = ""
    run: str = ""
    revision: str | None = None
    notes: Sequence[str] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    sources: Sequence[Source] = ()
    missing: bool = False

    @property
    def title(self) -> str:
        """``TASK/OUTPUT``, or the name alone."""
        return f"{self.task}/{self.name}" if self.task else self.name


@dataclass(frozen=True)
class Lineage:
    """A chain: no node is an ancestor of itself.

    Attributes:
        root: Key of the node whose lineage it is.
        nodes: The nodes by key, each after those it was made from.
    """

    root: str
    nodes: Mapping[str, Node]

    @property
    def sources(self) -> list[Source]:
        """Data from outside, each once."""
        found = {source: None for node in self.nodes.values() for source in node.sources}
        return list(found)

    @property
    def missing(self) -> list[Node]:
        """The nodes that are gone."""
        return [node for node in self.nodes.values() if node.missing]


def trace(available: Store, root: Place) -> Lineage:
    """Follows an artifact back to the data from outside.

    Args:
        available: Where to look for what it was made from.
        root: The artifact.
    """
    nodes: dict[str, Node] = {}
    _follow(available, root, nodes, ())
    return Lineage(root.key, nodes)


def ancestors(available: Store, place: Place, last: str = "") -> set[str]:
    """Returns the digests of all that an artifact was made from, without looking into the files.

    Args:
        available: Where to look for what it was made from.
        place: The artifact.
        last: Kind of artifacts that are not followed further.
    """
    found: set[str] = set()
    waiting = list(place.inputs.values())
    while waiting:
        digest = waiting.pop()
        before = available.find(digest) if digest not in found else None
        found.add(digest)
        if before and before.manifest.kind != last:
            waiting += before.inputs.values()
    return found


def _follow(
    available: Store, place: Place, nodes: dict[str, Node], descendants: tuple[str, ...]
) -> None:
    """Adds an artifact and all before it.

    Content may come back (rows are added and taken away again), so that digests alone would lead
    in a circle: nothing is made from its own descendants.
    """
    if place.key in nodes:
        return
    path = (*descendants, place.key)
    inputs = {}
    for name, digest in place.inputs.items():
        found = available.find(digest, name, place, path)
        if found:
            _follow(available, found, nodes, path)
            inputs[name] = found.key
        else:
            nodes[digest] = Node(name, "", "", digest, notes=(DELETED,), missing=True)
            inputs[name] = digest
    nodes[place.key] = _node(place, inputs)


def _node(place: Place, inputs: Mapping[str, str]) -> Node:
    manifest = place.manifest
    facts = Run(place.maker).facts if place.maker else {}
    return Node(
        place.name, place.task, manifest.kind, manifest.digest,
        f"{manifest.producer} {manifest.producer_version}".rstrip(),
        manifest.code, place.maker, facts.get("revision"),
        tuple(_notes(place)), inputs, tuple(manifest.sources),
    )  # fmt: skip


def _notes(place: Place) -> Iterator[str]:
    manifest, folder = place.manifest, place.folder
    intact = folder is None or payload_digest(folder, manifest.named) == manifest.digest
    if not intact:
        yield f"its files in {folder} were changed after it was made"
    if place.maker and not (runs.folder() / place.maker).is_dir():
        kept = f", run {place.run} reused what it had made" if place.run != place.maker else ""
        yield f"run {place.maker} was deleted{kept}"
    if not place.maker:
        kept = f"run {place.run}" if place.run else str(folder or "the registry")
        yield f"the run that made it is not known: this is the copy in {kept}"
    if place.handed_on:
        yield f"it is its input {place.handed_on}, unchanged"
    if manifest.kind == EXAMPLES.name and manifest.producer == PRODUCER:
        yield "without rows: no earlier splits were carried forward"
    if manifest.kind == CHAMPION.name and not manifest.named:
        yield "there was no champion yet"
    elif manifest.kind == CHAMPION.name and folder and intact:
        version = json.loads((folder / "champion.json").read_text())["version"]
        yield f"it was version {version} of the registry"
