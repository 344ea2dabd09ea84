"""The image that starts runs: locked up, with its state as the one place it writes to.

It submits a run to the server that replays Kubeflow Pipelines' API and checks all it is sent, with
a real S3 store beside it.
"""

import json

import pytest
from rich.console import Console

from pipelines.tests.backends.kubeflow.api.conftest import api
from pipelines.tests.backends.kubeflow.conftest import KEYS, seaweed, weed
from sentiment_pipelines import images
from sentiment_pipelines.environments import rooms

LOCKED_UP = (
    "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL",  # noqa: S108 (in the container)
    "--security-opt", "no-new-privileges",
)  # fmt: skip
__all__ = ["api", "seaweed", "weed"]  # fixtures of other tests

CONF = """
extends = "kind"
[connection]
api = "{api}"
ui = "http://ui.example"
[images]
registry = "localhost:5001"
api = "{api}"
tags = "version"
[store]
endpoint = "{store}"
[tracking]
server = ""
address = ""
"""


@pytest.fixture(scope="module")
def image(docker):
    (made,) = images.build([rooms()["pipelines"]], Console(quiet=True))
    return made.image.reference


@pytest.fixture
def volume(docker):
    """An empty volume, as a cluster mounts one."""
    name = docker.ask("volume", "create").stdout.strip()
    yield name
    docker.ask("volume", "rm", "--force", name)


def run(docker, image, *command, options=()):
    given = (*LOCKED_UP, *options, image, "sentiment-pipelines", *command)
    return docker.ask("run", "--rm", *given)


@pytest.fixture
def cluster(api, seaweed, tmp_path):
    """Options of docker: the way to the server that replays the API, and to the store."""
    (tmp_path / "mine.toml").write_text(CONF.format(api=api.address, store=seaweed))
    (tmp_path / "mine.toml").chmod(0o644)
    tmp_path.chmod(0o755)
    options = ["--network", "host", "--volume", f"{tmp_path / 'mine.toml'}:/conf/mine.toml:ro"]
    for name, value in {**KEYS, "SENTIMENT_CONF": "/conf/mine.toml"}.items():
        options += ["--env", f"{name}={value}"]
    return options


def test_a_run_is_submitted_with_the_state_as_the_one_place_to_write(
    docker, image, volume, api, cluster
):
    state = ("--volume", f"{volume}:/state")
    done = run(
        docker, image, "run", "--backend", "kubeflow", "--detach", options=(*state, *cluster)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "http://ui.example/#/runs/details/run-1" in done.stdout
    (package,) = api.packages.values()
    assert f"localhost:5001/sentiment-ingest@sha256:{'1' * 64}" in package
    (sent,) = api.runs.values()
    assert sent["state"] == "PENDING"
    listed = run(docker, image, "runs", options=("--network", "none", *state))
    assert listed.returncode == 0, listed.stderr
    assert "submitted" in listed.stdout


def test_without_a_place_for_its_state_nothing_is_submitted_and_it_reads_all_the_same(
    docker, image, api, cluster
):
    nowhere = ("--user", "4242:4242", "--tmpfs", "/state:mode=0755")
    done = run(docker, image, "run", "--backend", "kubeflow", options=(*nowhere, *cluster))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "sentiment-pipelines: /state: user 4242 may not write the state of runs here; in a "
        "container: mount a volume there; or name another folder: SENTIMENT_VAR"
    )
    assert not api.runs
    for reading in (("run", "--help"), ("runs",)):
        done = run(docker, image, *reading, options=("--network", "none", *nowhere))
        assert (done.returncode, done.stderr) == (0, "")


def test_whether_to_retrain_is_decided_and_written_down_in_the_container(docker, image, volume):
    options = ("--network", "none", "--volume", f"{volume}:/state")
    for asked, said in (("--dry-run",), "nothing was written"), ((), "nothing:"):
        done = run(docker, image, "retrain-check", *asked, options=options)
        assert done.returncode == 0, done.stdout + done.stderr
        assert said in done.stdout
    read = (*options, "--entrypoint", "cat")
    kept = docker.ask("run", "--rm", *read, image, "/state/retraining/decisions.jsonl")
    (line,) = kept.stdout.splitlines()
    assert json.loads(line)["decision"] == "nothing"


def test_a_run_in_processes_is_refused_because_no_stage_is_in_it(docker, image, volume):
    options = ("--network", "none", "--volume", f"{volume}:/state")
    done = run(docker, image, "run", "--backend", "process", options=options)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(
        "environments: none can be made here, /opt/house"
    )


def test_it_has_what_it_reads_and_none_of_the_stages_code(docker, image):
    program = (
        "import json, os, pathlib; root = pathlib.Path(os.environ['SENTIMENT_ROOT']);"
        "print(json.dumps(sorted(p.relative_to(root).as_posix() for p in root.rglob('*')"
        " if p.is_file())))"
    )
    given = (*LOCKED_UP, "--network", "none", image, "python3", "-c", program)
    found = set(json.loads(docker.ask("run", "--rm", *given).stdout))
    assert {"params.yaml", "pipelines/compiled/training.yaml", "pipelines/conf/kind.toml"} <= found
    assert {f"components/{name}/component.yaml" for name in ("ingest", "push")} <= found
    assert not [name for name in found if name.endswith((".py", ".lock", ".md"))]
