"""One locked environment per room, made from its own lock by uv: nothing is resolved at run time.

This module needs the standard library alone, because it is what a fresh machine starts with::

    python3 pipelines/src/sentiment_pipelines/environments.py sync pipelines

uv itself comes from ``bootstrap.lock`` through pip, so the user's package index, mirror and
certificates apply. A room's environment is made anew only when its lock changes.
"""

from __future__ import annotations  # an older Python shall get as far as saying that it is one

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(os.environ.get("SENTIMENT_ROOT") or Path(__file__).resolve().parents[3])
"""The repository; the image of pipelines, which has but a part of it, says where that lies."""
VAR = Path(os.environ.get("SENTIMENT_VAR") or ROOT / "var").resolve()
"""State of runs, tracking and registry; environments and downloads are shared by all of them."""
ENVIRONMENTS = ROOT / "var" / "envs"
CACHE = ROOT / "var" / "cache"
BOOTSTRAP_LOCK = ROOT / "pipelines" / "bootstrap.lock"
TEST_LOCK = ROOT / "tests" / "requirements.lock"
OLDEST_GLIBC_OF_TFDV = (2, 38)
WITH_TFDV = ("validate", "monitor")
"""Rooms with two locks, picked by the machine's C library."""
SECOND_ENVIRONMENTS = (
    ("serving-tensorflow", "serving", "tensorflow"),
    ("pipelines-ui", "pipelines", "ui"),
    ("pipelines-data", "pipelines", "data"),
    ("pipelines-images", "pipelines", "images"),
    ("batch_predict-beam", "components/batch_predict", "beam"),
    ("charts", "charts", ""),
)
"""Name, folder and lock of environments that a room has beside its own."""
PYTHON = (3, 11)
"""What the locks are resolved for; TFDV 1.16.1 has no wheels for a later one."""


@dataclass(frozen=True)
class Room:
    """A folder with a ``pyproject.toml`` and a lock of its own.

    Attributes:
        name: Name of the environment, e.g. ``train_baseline`` or ``base``.
        folder: Where the room lies.
        variant: Which of several locks to use, e.g. ``tensorflow``; empty for the only one.
    """

    name: str
    folder: Path
    variant: str = ""

    @property
    def lock(self) -> Path:
        """The lock that the environment is made from."""
        return self.folder / f"requirements{'-' + self.variant if self.variant else ''}.lock"

    @property
    def environment(self) -> Path:
        """The virtual environment's folder."""
        return ENVIRONMENTS / self.name

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.environment / "bin" / "python"

    @cached_property
    def project(self) -> dict[str, Any]:
        """The content of the room's ``pyproject.toml``."""
        import tomllib

        return tomllib.loads((self.folder / "pyproject.toml").read_text())

    @property
    def version(self) -> str:
        """The room's own version, which is the tag of its image."""
        return str(self.project["project"]["version"])

    @property
    def local_packages(self) -> list[Path]:
        """The packages of this repository that are installed beside the lock, itself last."""
        if "build-system" not in self.project:
            return []
        sources = self.project.get("tool", {}).get("uv", {}).get("sources", {})
        return [(self.folder / source["path"]).resolve() for source in sources.values()] + [
            self.folder
        ]

    @property
    def stamp(self) -> str:
        """A digest of all that decides what is installed."""
        digest = hashlib.sha256(f"{sys.version}\n{self.folder}\n".encode())
        for path in [self.lock, *(package / "pyproject.toml" for package in self.local_packages)]:
            digest.update(path.read_bytes())
        return digest.hexdigest()


def rooms() -> dict[str, Room]:
    """Returns every room by name; one with TFDV has the lock of the machine's C library."""
    found = [Room("dev", ROOT), Room("base", ROOT / "common/base")]
    found += [Room("models", ROOT / "common/models"), Room("sources", ROOT / "common/sources")]
    found += [Room("pipelines", ROOT / "pipelines")]
    found += [Room("serving", ROOT / "serving")]
    found += [Room(name, ROOT / folder, lock) for name, folder, lock in SECOND_ENVIRONMENTS]
    for project in sorted(ROOT.glob("components/*/pyproject.toml")):
        name = project.parent.name
        found.append(Room(name, project.parent, _glibc_variant() if name in WITH_TFDV else ""))
    return {room.name: room for room in found}


