"""The real kind reads the cluster's configuration; without a node image it ends with one line."""

import shutil
import subprocess

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines.cluster import installation, pins
from sentiment_pipelines.cluster.steps import Runner

NONE = "kindest/node:v0.0.0@sha256:" + "0" * 64
"""Nobody has it, wherever this runs."""


@pytest.fixture(scope="module", autouse=True)
def kind():
    """Kind and a docker, without which nothing of this can be shown."""
    if not shutil.which("kind"):
        pytest.fail("kind is not installed: go install sigs.k8s.io/kind@v0.32.0")
    if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        pytest.fail("no docker daemon answers")
    told = subprocess.run(["kind", "get", "clusters"], capture_output=True, text=True, check=True)
    if pins.NAME in told.stdout.split():
        pytest.fail(f"a cluster {pins.NAME!r} is here and would be in the way: make kind-down")


def test_kind_takes_the_configuration_and_asks_for_the_pinned_image(tmp_path):
    config = str(pins.FOLDER / "cluster.yaml")
    command = ["kind", "create", "cluster", "--config", config, "--image", NONE, "--name", "other"]
    command += ["--kubeconfig", str(tmp_path / "kubeconfig")]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert told.returncode
    assert "Ensuring node image (kindest/node:v0.0.0)" in told.stderr
    assert "failed to pull image" in told.stderr


def test_a_configuration_that_kind_does_not_know_is_refused_by_kind(tmp_path):
    config = tmp_path / "cluster.yaml"
    config.write_text((pins.FOLDER / "cluster.yaml").read_text() + "nodez: []\n")
    command = ["kind", "create", "cluster", "--config", str(config), "--image", NONE]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert told.returncode
    assert "nodez" in told.stderr


def test_a_node_image_that_cannot_be_pulled_is_one_line_and_leaves_no_cluster(tmp_path):
    pinned = pins.Pins(**{**vars(pins.read()), "node": NONE})
    step = next(it for it in installation.installation(pinned, "c" * 40) if it.name == "cluster")
    with pytest.raises(InputError) as told:
        Runner(tmp_path, lambda words: None).run(step)
    assert str(told.value).startswith("cluster: the node's image cannot be pulled; ")
    assert "\n" not in str(told.value)
    clusters = subprocess.run(
        ["kind", "get", "clusters"], capture_output=True, text=True, check=True
    )
    assert pins.NAME not in clusters.stdout.split()
