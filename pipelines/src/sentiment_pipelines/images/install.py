"""Runs inside the build of an image: takes apart what a room installs, and installs it by uv.

Standard library alone, because nothing else is there yet. What goes in is said by the room's
``pyproject.toml`` and lock, and by nobody else::

    install.py parts /source/components/ingest /parts [requirements-other.lock]
    install.py lock /parts/shared.lock
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

TOOLS = Path(__file__).parent / "bin"
VENV = Path("/opt/venv")
CODE = Path("/opt/sentiment")
SECRETS = Path("/run/secrets")
LAYERS = (
    ("tensorflow", ("tensorflow-cpu",)),
    ("arrays", ("numpy", "pyarrow")),
)
"""Layers below a room's own: large, and equal in most images, which then share them."""
REST = "rest"
OMITTED = ("libclang",)
"""TensorFlow names it as a dependency and never imports it: 60 MB."""
STRIPPED = (
    "tensorflow/include", "pyarrow/include",  # headers for those who compile against them
    "numpy/**/tests", "pandas/tests", "pyarrow/tests", "scipy/**/tests", "sklearn/**/tests",
)  # fmt: skip
"""What is installed with a package and not needed to run it, below ``site-packages``."""
UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "timeout": "UV_HTTP_TIMEOUT",
    "cert": "SSL_CERT_FILE",
}
"""What pip's settings are called by uv, which does not read them."""
UV = {
    "UV_CACHE_DIR": "/run/uv",
    "UV_LINK_MODE": "copy",  # the cache is a mount: nothing links across
    "UV_COMPILE_BYTECODE": "1",  # the root is read-only: what is not compiled here never is
    "PYC_INVALIDATION_MODE": "UNCHECKED_HASH",  # nothing changes in an image: no look at times
}
EPOCH = 315532800
"""1980: the oldest time that a zip archive knows. The same code gives the same layer."""


def main(arguments: Sequence[str]) -> None:
    """Runs one of the two commands.

    Raises:
        SystemExit: uv failed; its message is shown.
    """
    command, first, *more = arguments
    if command == "parts":
        take_apart(Path(first), Path(more[0]), *more[1:])
    else:
        install(Path(first))


def take_apart(room: Path, parts: Path, lock: str = "") -> None:
    """Writes a lock per layer, and the room's code with its local packages, installed.

    Args:
        room: The room's folder; its local packages lie where its ``pyproject.toml`` says.
        parts: Where to write ``<layer>.lock`` and the folder ``sentiment``.
        lock: Name of the lock, if it is not the one that the room declares for its image.
    """
    project = tomllib.loads((room / "pyproject.toml").read_text())
    parts.mkdir(parents=True)
    text = (room / (lock or lock_name(project))).read_text()
    for layer, requirements in split(text).items():
        (parts / f"{layer}.lock").write_text(requirements)
    _make_environment()
    packages = [str(package) for package in local_packages(room, project)]
    _uv("pip", "install", "--no-deps", "--target", str(parts / "sentiment"), *packages)
    _forget_the_build(parts / "sentiment")


def lock_name(project: Mapping[str, Any]) -> str:
    """Returns the name of the lock that a room's image is made from."""
    image = project.get("tool", {}).get("sentiment", {}).get("image", {})
    return str(image.get("lock", "requirements.lock"))


def local_packages(room: Path, project: Mapping[str, Any]) -> list[Path]:
    """Returns the folders of the repository's packages that a room installs, itself last."""
    sources = project.get("tool", {}).get("uv", {}).get("sources", {})
    return [(room / source["path"]).resolve() for source in sources.values()] + [room]


def split(lock: str) -> dict[str, str]:
    """Splits a lock into one for each layer, in the order they are installed in.

    Args:
        lock: Pinned requirements, each on a line of its own that hashes continue.
    """
    layer_of = {name: layer for layer, names in LAYERS for name in names}
    found: dict[str, list[str]] = {layer: [] for layer in (*dict(LAYERS), REST)}
    for requirement in re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE):
        name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
        if name and name not in OMITTED:
            lines = requirement.splitlines(keepends=True)
            pinned = "".join(line for line in lines if not line.lstrip().startswith("#"))
            found[layer_of.get(name, REST)].append(pinned)
    return {layer: "".join(requirements) for layer, requirements in found.items()}


def install(lock: Path) -> None:
    """Installs a lock into the image's environment, without resolving anything."""
    _make_environment()
    if lock.read_text().strip():
        _uv("pip", "install", "--no-deps", "--require-hashes", "--requirement", str(lock))
        strip(next(VENV.glob("lib/python3*/site-packages")))


def strip(packages: Path) -> None:
    """Removes what running needs none of.

    Args:
        packages: The folder ``site-packages``.
    """
    for pattern in STRIPPED:
        for folder in sorted(packages.glob(pattern)):
            shutil.rmtree(folder, ignore_errors=True)  # one in another that is gone already


def settings(listed: str, secrets: Path = SECRETS) -> dict[str, str]:
    """Returns uv's settings, given pip's.

    Args:
        listed: What ``pip config list`` prints.
        secrets: Where the secrets of the build lie; ``ca`` is a bundle of certificates.
    """
    found = {}
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        if name := UV_NAMES.get(key.rpartition(".")[2].removeprefix("default-")):
            found[name] = value.strip("'\"").replace("\\n", " ")
    if (secrets / "ca").is_file():
        found["SSL_CERT_FILE"] = str(secrets / "ca")
    elif not Path(found.get("SSL_CERT_FILE", "")).is_file():
        found.pop("SSL_CERT_FILE", None)  # a path of the machine that the settings come from
    return found


def _make_environment() -> None:
    if not VENV.exists():
        _uv("venv", "--no-managed-python", "--python", "3.11", str(VENV))
        packages = next(VENV.glob("lib/python3*/site-packages"))
        (packages / "sentiment.pth").write_text(f"{CODE}\n")


def _forget_the_build(code: Path) -> None:
    """Removes what says where and when packages were built: equal code is an equal layer."""
    for path in [*code.glob("*.dist-info/uv_*.json"), *code.glob("*.dist-info/direct_url.json")]:
        path.unlink()
    (code / ".lock").unlink(missing_ok=True)
    for record in code.glob("*.dist-info/RECORD"):
        kept = [line for line in record.read_text().splitlines() if "_url.json" not in line]
        record.write_text("".join(f"{line}\n" for line in kept if "uv_" not in line))
    for path in [code, *code.rglob("*")]:
        os.utime(path, (EPOCH, EPOCH), follow_symlinks=False)


def _uv(*arguments: str) -> None:
    told = {**os.environ, "PIP_CONFIG_FILE": str(SECRETS / "pip")}
    command = [str(TOOLS / "python"), "-m", "pip", "config", "list"]
    listed = subprocess.run(command, env=told, capture_output=True, text=True, check=True).stdout
    environment = {**os.environ, **UV, **settings(listed), "VIRTUAL_ENV": str(VENV)}
    done = subprocess.run([str(TOOLS / "uv"), *arguments], env=environment, check=False)
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    main(sys.argv[1:])