def _glibc_variant() -> str:
    library, version = platform.libc_ver()
    recent = library != "glibc" or tuple(map(int, version.split("."))) >= OLDEST_GLIBC_OF_TFDV
    return "glibc-2-38" if recent else "glibc-2-36"


def sync(room: Room) -> bool:
    """Makes a room's environment if it is not there or its lock has changed.

    Two of these at once wait for each other.

    Returns:
        Whether anything was done.

    Raises:
        SystemExit: uv or pip failed; its message is shown.
    """
    if _is_current(room):
        return False
    with _alone():
        return _make(room)


def _is_current(room: Room) -> bool:
    stamp = room.environment / ".stamp"
    return stamp.is_file() and stamp.read_text() == room.stamp


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    try:
        ENVIRONMENTS.mkdir(parents=True, exist_ok=True)
    except OSError as error:  # in the image of pipelines
        print(
            f"environments: none can be made here, {ENVIRONMENTS}: {error.strerror}; "
            "let the stages run in a cluster: --backend kubeflow", file=sys.stderr,
        )  # fmt: skip
        sys.exit(2)
    with (ENVIRONMENTS / ".lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting for another set-up of environments", flush=True)
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _make(room: Room) -> bool:
    if _is_current(room):  # while this one waited
        return False
    stamp = room.environment / ".stamp"
    stamp.unlink(missing_ok=True)
    # Not mended in place: packages that share files (mlflow and mlflow-skinny) would lose some.
    _uv("venv", "--quiet", "--clear", "--python", sys.executable, str(room.environment))
    at = ("--quiet", "--python", str(room.python))
    _uv("pip", "sync", *at, "--require-hashes", str(room.lock))
    editable = [part for package in room.local_packages for part in ("--editable", str(package))]
    if editable:
        _uv("pip", "install", *at, "--no-deps", *editable)
    stamp.write_text(room.stamp)
    return True


def sync_test_tools() -> Path:
    """Installs pytest and hypothesis once, apart from every room's environment.

    Returns:
        The folder to append to ``sys.path``: a room's own packages then win over it, and the
        processes that its tests start do not see it at all.
    """
    folder, stamp = ENVIRONMENTS / "test-tools", ENVIRONMENTS / "test-tools" / ".stamp"
    digest = hashlib.sha256(TEST_LOCK.read_bytes()).hexdigest()
    if not (stamp.is_file() and stamp.read_text() == digest):
        shutil.rmtree(folder, ignore_errors=True)
        at = ("--quiet", "--python", sys.executable, "--target", str(folder))
        _uv("pip", "install", *at, "--require-hashes", "--requirement", str(TEST_LOCK))
        stamp.write_text(digest)
    return folder


def uv() -> Path:
    """Returns the uv executable, fetching its pinned release through pip the first time."""
    folder, wheels = ENVIRONMENTS / "uv", CACHE / "wheels"
    executable = folder / "bin" / "uv"
    stamp = folder / ".stamp"
    digest = hashlib.sha256(BOOTSTRAP_LOCK.read_bytes()).hexdigest()
    if not (stamp.is_file() and stamp.read_text() == digest):
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip"]
        pins = ["--quiet", "--require-hashes", "--requirement", str(BOOTSTRAP_LOCK)]
        kept = ["--find-links", str(wheels)]
        # The wheel is kept, so that a second set-up needs no network.
        if subprocess.run(
            [*pip, "install", "--no-index", *kept, *pins], capture_output=True, check=False
        ).returncode:
            _run([*pip, "download", "--no-deps", "--dest", str(wheels), *pins])
            _run([*pip, "install", "--no-index", *kept, *pins])
        stamp.write_text(digest)
    return executable


def _uv(*arguments: str) -> None:
    executable = uv()
    _run([str(executable), *arguments], _uv_settings(ENVIRONMENTS / "uv" / "bin" / "python"))


