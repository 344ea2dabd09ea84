"""The service's image for development: source that is copied into it runs a moment later.

The copy is the very command that skaffold runs in a pod: ``tar xmf - -C / --no-same-owner``.
"""

import io
import subprocess
import tarfile
import time

import pytest

from sentiment_pipelines import images
from sentiment_pipelines.environments import ROOT, process_environment, rooms, sync
from sentiment_pipelines.images import building, contents
from sentiment_pipelines.images.docker import environment

NAME = "sentiment-serving-dev:system-test"
PLACE = "/tmp/code/sentiment_serving"  # noqa: S108 (in the container)
LOCKED_UP = ("--read-only", "--tmpfs", "/tmp:mode=1777", "--cap-drop", "ALL")  # noqa: S108
READY = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:3000/readyz')"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """A linear bundle."""
    room = rooms()["serving"]
    sync(room)
    folder = tmp_path_factory.mktemp("bundles")
    program = ROOT / "tests" / "system" / "bundles.py"
    subprocess.run([room.python, program, folder], env=process_environment(room), check=True)
    return folder / "words"


@pytest.fixture(scope="module")
def container(docker, bundle, tmp_path_factory):
    """The image for development, which serves a bundle as the chart would let it."""
    image = contents.Image(rooms()["serving"], images.base.find(docker))
    told = tmp_path_factory.mktemp("build") / "image"
    with building.secrets() as given:
        command = building.command(docker, image, given, told)
        command = ["--target=service-dev" if "--target" in it else it for it in command]
        done = subprocess.run(
            command, env=environment(), capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    docker.ask("tag", told.read_text(), NAME)
    volume = ("--volume", f"{bundle}:/model:ro", "--env", "SENTIMENT_OPEN=true")
    started = docker.ask("run", "--detach", *LOCKED_UP, *volume, NAME)
    assert started.returncode == 0, started.stderr
    yield started.stdout.strip()
    docker.ask("rm", "--force", started.stdout.strip())
    docker.ask("image", "rm", NAME)


def wait_for(what, seconds=60):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)


def is_ready(docker, container):
    return docker.ask("exec", container, "python3", "-c", READY).returncode == 0


def copy(docker, container, text):
    """Copies a module of the service as skaffold does."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo(f"{PLACE}/__init__.py".lstrip("/"))
        member.size, member.mode = len(text.encode()), 0o644
        archive.addfile(member, io.BytesIO(text.encode()))
    command = ["exec", "--interactive", container, "tar", "xmf", "-", "-C", "/", "--no-same-owner"]
    subprocess.run(docker.command(*command), input=packed.getvalue(), check=True)


def test_source_that_is_copied_in_runs_and_a_mistake_in_it_is_mended_the_same_way(
    docker, container
):
    wait_for(lambda: is_ready(docker, container))
    source = (ROOT / "serving/src/sentiment_serving/__init__.py").read_text()
    copy(docker, container, source + '\nraise SystemExit("a mistake of the developer")\n')
    wait_for(lambda: "a mistake of the developer" in logs(docker, container))
    assert not is_ready(docker, container)
    copy(docker, container, source + '\nprint("mended")\n')
    wait_for(lambda: "mended" in logs(docker, container))
    wait_for(lambda: is_ready(docker, container))


def logs(docker, container):
    told = docker.ask("logs", container)
    return told.stdout + told.stderr
