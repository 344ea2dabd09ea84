"""Digests asked of a registry: a local server speaks its API, with each way of letting one in."""

import hashlib
from dataclasses import replace

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines.backends.kubeflow import conf, images
from sentiment_pipelines.backends.local import images as images_of
from sentiment_pipelines.graph import TRAINING

DIGEST = "sha256:" + hashlib.sha256(b'{"schemaVersion": 2}').hexdigest()
INGEST, PUSH = "sentiment-ingest:1.0.0", "sentiment-push:2.0.0"


def test_every_image_is_named_by_registry_and_digest(registry):
    environment, seen = registry()
    host = environment.images.registry
    assert images.digests([INGEST, PUSH], environment) == {
        INGEST: f"{host}/sentiment-ingest@{DIGEST}",
        PUSH: f"{host}/sentiment-push@{DIGEST}",
    }
    assert {(method, path) for method, path, _ in seen} == {
        ("HEAD", "/v2/sentiment-ingest/manifests/1.0.0"),
        ("HEAD", "/v2/sentiment-push/manifests/2.0.0"),
    }


def test_images_may_lie_below_a_path_of_the_registry(registry):
    environment, seen = registry(path="/team")
    found = images.digests([INGEST], environment)[INGEST]
    assert found == f"{environment.images.registry}/sentiment-ingest@{DIGEST}"
    assert seen[0][1] == "/v2/team/sentiment-ingest/manifests/1.0.0"


def test_the_api_may_be_elsewhere_from_here(registry):
    environment, _ = registry()
    api = f"http://{environment.images.registry}"
    elsewhere = replace(environment.images, registry="kind-registry:5000", api=api)
    found = images.digests([INGEST], replace(environment, images=elsewhere))
    assert found == {INGEST: f"kind-registry:5000/sentiment-ingest@{DIGEST}"}


def test_a_registry_that_does_not_tell_the_digest_is_asked_for_the_manifest(registry):
    environment, seen = registry(digest_header=False)
    assert images.digests([INGEST], environment)[INGEST].endswith(DIGEST)
    assert [method for method, *_ in seen] == ["HEAD", "GET"]


@pytest.mark.parametrize("auth", ["Basic", "Bearer"])
def test_dockers_own_login_is_used(registry, auth):
    environment, _ = registry(auth=auth, login=True)
    assert images.digests([INGEST], environment)[INGEST].endswith(DIGEST)


def refused(environment, *needed):
    with pytest.raises(InputError) as caught:
        images.digests(needed or [INGEST], environment)
    said = str(caught.value)
    assert "canary" not in said
    assert "\n" not in said
    return said


@pytest.mark.parametrize("auth", ["Basic", "Bearer"])
def test_who_is_not_let_in_is_told_to_log_in(registry, auth):
    environment, _ = registry(auth=auth)
    host = environment.images.registry
    said = refused(environment)
    assert said == f"{host}: it does not show sentiment-ingest to you; run `docker login {host}`"


def test_all_that_is_missing_is_named_with_the_command_that_pushes_it(registry):
    environment, _ = registry(there=frozenset({PUSH}))
    said = refused(environment, INGEST, PUSH, "sentiment-train-deep:1.0.0")
    host = environment.images.registry
    assert said == (
        f"{host}: it has no sentiment-ingest:1.0.0, sentiment-train-deep:1.0.0; "
        f"run `make images-push REGISTRY={host} IMAGES='ingest train-deep'`"
    )


def test_a_registry_that_is_down_broken_or_not_named_is_one_line(registry):
    environment, _ = registry(status=500)
    assert "the registry answers 500; is it up" in refused(environment)
    gone = replace(environment.images, registry="localhost:9")
    said = refused(replace(environment, images=gone))
    assert "http://localhost:9: the registry does not answer (refused)" in said
    nowhere = refused(conf.read("base"))
    assert "pipelines/conf/base.toml, [images]: no registry says" in nowhere


def test_every_image_of_the_compiled_pipelines_is_of_a_stage():
    assert {images.stage_of(image) for image in images_of(TRAINING)} < set(conf.stages())
    with pytest.raises(InputError, match="no component makes the image sentiment-nobody:1"):
        images.stage_of("sentiment-nobody:1")
