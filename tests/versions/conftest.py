"""A repository of a team, and the stores it shares its data by."""

import contextlib
import os
import random
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.versions.team import KEYS, Team


@pytest.fixture
def team(tmp_path: Path) -> Team:
    """A repository without any data yet."""
    found = Team(tmp_path / "team")
    found.folder.mkdir()
    found.git("init", "--quiet")
    return found


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real server that speaks S3 (SeaweedFS), with a bucket ``reviews``."""
    tools = Path(pytest.__file__).parents[1] / "bin"
    found = shutil.which("weed", path=f"{tools}{os.pathsep}{os.environ['PATH']}")
    if not found:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("weed is not installed")
    folder = tmp_path_factory.mktemp("s3")
    names = ("s3", "master", "filer", "volume", "admin")
    ports = dict(zip(names, _free_ports(len(names)), strict=True))
    command = [
        found, "mini", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-bucket=reviews",
        "-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0", "-s3.port.lance=0",
        *(f"-{name}.port={port}" for name, port in ports.items()),
    ]  # fmt: skip
    with (folder / "weed.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log, env={**os.environ, **KEYS}
        )
    address = f"http://127.0.0.1:{ports['s3']}"
    try:
        _wait(lambda: process.poll() is not None or _answers(f"{address}/reviews"))
        assert process.poll() is None, (folder / "weed.log").read_text()
        yield address
    finally:
        process.kill()
        process.wait()


def _free_ports(count: int) -> list[int]:
    """Returns ports that are free, as are those 10,000 above them, which SeaweedFS takes too."""
    numbers, found = random.SystemRandom().sample(range(15_000, 32_000), 200), []
    for number in numbers:
        with contextlib.suppress(OSError), socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", number))
            other.bind(("127.0.0.1", number + 10_000))
            found.append(number)
    return found[:count]


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=1).close()  # noqa: S310 (our own server)
    except urllib.error.HTTPError as error:
        return error.code == 403  # it is there, and wants a key
    except OSError:
        return False
    return True


def _wait(until: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "the server does not answer"
        time.sleep(0.1)
