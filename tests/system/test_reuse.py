"""Somebody else's pipeline with two of our components, run by KFP's own DockerRunner."""

import os
import re
import shlex
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest
from rich.console import Console

from sentiment_common.artifacts import EXPLORATION, read_intact
from sentiment_common.errors import InputError
from sentiment_pipelines import images
from sentiment_pipelines.environments import ROOT, rooms

EXAMPLE = ROOT / "examples" / "weekly_reviews"
REGISTRY = "reuse.test:5000/sentiment"
USED = ("ingest", "explore")


@pytest.fixture(scope="module")
def docker():
    """Runs docker and returns what it printed."""
    try:
        client = images.docker.client()
    except InputError as error:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(error))

    def run(*arguments, check=True):
        command = [str(client), *arguments]
        return subprocess.run(command, check=check, capture_output=True, text=True).stdout

    return run


@pytest.fixture(scope="module")
def registry(docker):
    """Our images under the names that another team's registry would give them."""
    done = images.build([rooms()[stage] for stage in USED], Console(stderr=True))
    names = {f"{REGISTRY}/{it.image.name}:{it.image.room.version}": it.image for it in done}
    for name, image in names.items():
        docker("tag", image.reference, name)
    yield REGISTRY
    docker("rmi", *names)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory, feedback):
    """A copy of the example beside our components, as the README's paths have it."""
    folder = tmp_path_factory.mktemp("theirs")
    shutil.copytree(EXAMPLE, folder / "examples" / "weekly_reviews")
    (folder / "components").symlink_to(ROOT / "components")
    (folder / "tests").symlink_to(ROOT / "tests")
    return folder / "examples" / "weekly_reviews"


def commands():
    """What the example's README says to do with Python."""
    blocks = re.findall(r"^```console\n(.*?)^```", (EXAMPLE / "README.md").read_text(), re.M | re.S)
    said = re.findall(r"^\$ (python .+)$", "".join(blocks).replace("\\\n", " "), re.MULTILINE)
    compiling, running = map(shlex.split, said)
    return compiling, running


def run(theirs, command):
    python = str(rooms()["pipelines"].python)
    words = [python if word == "python" else word for word in command]
    return subprocess.run(words, cwd=theirs, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def compiled(theirs, registry):
    """The pipeline, compiled by the README's command for that registry."""
    python = images.of(rooms()["ingest"]).base.name  # no registry is here to have another from
    done = run(theirs, [*commands()[0], "--registry", registry, "--python", python])
    assert done.returncode == 0, done.stderr
    return theirs / "weekly_reviews.yaml"


def test_the_pipeline_runs_and_gives_its_page_and_message(theirs, compiled):
    done = run(theirs, commands()[1])
    assert done.returncode == 0, done.stdout + done.stderr
    message, report = done.stdout.splitlines()[-2:]
    assert message.startswith("98 of 304 reviews complain (32%), most about the desk lamp (39%).")
    assert message in (EXAMPLE / "README.md").read_text()
    assert Path(report).read_text().startswith("<!doctype html>")
    read_intact(Path(report).parent / "exploration", EXPLORATION)
    written = [*(theirs / "outputs").rglob("*")]
    assert {path.stat().st_uid for path in written} == {os.getuid()}


def test_what_a_stage_refuses_is_never_a_success(theirs, compiled):
    (theirs / "wrong.csv").write_text("a,b\n1,2\n")
    for _ in range(3):  # kfp takes about one of ten such ends for a success
        done = run(theirs, ["python", "run_locally.py", compiled.name, "wrong.csv"])
        assert done.returncode == 1
        assert "no column 'review'" in done.stdout
        assert re.fullmatch(r"run_locally: .+; see above\n", done.stderr.splitlines(True)[-1])


def test_containers_that_vanish_are_never_a_success(theirs, compiled, docker, feedback, tmp_path):
    reviews = shutil.copy(feedback, tmp_path)
    over, removed = threading.Event(), []

    def remove_all():
        while not over.is_set():
            removed.extend(docker("ps", "--quiet", "--filter", f"volume={tmp_path}").split())
            docker("rm", "--force", "none", *removed, check=False)
            time.sleep(0.02)

    remover = threading.Thread(target=remove_all)
    remover.start()
    done = run(theirs, ["python", "run_locally.py", compiled.name, reviews, "--outputs", "gone"])
    over.set()
    remover.join()
    assert removed
    assert done.returncode == 1, done.stdout
    assert done.stderr.startswith("run_locally: ") and done.stderr.count("\n") == 1
