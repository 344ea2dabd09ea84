"""What ``make kind-up`` installs, from ``pipelines/conf/kind/pins.toml``, and where it listens."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment_pipelines import environments

FOLDER = environments.ROOT / "pipelines" / "conf" / "kind"
NAME = "sentiment"
CONTEXT = f"kind-{NAME}"
NODE = f"{NAME}-control-plane"
"""The container that is the cluster's one node."""
REGISTRY = "sentiment-registry"
"""The container of the registry, and the volume that keeps its images."""
NAMESPACE, KUBEFLOW = "sentiment", "kubeflow"


@dataclass(frozen=True)
class Tool:
    """A program that has to be there.

    Attributes:
        name: What it is called.
        oldest: The oldest version that does.
        get: Where it is to be had.
    """

    name: str
    oldest: str
    get: str


@dataclass(frozen=True)
class Part:
    """Something that takes room.

    Attributes:
        name: What it is.
        memory: MB of memory.
        disk: MB of disk.
        seconds: Of waiting that cannot be done at once with the rest, downloads apart.
        source: Where the figures come from.
    """

    name: str
    memory: int
    disk: int
    seconds: int
    source: str


@dataclass(frozen=True)
class Pins:
    """The content of the file.

    Attributes:
        tools: What has to be there before anything starts.
        node: Image of the node, with its digest.
        registry: Image of the registry, with its digest.
        repository: Where Kubeflow Pipelines' manifests are released.
        version: Which release.
        commit: Hash of its commit; empty if nobody has told it.
        ports: Port of this machine, by what listens there.
        parts: What the whole is made of.
    """

    tools: tuple[Tool, ...]
    node: str
    registry: str
    repository: str
    version: str
    commit: str
    ports: dict[str, int]
    parts: tuple[Part, ...]

    @property
    def memory(self) -> int:
        """MB of memory that all of it takes."""
        return sum(part.memory for part in self.parts)

    @property
    def disk(self) -> int:
        """MB of disk that all of it takes."""
        return sum(part.disk for part in self.parts)

    @property
    def local_registry(self) -> str:
        """The registry as this machine and the nodes call it."""
        return f"localhost:{self.ports['registry']}"

    def address(self, name: str) -> str:
        """Returns the address of something that listens on this machine."""
        return f"http://localhost:{self.ports[name]}"


def read(path: Path = FOLDER / "pins.toml") -> Pins:
    """Reads the file."""
    told: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    return Pins(
        tuple(Tool(name, **it) for name, it in told["tools"].items()),
        told["images"]["node"],
        told["images"]["registry"],
        told["kubeflow"]["repository"],
        told["kubeflow"]["version"],
        told["kubeflow"]["commit"],
        dict(told["ports"]),
        tuple(Part(**it) for it in told["parts"]),
    )
