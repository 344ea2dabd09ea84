"""What each task's container may see and use, from the task alone."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from sentiment_pipelines.backends import docker
from sentiment_pipelines.backends.docker import Containers
from sentiment_pipelines.backends.local import Work
from sentiment_pipelines.environments import rooms
from sentiment_pipelines.images.base import Base
from sentiment_pipelines.runs import Run

WORK = Work("task", "", ["command"])


def image(stage):
    return f"sentiment-{stage.replace('_', '-')}:{rooms()[stage].version}"


@pytest.fixture
def container(tmp_path, monkeypatch):
    """Returns the container of a task, of a run and on a base that are not there."""
    monkeypatch.setattr("sentiment_pipelines.runs.VAR", tmp_path)
    monkeypatch.setenv("SENTIMENT_CACHE", str(tmp_path / "cache"))
    for name in ("MLFLOW_TRACKING_URI", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    backend = Containers(memory="2g", network="host", _base=Base("base:1", "sha256:1", "1" * 64))
    prepared = docker._Prepared(None, Run("r1"), 0, "1000:1000")

    def container(stage, parameters, work=WORK):
        variables = {"SENTIMENT_RUN": "r1", "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/ml/a.db"}
        work = replace(work, image=image(stage), parameters=parameters, variables=variables)
        return backend._container(work, prepared, tmp_path / "scratch")

    return container


def test_a_task_that_reads_files_sees_them_and_its_folders_and_has_no_network(container, tmp_path):
    (tmp_path / "reviews.csv").touch()
    inputs, output, kept = (tmp_path / name for name in ("in", "out", "kept"))
    work = Work("task", "", ["command"], reads=[inputs], writes=[output], checkpoints=kept)
    made = container("ingest", {"source": f"{tmp_path}/reviews.csv"}, work)
    assert made.reads == [inputs, tmp_path / "reviews.csv"]
    assert made.writes == sorted([tmp_path / "cache", kept, output, tmp_path / "scratch"])
    assert (made.network, made.memory, made.user) == ("none", "2g", "1000:1000")
    assert made.variables["SENTIMENT_CHECKPOINTS"] == str(kept)


def test_a_task_that_reads_an_address_has_the_network_that_was_chosen(container):
    assert container("ingest", {"source": "https://shop.example/reviews.csv"}).network == "host"


def test_only_what_downloads_sees_the_cache_and_only_push_the_registry(container, tmp_path):
    places = {stage: container(stage, {}).writes for stage in ("evaluate", "train_deep", "push")}
    scratch = tmp_path / "scratch"
    assert places == {
        "evaluate": [scratch],
        "train_deep": [tmp_path / "cache", scratch],
        "push": [tmp_path / "ml", scratch],
    }
    assert "MLFLOW_TRACKING_URI" in container("push", {}).variables
    assert "MLFLOW_TRACKING_URI" not in container("evaluate", {}).variables


def test_variables_of_this_house_and_named_secrets_are_passed_by_name(container, monkeypatch):
    monkeypatch.setenv("SENTIMENT_SOURCE_TIMEOUT", "5")
    monkeypatch.setenv("SENTIMENT_API_KEYS", "of the service")
    monkeypatch.setenv("SHOP_PASSWORD", "s3cret")
    made = container("ingest", {"source": "postgresql://me:${SHOP_PASSWORD}@db/shop#reviews"})
    assert {"SENTIMENT_SOURCE_TIMEOUT", "SHOP_PASSWORD"} <= set(made.passed)
    assert not {"SENTIMENT_API_KEYS", "SENTIMENT_VAR"} & set(made.passed)
    assert "s3cret" not in str((made.variables, made.labels, made.command_line()))


def test_a_tracking_server_of_the_caller_is_named_without_its_password(container, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:s3cret@mlflow.example")
    backend = Containers(_base=Base("base:1", "sha256:1", "1" * 64))
    variables = {"MLFLOW_TRACKING_URI": os.environ["MLFLOW_TRACKING_URI"]}
    work = Work("push", image("push"), ["sentiment-push"], variables=variables)
    prepared = docker._Prepared(None, Run("r1"), 0, "0:0")
    made = backend._container(work, prepared, Path("/scratch"))
    assert made.network == "bridge"
    assert "MLFLOW_TRACKING_URI" in made.passed
    assert "s3cret" not in str(made.command_line())


@pytest.mark.parametrize(
    ("options", "user"),
    [
        (["name=seccomp,profile=default"], f"{os.getuid()}:{os.getgid()}"),
        (["name=seccomp,profile=default", "name=rootless"], "0:0"),
        (None, f"{os.getuid()}:{os.getgid()}"),
    ],
)
def test_outputs_belong_to_the_caller_whoever_runs_the_daemon(options, user):
    assert docker._user({"SecurityOptions": options}) == user