def _uv_settings(python: Path) -> dict[str, str]:
    """Hands the user's pip configuration to uv, which does not read it."""
    listed = subprocess.run(
        [str(python), "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    settings = {"UV_LINK_MODE": "hardlink"}
    names = {
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_INDEX",
        "cert": "SSL_CERT_FILE",
    }
    for line in filter(None, listed.split("\n")):
        key, _, value = line.partition("=")
        name = names.get(key.rpartition(".")[2])
        if name:
            settings[name] = value.strip("'\"").replace("\\n", " ")
    return {name: value for name, value in settings.items() if name not in os.environ}


def _run(command: Sequence[str], settings: dict[str, str] | None = None) -> None:
    environment = {**os.environ, **(settings or {})}
    environment.pop("VIRTUAL_ENV", None)
    if subprocess.run(command, env=environment, check=False).returncode:
        shown = " ".join(Path(part).name if part.startswith("/") else part for part in command)
        sys.exit(f"environments: `{shown}` failed, see above")


def process_environment(room: Room) -> dict[str, str]:
    """Returns the environment variables in which a room's commands run."""
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    return {
        **kept,
        "PATH": f"{room.environment / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
        "SENTIMENT_CACHE": os.environ.get("SENTIMENT_CACHE") or str(CACHE / "downloads"),
        "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2"),
        "PYTHONUNBUFFERED": "1",
    }


_NOT_INHERITED = {
    "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME",
    "PYTHONDONTWRITEBYTECODE",  # without bytecode TensorFlow's import takes twice as long
    "SENTIMENT_TRACKING_SERVER",  # here the run writes to MLflow, and no stage beside it
}  # fmt: skip
PYTEST = "import sys; sys.path.append(sys.argv.pop(1)); import pytest; sys.exit(pytest.main())"


def test(room: Room, tests: Path, options: Sequence[str] = (), *, at_once: bool = True) -> int:
    """Runs a folder of tests in a room's environment and returns pytest's exit code.

    Args:
        room: The room.
        tests: The folder.
        options: Of pytest.
        at_once: Whether to show what is printed at once, or all of it at the end.
    """
    sync(room)
    tools = sync_test_tools()
    title = f"-- {os.path.relpath(tests, ROOT)} in the environment of {room.name}\n"
    command = [str(room.python), "-c", PYTEST, str(tools), str(tests), *options]
    kept, merged = (None, None) if at_once else (subprocess.PIPE, subprocess.STDOUT)
    if at_once:
        print(title, end="", flush=True)
    done = subprocess.run(
        command, env=process_environment(room), cwd=ROOT, check=False,
        stdout=kept, stderr=merged, text=True, errors="replace",
    )  # fmt: skip
    if not at_once:
        print(title + done.stdout, end="", flush=True)
    return done.returncode


BENCH = "import runpy, sys; sys.path.append(sys.argv.pop(1)); del sys.argv[0]; " + (
    "runpy.run_path(sys.argv[0], run_name='__main__')"
)


def bench(room: Room, options: Sequence[str] = ()) -> int:
    """Runs a room's benchmarks in its environment; each prints what it measured.

    Returns:
        The highest exit code of the scripts ``benchmarks/*.py``.
    """
    scripts = sorted((room.folder / "benchmarks").glob("*.py"))
    if not scripts:
        return 0
    sync(room)
    tools, codes = sync_test_tools(), []
    for script in scripts:
        print(f"-- {os.path.relpath(script, ROOT)}", flush=True)
        command = [str(room.python), "-c", BENCH, str(tools), str(script), *options]
        environment = process_environment(room)
        codes.append(subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode)
    return max(codes)


def lock(room: Room) -> None:
    """Resolves a room's dependencies anew, with hashes and without naming a package index."""
    command = ["pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header"]
    command += ["--python-version", "3.11", "--no-emit-index-url", "--upgrade"]
    for local in ("sentiment-common", "sentiment-models", "sentiment-sources"):
        command += ["--no-emit-package", local]
    for output, extras in _locks_of(room):
        selected = [part for extra in extras for part in ("--extra", extra)]
        os.chdir(room.folder)  # uv reads the overrides of the project it stands in
        _uv(*command, *selected, "pyproject.toml", "--output-file", str(output))


def _locks_of(room: Room) -> Iterator[tuple[Path, list[str]]]:
    extras = list(room.project["project"].get("optional-dependencies", {}))
    if room.name == "dev":
        yield room.folder / "requirements.lock", []
        yield TEST_LOCK, ["test"]
    elif room.folder.name in ("models", "sources"):
        yield room.folder / "requirements.lock", extras
    elif room.folder.name in WITH_TFDV:
        yield from ((room.folder / f"requirements-{extra}.lock", [extra]) for extra in extras)
    else:
        yield room.lock, [room.variant] if room.variant else []


def _own_rooms(chosen: Sequence[Room]) -> list[Room]:
    """Leaves out environments that have no code of their own to test or measure."""
    second = {"dev", *(name for name, _, _ in SECOND_ENVIRONMENTS)}
    return [room for room in chosen if room.name not in second]


def _test_all(chosen: Sequence[Room], tests: Path | None, options: Sequence[str], jobs: int) -> int:
    if tests:
        return test(chosen[0], tests.resolve(), options)
    own, several = _own_rooms(chosen), jobs > 1 and len(chosen) > 1

    def run(room: Room) -> int:
        return test(room, room.folder / "tests", options, at_once=not several)

    sync_test_tools()
    for room in own:
        sync(room)
    with ThreadPoolExecutor(jobs) as pool:
        codes = {room.name: code for room, code in zip(own, pool.map(run, own), strict=True)}
    failed = [name for name, code in codes.items() if code]
    if failed:
        print(f"environments: tests failed in {', '.join(failed)}", file=sys.stderr)
    return max(codes.values(), default=0)


def sizes() -> dict[str, int]:
    """Returns the size of every environment in bytes, files shared with the cache included."""
    return {
        folder.name: sum(f.lstat().st_size for f in folder.rglob("*") if not f.is_symlink())
        for folder in sorted(ENVIRONMENTS.iterdir())
        if folder.is_dir()
    }


def _unfit_python() -> str:
    if sys.version_info[:2] != PYTHON:
        return (
            f"this is Python {platform.python_version()}, wanted is 3.11; "
            "name one with `make PYTHON=/path/to/python3.11 ...`"
        )
    if importlib.util.find_spec("ensurepip") is None:
        return f"{sys.executable} cannot make environments; install the package python3-venv"
    return ""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line: sync, test, bench, lock, sizes."""
    if complaint := _unfit_python():
        print(f"environments: {complaint}", file=sys.stderr)
        return 2
    parser = argparse.ArgumentParser(prog="environments", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("sync", "test", "bench", "lock"):
        command = commands.add_parser(name)
        command.add_argument("rooms", nargs="*", help="names of rooms; all if none is given")
        if name == "test":
            command.add_argument("--tests", type=Path, help="a folder of tests, for one room")
            command.add_argument("--jobs", type=int, default=1, help="suites at the same time")
    commands.add_parser("sizes")
    arguments, options = parser.parse_known_args(argv)
    if arguments.command == "sizes":
        print(
            json.dumps({name: f"{size / 1e6:.0f} MB" for name, size in sizes().items()}, indent=2)
        )
        return 0
    known = rooms()
    unknown = [name for name in arguments.rooms if name not in known]
    if unknown:
        print(
            f"environments: no room {unknown[0]!r}; there are {', '.join(known)}", file=sys.stderr
        )
        return 2
    chosen = [known[name] for name in arguments.rooms or known]
    if arguments.command == "test":
        return _test_all(chosen, arguments.tests, options, arguments.jobs)
    if arguments.command == "bench":
        return max(bench(room, options) for room in _own_rooms(chosen))
    for room in chosen:
        if arguments.command == "lock":
            lock(room)
        elif sync(room):
            print(f"environment of {room.name} is ready", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
