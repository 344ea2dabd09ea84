"""What kind-up installs is the commit that was named, by the real kubectl and git."""

import os
import shutil
import subprocess
from dataclasses import replace

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines import cluster, environments
from sentiment_pipelines.cluster import installation, pins
from sentiment_pipelines.cluster.steps import Command, Step, execute, fault

OBJECT = "{apiVersion: v1, kind: ConfigMap, metadata: {name: %s}}\n"


@pytest.fixture(scope="module")
def kubectl():
    """Kubectl: on the path, or as `make charts-test` has fetched it."""
    fetched = sorted((environments.CACHE / "kubernetes").glob("*/kubectl"))
    found = str(fetched[0]) if fetched else shutil.which("kubectl")
    if not found:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("no kubectl is here: `make charts-test` fetches one")
    return found


class Repository:
    """A repository laid out like Kubeflow Pipelines', with a release."""

    def __init__(self, folder, release):
        self.folder = folder
        self.git("init", "--quiet")
        at = folder / "manifests/kustomize/env/platform-agnostic"
        at.mkdir(parents=True)
        (at / "kustomization.yaml").write_text("resources: [object.yaml]\n")
        self.object = at / "object.yaml"
        self.commit("released")
        self.git("tag", release)

    def git(self, *arguments):
        who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
        command = ["git", "-C", str(self.folder), *who, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, name):
        self.object.write_text(OBJECT % name)
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", name)


@pytest.fixture
def pinned(tmp_path, monkeypatch):
    """Pins whose release lies in a repository here, and that repository."""
    monkeypatch.setattr(environments, "VAR", tmp_path / "var")
    (tmp_path / "repository").mkdir()
    found = replace(pins.read(), repository=f"file://{tmp_path / 'repository'}", commit="")
    return found, Repository(tmp_path / "repository", found.version)


def render(kubectl, pinned, commit):
    address = installation.manifests(pinned, "env/platform-agnostic", commit)
    return execute(Command((kubectl, "kustomize", address)))


def test_a_tag_that_is_moved_later_changes_nothing(kubectl, pinned):
    found, repository = pinned
    commit = cluster.commit(found)
    assert commit == repository.git("rev-parse", "HEAD")
    repository.commit("smuggled in")
    repository.git("tag", "--force", found.version)
    assert cluster.commit(found) == commit
    told = render(kubectl, found, commit)
    assert "name: released" in told.stdout
    assert "smuggled" not in told.stdout


def test_a_commit_that_is_not_there_is_one_line(kubectl, pinned):
    found, _ = pinned
    told = render(kubectl, found, "0" * 40)
    assert told.returncode
    step = Step("kubeflow", "installs", (), faults=installation.FAULTS)
    line = str(fault(step, "kubectl kustomize", told.stderr))
    assert line.startswith("kubeflow: git could not fetch the manifests of Kubeflow Pipelines; ")


def test_a_release_that_is_not_there_and_one_that_cannot_be_reached_are_one_line(pinned):
    found, _ = pinned
    for other in (replace(found, version="0.0.0"), replace(found, repository="file:///nowhere")):
        with pytest.raises(InputError) as told:
            cluster.commit(other)
        assert "of Kubeflow Pipelines cannot be asked for: " in str(told.value)
        assert "\n" not in str(told.value)


def test_a_commit_that_is_pinned_is_not_asked_for(pinned):
    found, _ = pinned
    assert cluster.commit(replace(found, commit="a" * 40, repository="file:///nowhere")) == "a" * 40
