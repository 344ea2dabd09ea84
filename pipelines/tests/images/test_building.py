"""A build: its command, its secrets, what it says while it runs and when it fails."""

import itertools
import stat

import pytest

from sentiment_pipelines.images import building
from sentiment_pipelines.images.docker import Docker

LOG = """\
#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 4.1kB done
#7 [tools 2/4] COPY pipelines/bootstrap.lock /tmp/
#7 CACHED
#15 [locked 4/8] RUN --mount=type=bind,from=parts,source=/parts/arrays.lock,target=/run/part.lock
#15 1.204 Downloading pyarrow (45.1MiB)
#15 DONE 5.7s
#20 exporting layers
#20 exporting layers 2.0s done
"""


def test_it_says_what_it_is_doing_in_a_few_words():
    assert list(building.steps(iter(LOG.splitlines()))) == [
        "puts together",
        "fetches uv",
        "installs arrays",
        "installs arrays: Downloading pyarrow (45.1MiB)",
        "writes the layers",
        "writes the layers",
    ]


def test_the_command_names_the_room_its_lock_its_labels_and_its_secrets(tree, tmp_path):
    docker = Docker(tmp_path / "docker")
    image = tree.image()
    command = building.command(docker, image, {"pip": tmp_path / "pip.conf"}, tmp_path / "digest")
    assert command[:2] == [str(tmp_path / "docker"), "build"]
    for option, value in [
        ("--build-arg", "ROOM=components/compare"),
        ("--build-arg", "LOCK=requirements.lock"),
        ("--build-arg", "BASE=sentiment-base:3.11-trixie"),
        ("--label", f"sentiment.content={image.content}"),
        ("--secret", f"id=pip,src={tmp_path}/pip.conf"),
    ]:
        assert (option, value) in itertools.pairwise(command)
    assert {"--target=component", f"--iidfile={tmp_path}/digest"} <= set(command)
    assert "--tag" not in command


def test_the_users_index_is_a_secret_that_nobody_else_reads_and_that_does_not_stay(
    monkeypatch, tmp_path
):
    address = "https://someone:canary@index.example/simple"
    monkeypatch.setenv("PIP_INDEX_URL", address)
    monkeypatch.setenv("PIP_CERT", str(tmp_path / "ca.pem"))
    (tmp_path / "ca.pem").touch()
    with building.secrets() as found:
        assert f"index-url = {address}\n" in found["pip"].read_text()
        assert stat.S_IMODE(found["pip"].stat().st_mode) == 0o600
        assert found["ca"] == tmp_path / "ca.pem"
    assert not found["pip"].exists()


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            "#15 9.1 error: failed to write to `/opt/x`: No space left on device (os error 28)",
            "the disk is full; make room",
        ),
        (
            "failed to copy files: write /var/lib/docker/tmp/x: no space left on device",
            "the disk is full; make room",
        ),
        (
            "#15 2.0   cause: invalid peer certificate: UnknownIssuer",
            "the package index has a certificate that the build does not know; name",
        ),
        (
            "#15 0.9 error: Failed to fetch: `https://index.example/simple/numpy/`\n"
            "#15 0.9   cause: HTTP status client error (401 Unauthorized) for url (https://index.example)",
            "the package index wants credentials; put them into index-url",
        ),
        (
            "#15 0.9   cause: error sending request for url (https://index.example/simple/numpy/)\n"
            "#15 0.9   cause: client error (Connect)\n#15 0.9   cause: dns error",
            "the build cannot reach the package index; is there a network?",
        ),
        (
            "#8 30.2 WARNING: Retrying after connection broken by 'NewConnectionError: Failed to "
            "establish a new connection: [Errno 111] Connection refused'",
            "the build cannot reach the package index; is there a network?",
        ),
        (
            "#15 1.2 Because xyz was not found in the package registry and you require xyz==1",
            "the package index lacks a package of the lock; is it the right one?",
        ),
        (
            "#15 1.2 error: Failed to download\n#15 1.2   cause: Hash mismatch for `numpy==2.4.6`",
            "a package is not the one that the lock names; ask who keeps the package index",
        ),
        (
            "#15 1.2 error: nobody knew of this\n#15 1.3   cause: nor of that",
            "the build failed: error: nobody knew of this; see",
        ),
        (
            "#15 1.2 /bin/sh: something: not found",
            "the build failed: /bin/sh: something: not found; see",
        ),
        ("", "the build failed: no reason given; see"),
    ],
)
def test_what_a_build_fails_of_becomes_one_line_with_the_remedy(tree, said, line):
    error = building.fault(f"{LOG}{said}\n" if said else "", tree.image())
    assert str(error).startswith(f"sentiment-compare: {line}")
    assert "images/sentiment-compare.log" in str(error)
