"""One line for each way in which docker is not there."""

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines.images import docker


@pytest.fixture
def only(tmp_path, monkeypatch):
    """Lets a program of ours be the only docker that is found."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.setattr(docker, "ELSEWHERE", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", "unix:///run/docker.sock")

    def write(script):
        monkeypatch.setenv("PATH", str(tmp_path))
        (tmp_path / "docker").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "docker").chmod(0o755)

    return write


def test_without_docker_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(docker, "ELSEWHERE", str(tmp_path))
    with pytest.raises(InputError, match="docker is not installed; install it"):
        docker.client()


def test_a_client_without_buildkit_is_none(only):
    only('case $1 in build) echo "Usage: docker build";; version) echo "1.41 1.41";; esac')
    with pytest.raises(InputError, match="no BuildKit; install its plugin buildx"):
        docker.client()


def test_a_client_with_buildkit_and_a_recent_daemon_is_taken(only, tmp_path):
    only('case $1 in build) echo --secret;; version) echo "1.41 1.43";; esac')
    assert docker.client() == tmp_path / "docker"


@pytest.mark.parametrize("spoken", ["1.39 1.41", "1.40 1.40", "1.9 1.9"])
def test_a_daemon_too_old_is_refused(only, spoken):
    only(f'case $1 in build) echo --secret;; version) echo "{spoken}";; esac')
    with pytest.raises(InputError, match=r"1\.41 is needed; update it to Docker 20\.10"):
        docker.client()


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (
            "Cannot connect to the Docker daemon at unix:///run/docker.sock. Is the docker daemon "
            "running?",
            "/run/docker.sock: no docker daemon answers; start it",
        ),
        (
            "failed to connect to the docker API at unix:///run/docker.sock; check if the path is "
            "correct and if the daemon is running: dial unix /run/docker.sock: no such file",
            "/run/docker.sock: no docker daemon answers; start it",
        ),
        (
            "permission denied while trying to connect to the Docker daemon socket at "
            "unix:///run/docker.sock: dial unix /run/docker.sock: connect: permission denied",
            "/run/docker.sock: you may not talk to the docker daemon; join the group docker",
        ),
        (
            "Error response from daemon: client version 1.41 is too new. Maximum supported API "
            "version is 1.30",
            "/run/docker.sock: the docker daemon is spoken to in version 1.30",
        ),
        (
            "Error response from daemon: client version 1.41 is too old. Minimum supported API "
            "version is 1.44, please upgrade your client to a newer version",
            "/run/docker.sock: the docker client is too old for its daemon; update",
        ),
        ("Something nobody knew of", "/run/docker.sock: docker: Something nobody knew of; start"),
    ],
)
def test_what_a_client_says_becomes_one_line_with_the_remedy(only, told, line):
    only(f'case $1 in build) echo --secret;; version) echo "{told}" >&2; exit 1;; esac')
    with pytest.raises(InputError) as error:
        docker.client()
    assert str(error.value).startswith(line)
    assert "\n" not in str(error.value)
