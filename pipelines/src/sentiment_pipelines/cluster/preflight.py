"""What must be so before anything starts; all that is not is said at once."""

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from sentiment_pipelines.cluster.pins import NODE, REGISTRY, Pins, Tool
from sentiment_pipelines.cluster.steps import Command, execute
from sentiment_pipelines.images import docker

ASKED = {
    "docker": ("docker", "--version"),
    "kind": ("kind", "version"),
    "kubectl": ("kubectl", "version", "--client"),
    "helm": ("helm", "version", "--short"),
    "git": ("git", "--version"),
}
"""How each tool is asked for its version."""
VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?")
SECONDS = 20.0


def complaints(pins: Pins) -> list[str]:
    """Returns what is missing, too old, too small or in use, a line each; empty if all is well."""
    found = [line for tool in pins.tools if (line := _tool(tool))]
    if shutil.which("docker"):
        found += _daemon(pins)
    return found


def _tool(tool: Tool) -> str:
    wanted = f"{tool.oldest} or newer is needed: {tool.get}"
    if not shutil.which(tool.name):
        return f"{tool.name} is not installed; {wanted}"
    try:
        told = execute(Command(ASKED[tool.name], SECONDS))
    except (subprocess.TimeoutExpired, OSError) as error:
        return f"{tool.name} does not start: {error}"
    version = VERSION.search(told.stdout)
    if told.returncode or version is None:
        said = (told.stderr or told.stdout).strip().splitlines() or ["nothing"]
        return f"{tool.name} does not say its version: {said[-1]}"
    return (
        f"{tool.name} is {version[0]}; {wanted}" if _parts(version[0]) < _parts(tool.oldest) else ""
    )


def _parts(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.removeprefix("v").split(".")))


def _daemon(pins: Pins) -> Iterator[str]:
    told = _docker("info", "--format", "{{.MemTotal}} {{.CgroupVersion}} {{.DockerRootDir}}")
    if told.returncode or not told.stdout[:1].isdigit() or told.stdout.startswith("0 "):
        yield str(
            docker.complaint(told.stderr or told.stdout or "no docker daemon answers: no such")
        )
        return
    memory, control, folder = told.stdout.strip().split(" ", 2)
    if (there := int(memory) // 1_000_000) < pins.memory:
        yield (
            f"docker has {there:,} MB of memory, {pins.memory:,} are needed (docs/kubernetes.md has"
            " the parts); give it more, or name a cluster elsewhere: CONF=cloud"
        )
    if control == "1":
        yield (
            "docker runs on cgroup v1, which Kubernetes refuses since 1.35; boot with "
            "systemd.unified_cgroup_hierarchy=1"
        )
    running = _running()
    if NODE not in running:
        yield from _room(pins, Path(folder))
    yield from _ports(pins, running)


def _docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return execute(Command(("docker", *arguments), SECONDS))
    except subprocess.TimeoutExpired:
        said = "no docker daemon answers: it cannot connect"
        return subprocess.CompletedProcess(arguments, 1, "", said)


def _running() -> set[str]:
    return set(_docker("ps", "--format", "{{.Names}}").stdout.split())


def _room(pins: Pins, folder: Path) -> Iterator[str]:
    if not folder.is_dir():
        return  # docker's files are in a virtual machine, or on another
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < pins.disk:
        yield f"{folder} has {free:,} MB free, {pins.disk:,} are needed; make room"


def _ports(pins: Pins, running: set[str]) -> Iterator[str]:
    for name, port in pins.ports.items():
        owner = REGISTRY if name == "registry" else NODE
        if owner not in running and _in_use(port):
            yield (
                f"port {port}, for {name}, is in use; stop what listens there, or change it in "
                "pipelines/conf/kind"
            )


def _in_use(port: int) -> bool:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
