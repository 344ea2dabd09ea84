"""The base of every image: Debian 13 with Python 3.11, made here or taken from a registry."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sentiment_common.errors import InputError
from sentiment_pipelines.images.docker import Docker

NAME = "sentiment-base:3.11-trixie"
VARIABLE = "SENTIMENT_BASE"
"""Names another base, e.g. python:3.11-slim-trixie."""
MIRROR = "http://deb.debian.org/debian"
SECURITY_MIRROR = "http://deb.debian.org/debian-security"
PACKAGES = ("python3", "python3-venv", "ca-certificates")
OMITTED = ("doc", "man", "locale")
INHERITED = ("Env", "User", "WorkingDir", "Entrypoint", "Cmd")
"""Settings that an image takes over from its base."""
EPOCH = "1767225600"
"""2026: no file of the base is younger, so that the same packages give the same layer."""
PREFERENCES = """\
Package: python3* libpython3*
Pin: release n=bookworm*
Pin-Priority: 1001
"""
"""Python 3.11 is Debian 12's; TFDV needs the C library of Debian 13."""


@dataclass(frozen=True)
class Base:
    """An image that others stand on.

    Attributes:
        name: What docker knows it by.
        digest: Digest of it in its registry; of the image itself if it comes from none.
        content: Digest of what it holds: equal wherever it was made of the same packages.
    """

    name: str
    digest: str
    content: str


def chosen() -> str:
    """Returns the name of the base to use."""
    return os.environ.get(VARIABLE) or NAME


def find(docker: Docker, name: str = "") -> Base:
    """Returns the base as it lies here.

    Raises:
        InputError: It does not.
    """
    name = name or chosen()
    told = docker.ask("image", "inspect", "--", name)
    if told.returncode:
        raise _missing(name)
    found = json.loads(told.stdout)[0]
    settings = {key: found["Config"].get(key) for key in INHERITED}
    content = json.dumps([found["RootFS"]["Layers"], settings], sort_keys=True)
    digests = [digest.partition("@")[2] for digest in found.get("RepoDigests") or ()]
    return Base(name, (digests or [found["Id"]])[0], hashlib.sha256(content.encode()).hexdigest())


def fetch(docker: Docker, name: str = "") -> Base:
    """Returns the base, pulled if it is another's and not here.

    Raises:
        InputError: It cannot be had.
    """
    name = name or chosen()
    if name != NAME and docker.ask("image", "inspect", "--", name).returncode:
        pulled = docker.ask("pull", "--quiet", "--", name)
        if pulled.returncode:
            raise InputError(
                f"the base cannot be pulled: {pulled.stderr.strip().splitlines()[-1]}",
                where=name,
                mend="make one without a registry: `make base-image`, and leave BASE out",
            )
    return find(docker, name)


def _missing(name: str) -> InputError:
    mend = "make it: `make base-image`; or take one from a registry: BASE=python:3.11-slim-trixie"
    return InputError("the base of the images is not here", where=name, mend=mend)


def make(
    docker: Docker,
    tell: Callable[[str], None],
    mirror: str = MIRROR,
    security_mirror: str = SECURITY_MIRROR,
) -> Base:
    """Makes the base from Debian's packages and gives it to docker.

    Args:
        docker: Who takes it.
        tell: Is called with a line before each step.
        mirror: Address of Debian's archive; a snapshot of it gives the same base for ever.
        security_mirror: Address of its security updates.

    Raises:
        InputError: mmdebstrap is not installed, or could not make it.
    """
    with tempfile.TemporaryDirectory(prefix="sentiment-base-") as folder:
        system = Path(folder) / "base.tar"
        tell(f"unpacks Debian's packages from {mirror}")
        write(system, mirror, security_mirror)
        tell("gives them to docker")
        told = docker.ask("import", str(system), NAME)
        if told.returncode:
            raise InputError(told.stderr.strip().splitlines()[-1], where="docker import")
    return find(docker, NAME)


def write(system: Path, mirror: str = MIRROR, security_mirror: str = SECURITY_MIRROR) -> None:
    """Writes the base's files as an archive: the same bytes from the same packages.

    Raises:
        InputError: mmdebstrap is not installed, or could not make it.
    """
    if not shutil.which("mmdebstrap"):
        mend = "install it (Debian: mmdebstrap), or use a registry: BASE=python:3.11-slim-trixie"
        raise InputError("mmdebstrap, which makes the base, is not installed", mend=mend)
    preferences = system.with_name("preferences")
    preferences.write_text(PREFERENCES)
    sources = [f"deb {mirror} {suite} main" for suite in ("trixie", "trixie-updates", "bookworm")]
    sources += [f"deb {security_mirror} {suite}-security main" for suite in ("trixie", "bookworm")]
    command = [
        "mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}",
        "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
        f"--setup-hook=upload {preferences} /etc/apt/preferences.d/python",
        *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in OMITTED),
        "--dpkgopt=path-include=/usr/share/doc/*/copyright",  # as their licences ask for
        "trixie", str(system), *sources,
    ]  # fmt: skip
    environment = {**os.environ, "SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH", EPOCH)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith(("E:", "Err"))]
        raise InputError(
            (lines or done.stderr.splitlines() or ["no reason given"])[0].strip(),
            where="mmdebstrap",
            mend="can Debian's mirror be reached? Name another: MIRROR= SECURITY_MIRROR=",
        )
