"""Images are pushed to a real registry, Debian's docker-registry, and pulled by digest."""

import os
import re
import shutil
import socket
import subprocess
import time

import pytest
import requests
from rich.console import Console

from sentiment_common.errors import InputError
from sentiment_pipelines import images
from sentiment_pipelines.environments import rooms
from sentiment_pipelines.images import pushing

QUIET = Console(quiet=True)
CONFIG = """
version: 0.1
storage: {filesystem: {rootdir: %s}}
http: {addr: "127.0.0.1:%d", net: tcp}
"""


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """A registry on this machine; where it is missing CI fails by name."""
    if not (program := shutil.which("docker-registry")):
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("docker-registry is not installed (Debian: docker-registry)")
    folder = tmp_path_factory.mktemp("registry")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "config.yml").write_text(CONFIG % (folder / "store", port))
    command = [program, "serve", str(folder / "config.yml")]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait(f"http://127.0.0.1:{port}/v2/")
        yield f"localhost:{port}"
    finally:
        process.terminate()
        process.wait()


def _wait(address):
    for _ in range(100):
        try:
            if requests.get(address, timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    pytest.fail(f"{address} does not answer")


@pytest.fixture(scope="module")
def image(docker):
    (made,) = images.build([rooms()["compare"]], QUIET)
    return made.image


def test_what_was_pushed_is_pulled_by_its_digest_and_pushed_again_in_a_moment(
    docker, registry, image
):
    (first,) = pushing.push(docker, [image], f"{registry}/team", QUIET)
    assert re.fullmatch(
        rf"{registry}/team/sentiment-compare@sha256:[0-9a-f]{{64}}", first.reference
    )
    address = f"http://{registry}/v2/team/{image.name}/manifests/{image.tag}"
    accepted = "application/vnd.docker.distribution.manifest.v2+json"
    answer = requests.get(address, headers={"Accept": accepted}, timeout=5)
    assert answer.headers["Docker-Content-Digest"] == first.digest
    manifest = answer.json()
    told = docker.ask("image", "inspect", "--format", "{{.Id}}", image.reference).stdout.strip()
    assert manifest["config"]["digest"] == told
    assert docker.ask("pull", "--quiet", first.reference).returncode == 0
    docker.ask("image", "rm", first.reference)
    (again,) = pushing.push(docker, [image], f"{registry}/team", QUIET)
    assert again.digest == first.digest


def test_a_push_leaves_no_name_behind(docker, registry, image):
    pushing.push(docker, [image], registry, QUIET)
    named = docker.ask("image", "inspect", "--format", "{{.RepoTags}}", image.reference).stdout
    assert registry not in named


def test_for_the_cluster_here_it_is_to_be_had_by_its_version_too(docker, registry, image):
    (pushed,) = pushing.push(docker, [image], registry, QUIET, by_version=True)
    address = f"http://{registry}/v2/{image.name}/manifests/{image.room.version}"
    accepted = "application/vnd.docker.distribution.manifest.v2+json"
    answer = requests.head(address, headers={"Accept": accepted}, timeout=5)
    assert answer.headers["Docker-Content-Digest"] == pushed.digest


def test_what_is_not_built_is_refused_with_the_command_that_builds_it(docker, registry, tmp_path):
    other = images.Image(rooms()["compare"], images.base.Base("other:1", "sha256:1", "c" * 64))
    with pytest.raises(InputError, match='make images IMAGES="compare"'):
        pushing.push(docker, [other], registry, QUIET)


def test_a_registry_that_is_not_there_is_one_line(docker, image):
    with pytest.raises(InputError, match="the registry cannot be reached; is its address right"):
        pushing.push(docker, [image], "localhost:1", QUIET)
