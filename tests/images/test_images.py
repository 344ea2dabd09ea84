"""Rules that every image keeps as it ships: small, labelled, without rights, tools or secrets."""

import json
import re
import subprocess

import pytest
from rich.console import Console

from sentiment_pipelines import images
from sentiment_pipelines.environments import rooms
from sentiment_pipelines.images import contents, sizes

IMAGES = list(contents.rooms_with_an_image())
LOCKED_UP = (
    "--read-only", "--tmpfs", "/tmp", "--network", "none", "--cap-drop", "ALL",  # noqa: S108
    "--security-opt", "no-new-privileges",
)  # fmt: skip
LABELS = (
    "title", "description", "version", "licenses", "revision", "created",
    "base.name", "base.digest",
)  # fmt: skip
LOOK = """
import glob, json, os, platform, sysconfig
from importlib.metadata import distributions
site = sysconfig.get_paths()["purelib"]
print(json.dumps({
    "python": platform.python_version(),
    "libc": platform.libc_ver()[1],
    "debian": open("/etc/debian_version").read().strip(),
    "packages": sorted({it.name for it in distributions()}),
    "tests": glob.glob(f"{site}/numpy/**/tests", recursive=True),
    "bytecode": bool(glob.glob("/opt/sentiment/sentiment_*/__pycache__/*.pyc")),
    "secrets": glob.glob("/run/secrets/*") + glob.glob("/etc/pip.conf"),
    "tools": glob.glob("/opt/tools*") + glob.glob("/opt/venv/bin/uv"),
    "home": os.path.expanduser("~"),
    "user": os.getuid(),
    "licence": os.path.getsize("/usr/share/licenses/sentiment/LICENSE"),
}))
"""


@pytest.fixture(scope="module", params=IMAGES)
def built(docker, request):
    """An image, built if it is not there."""
    (made,) = images.build([rooms()[request.param]], Console(stderr=True))
    return made


@pytest.fixture(scope="module")
def settings(docker, built):
    """What the image says of itself."""
    command = [docker, "image", "inspect", "--format", "{{json .Config}}", built.image.reference]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def run(docker, built, *command, options=()):
    command = [docker, "run", "--rm", *LOCKED_UP, *options, built.image.reference, *command]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_it_is_within_the_budget_of_its_room(docker, built):
    sizes.check(images.docker.connect(), [built])


def test_a_change_of_code_pushes_less_than_five_megabytes(built):
    assert 0 < built.size.code < 5_000_000


def test_it_has_a_numbered_user_and_no_entry_point(built, settings):
    assert settings["User"].isdecimal()
    assert settings["User"] != "0"
    assert not settings["Entrypoint"]


def test_its_labels_say_what_it_is_and_where_it_comes_from(built, settings):
    labels = settings["Labels"]
    found = {name: labels[f"org.opencontainers.image.{name}"] for name in LABELS}
    assert found["title"] == built.image.name
    assert found["version"] == built.image.tag
    assert re.fullmatch(r"[0-9a-f]{40}(-modified)?", found["revision"])
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", found["base.digest"])
    assert labels["sentiment.content"] == built.image.content


@pytest.mark.parametrize("user", ["10001", "4242:4343"])
def test_locked_up_and_as_any_user_it_holds_what_it_needs_and_no_more(docker, built, user):
    done = run(docker, built, "python3", "-c", LOOK, options=("--user", user))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["python"].startswith("3.11.")
    assert tuple(map(int, found["libc"].split("."))) >= (2, 38)
    assert found["debian"].startswith("13")
    assert found["home"] == "/tmp"  # noqa: S108
    assert found["user"] == int(user.partition(":")[0])
    assert found["bytecode"]
    assert found["licence"] > 10_000
    assert not found["tests"] + found["secrets"] + found["tools"]
    assert "uv" not in found["packages"]
    wanted = re.search(r"^pip==", built.image.lock.read_text(), re.MULTILINE)
    assert ("pip" in found["packages"]) == bool(wanted)


def test_locked_up_its_commands_explain_themselves_without_a_shell(docker, built):
    commands = [name for name in built.image.room.project["project"]["scripts"] if name != "serve"]
    for command in commands:
        done = run(docker, built, command, "--help")
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"usage: {command}")


def test_nothing_in_it_may_be_changed_by_its_user(docker, built):
    places = ("/", "/opt", "/opt/venv", "/opt/sentiment")
    program = f"import os; print([p for p in {places} if os.access(p, os.W_OK)])"
    reference = built.image.reference
    command = [docker, "run", "--rm", "--network", "none", reference, "python3", "-c", program]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
