"""The service with two small models, started for a test and ended behind it."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from sentiment_pipelines.environments import process_environment, rooms, sync


@contextlib.contextmanager
def served(folder: Path, *options: object, **variables: str) -> Iterator[str]:
    """Serves the models ``words`` and ``other`` with a request log, and yields the address.

    Args:
        folder: Receives the models, the log of the service and its request log.
        *options: Further options of ``sentiment-serve run``.
        **variables: Further environment variables.
    """
    room = rooms()["serving"]
    sync(room)
    subprocess.run([room.python, Path(__file__).with_name("bundles.py"), folder], check=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        room.environment / "bin" / "sentiment-serve", "run", "--model", folder / "words",
        "--also", f"other={folder / 'other'}", "--port", str(port), "--home", folder / "home",
        "--request-log", folder / "requests", *options,
    ]  # fmt: skip
    environment = {**process_environment(room), **variables}
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}/readyz", server, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_until_ready(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        assert server.poll() is None, log.read_text()
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(address).status_code == 200:
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text())
