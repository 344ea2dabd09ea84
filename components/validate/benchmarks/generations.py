"""Judges the planted faults with both generations of TFDV, and counts where they differ.

The one is what this machine has; the other is what a Debian 13 system gets when the same command
sets validate up there. That system is made below ``--root`` by mmdebstrap and entered by chroot; it
takes root, some minutes the first time and 3 GB. Package index, proxy and certificates are taken
over from this machine's settings.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[3]
NEEDED = (
    "common/base", "components/validate", "pipelines/src", "pipelines/pyproject.toml",
    "pipelines/bootstrap.lock", "pyproject.toml", "tests/requirements.lock",
)  # fmt: skip
TOOLS = {
    "mmdebstrap": "mmdebstrap", "unshare": "util-linux", "chroot": "coreutils",
    "apt-get": "a Debian system",
}  # fmt: skip
# Debian 13 has another Python; that of Debian 12 runs there, and its module venv is taken out of
# its package, which would pull in the rest of Debian 12's Python.
PYTHON = "python3.11"
PACKAGES = f"{PYTHON},python3-pip-whl,python3-setuptools-whl,ca-certificates"
VENV = (
    f'chroot "$1" sh -c "cd /tmp && apt-get update -q && apt-get download -q {PYTHON}-venv '
    f'&& dpkg -x {PYTHON}-venv_*.deb / && rm {PYTHON}-venv_*.deb"'
)
SETTINGS = ("PIP_", "UV_", "SSL_CERT", "REQUESTS_CA", "http_proxy", "https_proxy", "no_proxy")
ENVIRONMENTS = "pipelines/src/sentiment_pipelines/environments.py"
FAULTS = "components/validate/benchmarks/faults.py"


def missing() -> list[str]:
    """Returns what this machine lacks to make a Debian 13 system, by name."""
    lacking = ["root's rights"] if os.geteuid() else []
    lacking += [f"{tool} ({whence})" for tool, whence in TOOLS.items() if not shutil.which(tool)]
    if not lacking and not mirror():
        lacking.append("a Debian mirror in apt's sources")
    return lacking


def mirror() -> str:
    """Returns the address of Debian's packages that this machine uses; empty if there is none."""
    form = ("--format", "$(REPO_URI) $(COMPONENT) $(ORIGIN)", "Created-By: Packages")
    listed = _output("apt-get", "indextargets", *form)
    rows = [line.split() for line in listed.split("\n")]
    found = (row[0] for row in rows if row[1:] == ["main", "Debian"] and "security" not in row[0])
    return next(found, "")


def make_system(root: Path) -> None:
    """Makes the Debian 13 system, whole or not at all."""
    staged = root.with_name(f"{root.name}.partial")
    shutil.rmtree(staged, ignore_errors=True)
    sources = [f"deb {mirror()} {suite} main" for suite in ("trixie", "bookworm")]
    arguments = ["--variant=minbase", f"--include={PACKAGES}", f"--customize-hook={VENV}"]
    _run("mmdebstrap", "--quiet", *arguments, "trixie", str(staged), *sources)
    staged.replace(root)


def take_over(root: Path) -> None:
    """Copies the repository, and the machine's settings of network and package index."""
    work = root / "work"
    for name in NEEDED:
        source, target = REPOSITORY / name, work / name
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    for path in _settings_files():
        target = root / str(path).removeprefix("/")
        if path.is_relative_to(Path.home()):
            target = root / "root" / path.relative_to(Path.home())
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        shutil.copy(path, target)


def _settings_files() -> Iterator[Path]:
    home = Path.home()
    own = [home / ".config/pip/pip.conf", home / ".pip/pip.conf"]
    for path in (Path("/etc/resolv.conf"), Path("/etc/hosts"), Path("/etc/pip.conf"), *own):
        if path.is_file():
            yield path
    certificates = {Path("/etc/ssl/certs/ca-certificates.crt")}
    certificates |= {Path(value) for value in _settings().values() if value.startswith("/")}
    yield from sorted(path for path in certificates if path.is_file())


def _settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(SETTINGS)}


def inside(root: Path, *command: str) -> None:
    """Runs a command in the system, in its copy of the repository."""
    script = (
        'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && cd / && '
        'exec chroot "$0" /usr/bin/env --chdir=/work "$@"'
    )
    settings = {**_settings(), "PATH": "/usr/bin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
    said = ["-i", *(f"{name}={value}" for name, value in settings.items())]
    unshared = ("unshare", "--mount", "--pid", "--fork")
    _run(*unshared, "sh", "-c", script, str(root), *said, *command)


def table(here: Mapping[str, Any], there: Mapping[str, Any]) -> tuple[list[str], int]:
    """Returns the lines of the comparison, and in how many faults the generations differ."""
    names = ("planted fault", f"TFDV {here['tfdv']}", f"TFDV {there['tfdv']}", "to the letter")
    lines = [f"| {' | '.join(names)} |", "|---|---|---|---|"]
    differing = 0
    for mine, theirs in zip(here["results"], there["results"], strict=True):
        said = [_verdict(result) for result in (mine, theirs)]
        differing += said[0] != said[1]
        same = "the same" if mine == theirs else "in other words"
        lines.append(f"| {mine['fault']} | {said[0]} | {said[1]} | {same} |")
    return lines, differing


def _verdict(result: Mapping[str, Any]) -> str:
    found = [
        f"{item['severity']} {item['rule']} in {item['split']}" for item in result["anomalies"]
    ]
    return f"{result['verdict']}: {', '.join(found) or 'nothing found'}"


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _run(*command: str) -> None:
    if code := subprocess.run(command, check=False).returncode:
        sys.exit(f"generations: {command[0]} failed with exit code {code}, see above")


def main() -> int:
    """Prints the comparison; 1 if a verdict or a rule differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    kept = REPOSITORY / "var" / "generations"
    parser.add_argument("--root", type=Path, default=kept, metavar="DIR", help="kept for next time")
    parser.add_argument("--suite", action="store_true", help="run all of validate's tests there")
    arguments, _ = parser.parse_known_args()  # Benchmarks of a room are given the same flags.
    if lacking := missing():
        sys.stdout.write(f"generations: not compared, for want of {', '.join(lacking)}\n")
        return 0
    root = arguments.root.resolve() / "trixie"
    root.parent.mkdir(parents=True, exist_ok=True)
    if not root.is_dir():
        make_system(root)
    take_over(root)
    sys.stdout.flush()
    inside(root, PYTHON, ENVIRONMENTS, "sync", "validate")
    if arguments.suite:
        inside(root, PYTHON, ENVIRONMENTS, "test", "validate", "-q")
    here = root.parent / "here.json"
    command = [sys.executable, str(REPOSITORY / FAULTS), "--json", str(here)]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    room = "var/envs/validate/bin/python"
    inside(root, "sh", "-c", f"{room} {FAULTS} --json /there.json > /dev/null")
    found = [json.loads(path.read_text()) for path in (here, root / "there.json")]
    lines, differing = table(*found)
    sys.stdout.write("\n".join(lines) + "\n")
    libraries = " and ".join([" ".join(platform.libc_ver()), "Debian 13"])
    sys.stdout.write(f"\n{differing} differences in {len(lines) - 2} verdicts, on {libraries}\n")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
