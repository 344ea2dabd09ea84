"""What backends on this machine share; the walk itself is tested with each of them."""

import argparse

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines import backends
from sentiment_pipelines.backends import local
from sentiment_pipelines.environments import rooms
from sentiment_pipelines.graph import TRAINING


def test_an_image_is_run_by_the_component_of_that_name_and_version():
    room = rooms()["train_baseline"]
    image = f"registry.example/team/sentiment-train-baseline:{room.version}"
    assert local.room_for(image).name == "train_baseline"


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("python:3.11", "no component makes the image python:3.11"),
        ("sentiment-ingest:9.9.9", "run `make compile`"),
    ],
)
def test_an_image_that_no_component_makes_is_refused_before_the_run(image, message):
    with pytest.raises(InputError) as error:
        local.room_for(image)
    assert message in str(error.value)


def test_the_images_of_a_pipeline_are_named_once_each():
    images = local.images(TRAINING)
    assert len(images) == len(set(images))
    assert f"sentiment-ingest:{rooms()['ingest'].version}" in images


def chosen(*words):
    parser = argparse.ArgumentParser()
    backends.add_options(parser)
    return backends.chosen(parser.parse_args(words))


def test_the_backend_is_that_of_the_command_line_then_of_the_environment_then_processes(
    monkeypatch,
):
    for variable in (backends.VARIABLE, backends.MEMORY, backends.NETWORK):
        monkeypatch.delenv(variable, raising=False)
    assert chosen().name == "process"
    monkeypatch.setenv("SENTIMENT_BACKEND", "docker")
    assert chosen().name == "docker"
    assert chosen("--backend", "process").name == "process"
    monkeypatch.setenv("SENTIMENT_DOCKER_MEMORY", "512M")
    assert (chosen().memory, chosen("--memory", "4g").memory) == ("512m", "4g")
    assert (chosen().network, chosen("--network", "host").network) == ("bridge", "host")


@pytest.mark.parametrize(
    ("words", "variable", "complaint"),
    [
        (["--memory", "4g"], "process", "add --backend docker"),
        (["--backend", "docker", "--memory", "much"], "", "'much' is no size; e.g. 512m"),
        ([], "podman", "no backend 'podman'; there is process, docker"),
    ],
)
def test_a_backend_that_cannot_be_is_refused_in_one_line(monkeypatch, words, variable, complaint):
    monkeypatch.setenv("SENTIMENT_BACKEND", variable)
    with pytest.raises(InputError) as error:
        chosen(*words)
    assert complaint in str(error.value)
