"""The bill of materials of an image: what of Debian and of Python is inside, as CycloneDX.

Debian's packages are listed by debsbom, Python's by cyclonedx-py, each from what is installed in
the image and not from what was asked for. Both live in an environment of their own.
"""

import io
import json
import stat
import subprocess
import sys
import tarfile
import uuid
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sentiment_common.artifacts import write_json
from sentiment_pipelines.environments import VAR, rooms, sync
from sentiment_pipelines.images.contents import CONTENT, Image
from sentiment_pipelines.images.docker import Docker

SPECIFICATION = "1.6"
PACKAGES = ("opt/venv/lib/python3.11/site-packages", "opt/sentiment")
COLLECT = f"""
import pathlib, sys, tarfile
root = pathlib.Path("/")
with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as out:
    for name in ("usr/lib/os-release", "var/lib/dpkg/status", "var/lib/dpkg/arch"):
        if (root / name).exists():
            out.add(root / name, name)
    for path in [*root.glob("usr/share/doc/*/copyright"), *root.glob("var/lib/dpkg/status.d/*")]:
        out.add(path)
    for folder in {PACKAGES}:
        for path in (root / folder).glob("*.dist-info"):
            out.add(path)
"""
"""Runs in the image: sends what packages say of themselves, and nothing of what they hold."""


def path_of(image: Image) -> Path:
    """Returns the file of an image's bill of materials."""
    return VAR / "images" / f"{image.name}-{image.tag}.cdx.json"


def write(docker: Docker, image: Image) -> Path:
    """Writes the bill of materials of an image and returns its file; an image has one for ever.

    Raises:
        subprocess.CalledProcessError: One of the tools failed.
    """
    target = path_of(image)
    if target.is_file() and _content(json.loads(target.read_text())) == image.content:
        return target
    tools = rooms()["pipelines-images"]
    sync(tools)
    with TemporaryDirectory(prefix="sentiment-sbom-") as folder:
        root = Path(folder) / "root"
        _collect(docker, image, root)
        python = _list_python(tools.python.parent, image, root)
        debian = _list_debian(tools.python.parent, image, root)
        merged = _merge(tools.python.parent, image, [python, debian])
    write_json(target, merged)
    return target


def _collect(docker: Docker, image: Image, root: Path) -> None:
    command = docker.command(
        "run", "--rm", "--read-only", "--network=none", image.reference, "python3", "-c", COLLECT
    )
    done = subprocess.run(command, capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(root, filter="data")


def _list_python(tools: Path, image: Image, root: Path) -> Path:
    target = root.with_name("python.json")
    # cyclonedx-py asks an interpreter where packages lie; the image's own lies elsewhere.
    places = json.dumps([str(root / folder) for folder in PACKAGES])
    interpreter = root.with_name("python")
    interpreter.write_text(f"#!{sys.executable}\nprint({places!r})\n")
    interpreter.chmod(interpreter.stat().st_mode | stat.S_IXUSR)
    project = image.room.folder / "pyproject.toml"
    _run(
        str(tools / "cyclonedx-py"), "environment", "--output-reproducible",
        f"--spec-version={SPECIFICATION}", f"--pyproject={project}", f"--output-file={target}",
        str(interpreter),
    )  # fmt: skip
    return target


def _list_debian(tools: Path, image: Image, root: Path) -> Path:
    _run(
        str(tools / "debsbom"), "generate", "--sbom-type=cdx", "--with-licenses", f"--root={root}",
        f"--out={root.with_name('debian')}", *_told(image),
    )  # fmt: skip
    return root.with_name("debian.cdx.json")


def _merge(tools: Path, image: Image, parts: list[Path]) -> dict[str, Any]:
    target = parts[0].with_name("merged")
    _run(
        str(tools / "debsbom"), "merge", "--sbom-type=cdx", f"--distro-name={image.name}",
        f"--distro-version={image.tag}", f"--out={target}", *_told(image), *map(str, parts),
    )  # fmt: skip
    merged: dict[str, Any] = json.loads(target.with_name("merged.cdx.json").read_text())
    # debsbom merges distributions: it takes the whole for an operating system.
    merged["metadata"]["component"]["type"] = "container"
    merged["metadata"]["properties"] = [{"name": CONTENT, "value": image.content}]
    return merged


def _told(image: Image) -> list[str]:
    """Returns what would otherwise be the time and a random number."""
    created = image.labels().get("org.opencontainers.image.created", "1980-01-01T00:00:00+00:00")
    number = uuid.uuid5(uuid.NAMESPACE_OID, image.content)
    return [
        f"--timestamp={created}", f"--cdx-serialnumber={number}",
        f"--cdx-schema-version={SPECIFICATION}",
    ]  # fmt: skip


def _run(*command: str) -> None:
    subprocess.run(command, capture_output=True, check=True)


def _content(bill: dict[str, Any]) -> str | None:
    properties = bill.get("metadata", {}).get("properties", [])
    return next((it["value"] for it in properties if it["name"] == CONTENT), None)
