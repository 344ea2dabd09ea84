"""Images are built by a real docker: what a change rebuilds, what stays out, what goes wrong."""

import contextlib
import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from rich.console import Console

from sentiment_common.errors import InputError
from sentiment_pipelines import images
from sentiment_pipelines.environments import ROOT, Room, rooms
from sentiment_pipelines.images import building, contents, sbom, sizes
from sentiment_pipelines.images.docker import environment

CANARY = "canary-7f3a"
BRIDGE = "172.17.0.1"
"""This machine, as containers on docker's default network see it."""
IGNORED = shutil.ignore_patterns("__pycache__", "tests", "benchmarks")
VALIDATE = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
sys.exit(str(error) if error else 0)
"""


@pytest.fixture
def tree(docker, tmp_path, monkeypatch):
    """A repository of one component, to be changed; its images are gone afterwards."""
    for name in contents.SHARED:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for folder in ("common/base", "components/compare"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=IGNORED)
    (tmp_path / "serving").mkdir()
    for module in (contents, building):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(building, "VAR", tmp_path / "var")
    monkeypatch.setattr(contents.Image, "name", f"sentiment-{tmp_path.name[:20].strip('-_')}")
    yield tmp_path
    names = docker.ask("image", "ls", "--quiet", contents.Image.name).stdout.split()
    if names:
        docker.ask("image", "rm", "--force", *names)


def build(tree, base=""):
    room = Room("compare", tree / "components/compare")
    (made,) = images.build([room], Console(quiet=True), base)
    return made


def layers(docker, made):
    told = docker.ask("image", "inspect", made.image.reference).stdout
    return json.loads(told)[0]["RootFS"]["Layers"]


def test_an_image_that_is_there_is_not_built_again_and_a_change_of_code_is_one_layer(docker, tree):
    first = build(tree)
    assert first.seconds > 0
    assert build(tree).seconds == 0
    code = tree / "components/compare/src/sentiment_compare/cli.py"
    code.write_text(code.read_text() + "# changed\n")
    second = build(tree)
    assert second.image.reference != first.image.reference
    assert second.seconds > 0
    before, after = layers(docker, first), layers(docker, second)
    assert [one == other for one, other in zip(before, after, strict=True)].count(False) == 1
    assert second.size.code < 5_000_000


def test_nothing_of_the_users_index_is_in_the_image(docker, tree, monkeypatch):
    lock = tree / "components/compare/requirements.lock"
    lock.write_text(lock.read_text().replace("numpy==", f"# {CANARY} keeps no cache\nnumpy=="))
    monkeypatch.setenv("PIP_TRUSTED_HOST", f"{CANARY}.example.org")
    with building.secrets() as given:
        assert CANARY in given["pip"].read_text()
    made = build(tree)
    history = docker.ask("history", "--no-trunc", made.image.reference).stdout
    assert "install.py" in history
    assert CANARY not in history + docker.ask("image", "inspect", made.image.reference).stdout
    look = ["grep", "-rlF", CANARY, "/etc", "/opt", "/run", "/root", "/tmp", "/usr/share"]  # noqa: S108
    found = docker.ask("run", "--rm", "--user", "0", made.image.reference, *look)
    assert found.stdout == ""


@pytest.fixture
def index():
    """A package index that wants credentials."""

    class Closed(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("0.0.0.0", 0), Closed)  # noqa: S104
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{BRIDGE}:{server.server_port}/simple"
    server.shutdown()


def another_lock(tree):
    """Makes the lock one that no build has seen."""
    lock = tree / "components/compare/requirements.lock"
    lock.write_text(lock.read_text() + "six==1.16.0 --hash=sha256:" + "0" * 64 + "\n")


def test_an_index_that_wants_credentials_is_one_line(tree, index, monkeypatch):
    another_lock(tree)
    monkeypatch.setenv("PIP_INDEX_URL", index)
    with pytest.raises(InputError, match="the package index wants credentials; put them into"):
        build(tree)


def test_an_index_that_cannot_be_reached_is_one_line(tree, monkeypatch):
    another_lock(tree)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(InputError, match="the build cannot reach the package index; is there a"):
        build(tree)


def test_a_package_that_is_not_what_the_lock_says_is_one_line(tree):
    another_lock(tree)
    with pytest.raises(InputError, match="a package is not the one that the lock names; ask"):
        build(tree)


def test_a_full_disk_is_one_line_and_leaves_no_image(docker, tree):
    file = tree / "Dockerfile"
    full = "FROM tools AS parts\nRUN dd if=/dev/zero of=/dev/full count=1\n"
    file.write_text(file.read_text().replace("FROM tools AS parts\n", full))
    with pytest.raises(InputError, match="the disk is full; make room"):
        build(tree)
    assert docker.ask("image", "ls", "--quiet", contents.Image.name).stdout == ""


def test_a_file_that_changes_while_the_image_is_built_leaves_no_image(docker, tree, monkeypatch):
    code = tree / "components/compare/src/sentiment_compare/cli.py"

    def secrets():
        code.write_text(code.read_text() + "# changed by somebody else\n")
        return contextlib.nullcontext({})

    monkeypatch.setattr(building, "secrets", secrets)
    with pytest.raises(
        InputError, match="a file changed while the image was built; build it again"
    ):
        build(tree)
    assert docker.ask("image", "ls", "--quiet", contents.Image.name).stdout == ""


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_build_that_is_stopped_ends_at_once_and_leaves_no_image(docker, tree, ending):
    file = tree / "Dockerfile"
    slow = "FROM tools AS parts\nRUN sleep 60\n"
    file.write_text(file.read_text().replace("FROM tools AS parts\n", slow))
    begin = time.monotonic()

    def tell(words):
        if words == "takes the lock apart":
            signal.raise_signal(ending)

    # What a background job inherits, and pytest leaves alone: Ctrl-C is ignored.
    handlers = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: lambda *_: sys.exit(143)}
    before = {each: signal.signal(each, handler) for each, handler in handlers.items()}
    image = contents.Image(Room("compare", tree / "components/compare"), images.base.find(docker))
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        building.run(docker, image, tell)
    for each, handler in before.items():
        signal.signal(each, handler)
    assert time.monotonic() - begin < 50
    assert docker.ask("image", "ls", "--quiet", contents.Image.name).stdout == ""


def test_two_builds_of_the_same_at_once_both_end_well(docker, tree):
    code = tree / "components/compare/src/sentiment_compare/cli.py"
    code.write_text(code.read_text() + f"# {tree}\n")
    with ThreadPoolExecutor() as pool:
        one, other = pool.map(build, [tree, tree])
    assert one.image.reference == other.image.reference
    assert build(tree).seconds == 0


@pytest.fixture
def base(docker):
    """Makes a base that differs from ours by some lines of a Dockerfile."""
    name = f"sentiment-base:other-{os.getpid()}"

    def made(lines):
        file = f"FROM {images.base.NAME}\n{lines}\n"
        command = docker.command("build", "--quiet", f"--tag={name}", "-")
        subprocess.run(
            command, input=file, env=environment(), text=True, check=True, capture_output=True
        )
        return name

    yield made
    docker.ask("image", "rm", "--force", name)


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ("RUN rm /usr/bin/python3", "the base has no Python 3.11 with venv; another"),
        ("RUN rm -r /usr/lib/python3.11/ensurepip", "the base has no Python 3.11 with venv"),
        ("USER 12", "the user of the base is not root; set it back"),
    ],
    ids=["no Python", "no venv", "a user"],
)
def test_a_base_that_does_not_do_is_one_line(docker, tree, base, lines, complaint):
    with pytest.raises(InputError, match=complaint):
        build(tree, base(lines))


def test_an_entry_point_of_the_base_is_not_inherited(docker, tree, base):
    made = build(tree, base('ENTRYPOINT ["echo"]\nCMD ["hello"]')).image.reference
    done = docker.ask("run", "--rm", "--network=none", made, "sentiment-compare", "--help")
    assert done.stdout.startswith("usage: sentiment-compare")


def test_a_base_that_is_not_here_is_one_line(docker, monkeypatch):
    monkeypatch.setattr(images.base, "NAME", "sentiment-base:of-nobody")
    with pytest.raises(InputError, match="is not here; make it: `make base-image`; or take one"):
        images.reference(rooms()["compare"])


def test_a_base_that_no_registry_has_is_one_line(docker):
    with pytest.raises(InputError, match=r"the base cannot be pulled: .*; make one"):
        images.base.fetch(docker, "127.0.0.1:9/nobody/base:1")


def test_without_a_daemon_it_is_one_line(docker, monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(
        InputError, match=f"{tmp_path}/none.sock: no docker daemon answers; start it"
    ):
        images.docker.client()


@pytest.mark.parametrize("version", ["1.30", "1.40"])
def test_a_daemon_too_old_is_one_line(docker, monkeypatch, version):
    monkeypatch.setenv("DOCKER_API_VERSION", version)
    with pytest.raises(InputError, match=f"in version {version} of its interface, 1.41 is needed"):
        images.docker.client()


def test_an_image_over_its_budget_names_its_largest_packages(docker, tree):
    made = build(tree)
    project = tree / "components/compare/pyproject.toml"
    text, _, _ = project.read_text().partition("[tool.sentiment.image]")
    project.write_text(f"{text}[tool.sentiment.image]\nbudget = 1\n")
    small = build(tree)
    with pytest.raises(InputError, match=r"MB, \d+ over its budget: numpy\S* \d+, numpy"):
        sizes.check(docker, [small])
    sizes.check(docker, [made])


def test_the_bill_of_materials_names_what_is_installed_and_follows_its_schema(
    docker, tree, monkeypatch
):
    monkeypatch.setattr(sbom, "VAR", tree / "var")
    made = build(tree).image
    path = sbom.write(docker, made)
    text = path.read_text()
    tools = rooms()["pipelines-images"].python
    subprocess.run([tools, "-c", VALIDATE], input=text, check=True, text=True)
    bill = json.loads(text)
    assert bill["metadata"]["component"]["type"] == "container"
    assert bill["metadata"]["component"]["version"] == made.tag
    found = {component["name"]: component for component in bill["components"]}
    assert {"libc6", "python3.11", "openssl"} <= set(found)
    assert found["numpy"]["purl"].startswith("pkg:pypi/numpy@2")
    assert found["google-re2"]["version"]
    assert found["sentiment-common"]["version"]
    assert "uv" not in found
    path.unlink()
    assert sbom.write(docker, made).read_text() == text


def test_a_mirror_that_cannot_be_reached_is_one_line(tmp_path):
    if not shutil.which("mmdebstrap"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("mmdebstrap is not installed")
    nobody = "http://127.0.0.1:9/debian"
    with pytest.raises(InputError, match=r"mmdebstrap: .*can Debian's mirror be reached") as error:
        images.base.write(tmp_path / "base.tar", nobody, nobody)
    assert "\n" not in str(error.value)
