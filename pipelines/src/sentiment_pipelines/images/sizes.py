"""How large an image and its parts are, and whether that is within its budget."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sentiment_common.errors import InputError
from sentiment_pipelines.environments import ROOT
from sentiment_pipelines.images.contents import Image
from sentiment_pipelines.images.docker import Docker

if TYPE_CHECKING:
    from sentiment_pipelines.images import Built

RECORD = ROOT / "components" / "images.json"
"""The sizes that docs/components.md shows."""
LARGEST = 4
MEASURE = """
import json, pathlib
def size(path):
    return sum(f.lstat().st_size for f in ([path] if path.is_file() else path.rglob("*")))
found = pathlib.Path("/opt/venv/lib/python3.11/site-packages").iterdir()
print(json.dumps({path.name: size(path) for path in found}))
"""


@dataclass(frozen=True)
class Size:
    """Sizes in bytes, as docker counts them.

    Attributes:
        total: Of the image, base included.
        dependencies: Of what its lock installs.
        code: Of what this repository's packages install: what a change of code pushes.
    """

    total: int
    dependencies: int
    code: int


def measure(docker: Docker, reference: str) -> Size:
    """Returns the size of an image and its parts."""
    total = docker.ask("image", "inspect", "--format", "{{.Size}}", reference).stdout
    layers = docker.ask(
        "history", "--no-trunc", "--human=false", "--format", "{{.Size}} {{.CreatedBy}}", reference
    ).stdout
    dependencies = code = 0
    for line in layers.splitlines():
        size, _, made_by = line.partition(" ")
        dependencies += int(size) if "install.py lock" in made_by else 0
        code += int(size) if "/parts/sentiment" in made_by else 0
    return Size(int(total), dependencies, code)


def check(docker: Docker, done: Sequence["Built"]) -> None:
    """Holds every image to the budget that its room declares.

    Raises:
        InputError: One is over it, or declares none.
    """
    complaints = [complaint for built in done if (complaint := _complaint(docker, built))]
    if complaints:
        raise InputError("; ".join(complaints))


def _complaint(docker: Docker, built: "Built") -> str:
    image, total = built.image, built.size.total / 1e6
    budget = image.settings.get("budget")
    if budget is None:
        return f"{image.name} has no budget: [tool.sentiment.image] in its pyproject.toml"
    if total <= budget:
        return ""
    packages = ", ".join(f"{name} {size / 1e6:.0f}" for name, size in largest(docker, image))
    return f"{image.name} is {total:.0f} MB, {total - budget:.0f} over its budget: {packages}"


def largest(docker: Docker, image: Image) -> list[tuple[str, int]]:
    """Returns the largest packages in an image and their sizes in bytes."""
    told = docker.ask("run", "--rm", "--network=none", image.reference, "python3", "-c", MEASURE)
    sizes: dict[str, int] = json.loads(told.stdout)
    return sorted(sizes.items(), key=lambda it: -it[1])[:LARGEST]


def record(done: Sequence["Built"], path: Path = RECORD) -> None:
    """Writes the sizes of images into the file that the documentation reads, beside the others."""
    known: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
    known.update(_entries(done))
    path.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")


def _entries(done: Sequence["Built"]) -> Iterator[tuple[str, dict[str, object]]]:
    for built in done:
        yield (
            built.image.room.name,
            {
                "version": built.image.room.version,
                "bytes": built.size.total,
                "dependencies_bytes": built.size.dependencies,
                "code_bytes": built.size.code,
            },
        )
