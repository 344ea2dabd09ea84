"""The docker backend's word on how containers end, and what a run in containers costs.

Containers are removed from outside at every moment of their lives, which must never come out as a
success. With ``--full`` the training pipeline runs on both backends, nothing reused, and every
artifact is compared; that takes minutes.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from sentiment_common.errors import InputError
from sentiment_pipelines import images
from sentiment_pipelines.backends import engine
from sentiment_pipelines.backends.container import Container

LIFE = 0.5
"""Seconds that a container sleeps before it ends by itself, with exit code 0."""


def vanish(tries: int) -> Counter[str]:
    """Removes containers from outside, each at another moment, and counts what is said of them."""
    client = engine.connect()
    base = images.base.find(images.docker.connect()).name
    moments, told = random.Random(13), Counter[str]()
    for number in range(tries):
        with tempfile.TemporaryDirectory() as folder:
            held = engine.hold(Path(folder))
            labels = engine.labels(Path(folder), f"vanish-{number}", "task")
            container = Container(base, ["sleep", str(LIFE)], user="0:0", labels=labels)
            removal = Removal(client, Path(folder), moments.uniform(0, 2 * LIFE))
            removal.start()
            end = engine.run(client, container, lambda _: None)
            removal.join()
            os.close(held)
            told[verdict(end, removed=removal.done)] += 1
    return told


class Removal(threading.Thread):
    """Removes the container of a folder after a while.

    Attributes:
        done: Whether it was still there to be removed.
    """

    def __init__(self, client: object, folder: Path, seconds: float) -> None:
        super().__init__()
        self._client, self._label, self._seconds = client, f"{engine.HELD}={folder}", seconds
        self.done = False

    def run(self) -> None:
        """Waits for the container to be there, then as long as was said, and removes it."""
        command = ["docker", "ps", "--all", "--quiet", "--filter", f"label={self._label}"]
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if found := subprocess.run(command, capture_output=True, text=True, check=True).stdout:
                break
        time.sleep(self._seconds)
        removed = ["docker", "rm", "--force", found.strip()]
        told = subprocess.run(removed, capture_output=True, text=True, check=False)
        self.done = "No such container" not in told.stderr


def verdict(end: engine.End, *, removed: bool) -> str:
    """Says in words what was said of a container."""
    what = "removed from outside" if removed else "ended first"
    return f"{what}: {'success' if end.code == 0 else end.reason or f'exit code {end.code}'}"


def whole(backend: str, var: Path) -> tuple[float, dict[str, tuple[float, dict[str, str]]]]:
    """Runs the training pipeline, nothing reused.

    Returns:
        Seconds of the whole, and by task its seconds and the digest of each artifact.
    """
    command = [str(Path(sys.executable).with_name("sentiment-pipelines")), "run", "--fresh"]
    environment = {**os.environ, "SENTIMENT_VAR": str(var)}
    begin = time.monotonic()
    subprocess.run(
        [*command, "--backend", backend], env=environment, stdout=subprocess.DEVNULL, check=True
    )
    seconds = time.monotonic() - begin
    tasks = {}
    for path in sorted(var.glob("runs/latest/tasks/*/*/task.json")):
        task = json.loads(path.read_text())
        tasks[task["name"]] = (task["seconds"], task["outputs"])
    return seconds, tasks


def compare() -> None:
    """Prints both backends' seconds by task, and whether their artifacts are the same."""
    with tempfile.TemporaryDirectory() as folder:
        measured = {name: whole(name, Path(folder) / name) for name in ("process", "docker")}
    (process, ours), (docker, theirs) = measured.values()
    print("| task | processes, s | containers, s | artifacts |")
    print("| --- | --- | --- | --- |")
    for name, (seconds, digests) in ours.items():
        same = sum(digests[it] == theirs[name][1].get(it) for it in digests)
        shown = f"{same} of {len(digests)} the same"
        print(f"| {name} | {seconds:.1f} | {theirs[name][0]:.1f} | {shown} |")
    print(f"| the whole run | {process:.1f} | {docker:.1f} | |")


def main() -> None:
    """Prints how often each end was told, and with ``--full`` the two backends side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=50, help="containers that vanish")
    parser.add_argument("--full", action="store_true", help="the training pipeline on both")
    options, _ = parser.parse_known_args()
    try:
        told = vanish(options.tries)
    except InputError as error:
        print(f"not measured: {error}")
        return
    print("| container | times |\n| --- | --- |")
    for what, times in sorted(told.items()):
        print(f"| {what} | {times} |")
    if told["removed from outside: success"]:
        raise SystemExit("a container that was removed came out as a success")
    if options.full:
        print()
        compare()


if __name__ == "__main__":
    main()
