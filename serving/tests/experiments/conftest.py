"""Real servers of two models that disagree, and of an experiment between them."""

import contextlib
import re
import sys
import time
from pathlib import Path

import pytest

from sentiment_common.request_log import read_log


@pytest.fixture(scope="session")
def wait_until():
    """Returns what a condition gives as soon as it is true."""

    def wait(condition, seconds=20):
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.05)
        return found

    return wait


@pytest.fixture(scope="session")
def logged(wait_until):
    """Returns the entries of a request log that belong to some requests, once all are there."""

    def read(folder, request_ids, count):
        def found():
            if not list(folder.glob("requests-*.jsonl")):
                return []
            return [entry for entry in read_log(folder) if entry.request_id in request_ids]

        return wait_until(lambda: entries if len(entries := found()) >= count else None)

    return read


@pytest.fixture(scope="session")
def figure():
    """Returns the sum of a figure of ``/metrics`` over all that has some labels."""

    def read(client, name, **labels):
        lines = re.findall(
            rf"^sentiment_{name}\{{(.*)\}} (\S+)$", client.get("/metrics").text, re.MULTILINE
        )
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return sum(float(value) for given, value in lines if all(it in given for it in wanted))

    return read


@pytest.fixture(scope="session")
def serving(tiny_bundle, other_bundle, started, free_port, environment):
    """Starts a service of both bundles in a folder: its log, its experiment and its state."""

    @contextlib.contextmanager
    def start(folder, experiment, *options):
        file, port = folder / "experiment.toml", free_port()
        file.write_text(experiment)
        command = [
            str(Path(sys.executable).parent / "sentiment-serve"), "run", "--model",
            str(tiny_bundle), "--also", f"other={other_bundle}", "--port", str(port),
            "--home", str(folder / "home"), "--request-log", str(folder / "log"),
            "--experiment", str(file), *options,
        ]  # fmt: skip
        with started(command, port, folder / "out.txt", env=environment) as client:
            yield client

    return start
