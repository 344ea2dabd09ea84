"""Builds the Bento: the bundle, the code and the pins in one folder that needs nothing else."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sentiment_common.artifacts import replace_tree, write_json
from sentiment_common.errors import InputError
from sentiment_serving.model import BUNDLED, rehearsed

NAME = "sentiment"
SERVICE = "sentiment_serving.service:SentimentService"
PACKAGES = ("sentiment_common", "sentiment_models", "sentiment_serving")
LOCK = "requirements.lock"
FULL_LOCK = "requirements-tensorflow.lock"
VERSION_DIGITS = 12


def build(bundle_folder: Path, home: Path, lock: Path | None = None) -> str:
    """Builds the Bento of a bundle, replacing an earlier one of the same bundle.

    Args:
        bundle_folder: The bundle to serve.
        home: The ``BENTOML_HOME`` whose store receives the Bento.
        lock: The pins of the service's environment; by default those of this checkout that the
            bundle's backend needs.

    Returns:
        The Bento's tag; its version is the beginning of the bundle's digest.

    Raises:
        InputError: The bundle or the lock cannot be used.
    """
    bundle, digest = rehearsed(bundle_folder)
    lock = lock or _lock_of_checkout(bundle.backend)
    pins = _pinned(lock)
    version = digest.removeprefix("sha256:")[:VERSION_DIGITS]
    home.mkdir(parents=True, exist_ok=True)
    # BentoML refuses a version that is there; built apart and moved, it appears whole or not.
    with (
        tempfile.TemporaryDirectory(prefix="building-", dir=home) as store,
        tempfile.TemporaryDirectory() as folder,
    ):
        context, apart = Path(folder), Path(store)
        _fill(context, bundle_folder, lock)
        labels = {"model": bundle.name, "backend": bundle.backend, "digest": digest}
        write_json(context / "bentofile.yaml", _bentofile(labels, pins))
        _run_bentoml_build(context, apart, version)
        built = Path("bentos") / NAME / version
        # BentoML leaves it closed to all other users, such as the one of a container.
        (apart / built).chmod(0o755)
        replace_tree(apart / built, home / built)
    (home / "bentos" / NAME / "latest").write_text(version)
    return f"{NAME}:{version}"


def _lock_of_checkout(backend: str) -> Path:
    lock = Path(__file__).parents[2] / (LOCK if backend == "linear" else FULL_LOCK)
    if not lock.is_file():
        raise InputError("no lock beside the installed package", mend="give --lock")
    return lock


def _fill(context: Path, bundle_folder: Path, lock: Path) -> None:
    leave_out = shutil.ignore_patterns("__pycache__")
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is None or spec.submodule_search_locations is None:
            raise ModuleNotFoundError(package)
        source = spec.submodule_search_locations[0]
        shutil.copytree(source, context / package, ignore=leave_out)
    shutil.copytree(bundle_folder, context / BUNDLED)
    shutil.copy(lock, context / LOCK)


def _pinned(lock: Path) -> list[str]:
    """Returns ``name==version`` with its marker for each requirement of a lock.

    BentoML adds its own requirement without a hash, beside which pip accepts no hashes at all; the
    lock itself, with its hashes, lies in the Bento too.
    """
    try:
        lines = lock.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError as error:
        raise InputError("no such file", where=str(lock), mend="give --lock") from error
    return [line.removesuffix("\\").strip() for line in lines if line[:1].isalnum()]


def _bentofile(labels: Mapping[str, str], packages: list[str]) -> dict[str, object]:
    return {
        "service": SERVICE,
        "name": NAME,
        "labels": dict(labels),
        "include": [*(f"/{package}/" for package in PACKAGES), f"/{BUNDLED}/", f"/{LOCK}"],
        "python": {"packages": packages, "lock_packages": False},
    }


def _run_bentoml_build(context: Path, home: Path, version: str) -> None:
    command = [sys.executable, "-m", "bentoml", "build", "--version", version, "--output", "tag"]
    environment = {
        **os.environ,
        "BENTOML_HOME": str(home),
        "BENTOML_DO_NOT_TRACK": "True",
        # The other way of describing an image installs uv with pip, into this very environment.
        "BENTOML_ENABLE_FEATURES": "no_image",
    }
    # BentoML reads no bentofile from outside of the working directory.
    subprocess.run(command, cwd=context, env=environment, stdout=subprocess.DEVNULL, check=True)
