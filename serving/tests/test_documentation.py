"""The examples of docs/serving.md, executed on a running service in their order."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sentiment_common.request_log import last_feedback, read_log

PAGE = Path(__file__).parents[2] / "docs" / "serving.md"
ADDRESS = "http://127.0.0.1:3000"
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLES = [match.groups() for match in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]


@pytest.fixture(scope="module")
def place(tiny_bundle, other_bundle, started, free_port, environment, tmp_path_factory):
    """The folder in which the examples are executed, and how the service is reached."""
    if not shutil.which("curl"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("curl is not installed")
    folder, port = tmp_path_factory.mktemp("documented"), free_port()
    shutil.copytree(other_bundle, folder / "var" / "candidate")
    scripts = Path(sys.executable).parent
    (experiment,) = re.findall(r"^```toml\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    (folder / "experiment.toml").write_text(experiment)
    command = [
        str(scripts / "sentiment-serve"), "run", "--model", f"sentiment={tiny_bundle}",
        "--also", f"challenger={other_bundle}", "--port", str(port),
        "--request-log", "var/request-log", "--experiment", "experiment.toml",
    ]  # fmt: skip
    variables = environment | {"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    with started(command, port, folder / "log.txt", cwd=folder, env=variables):
        yield folder, f"http://127.0.0.1:{port}", variables


def execute(place, command):
    folder, address, variables = place
    if "request-log" in " ".join(command):
        wait_for_the_log(folder / "var" / "request-log")
    command = [part.replace(ADDRESS, address) for part in command]
    return subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, text=True, timeout=60, check=False
    )


def wait_for_the_log(folder, seconds=10):
    """Waits until an answer and feedback on it are on the disk, which takes half a second."""
    deadline = time.monotonic() + seconds
    while not said_of_answers(folder):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def said_of_answers(folder):
    said = last_feedback(folder)
    answers = read_log(folder) if list(folder.glob("requests-*.jsonl")) else ()
    return any((entry.request_id, entry.position) in said for entry in answers)


def shape(value):
    """What JSON is made of, without its figures."""
    if isinstance(value, dict):
        return {name: shape(part) for name, part in value.items()}
    return [shape(part) for part in value] if isinstance(value, list) else None


@pytest.mark.parametrize(("language", "example"), EXAMPLES)
def test_an_example_works_as_it_is_shown(place, language, example):
    if language == "python":
        done = execute(place, [sys.executable, "-c", example])
        assert done.returncode == 0, done.stderr
        assert done.stdout
        return
    command, shown = example.removeprefix("$ ").split("\n", 1)
    done = execute(place, ["sh", "-c", command])
    assert done.returncode == 0, done.stderr
    if shown.startswith("{"):
        assert shape(json.loads(done.stdout)) == shape(json.loads(shown))
    else:
        beginnings = [line.split()[0] for line in shown.split("\n") if line and line[0].isalpha()]
        assert [word for word in beginnings if f"\n{word}" not in f"\n{done.stdout}"] == []
