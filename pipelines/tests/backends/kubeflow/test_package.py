"""What is uploaded: committed pipelines with digests and settings, read back by KFP itself."""

import functools
import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from google.protobuf import json_format
from kfp import components
from kfp.kubernetes.kubernetes_executor_config_pb2 import KubernetesExecutorConfig

from sentiment_common.errors import InputError
from sentiment_pipelines.backends.kubeflow import conf, package
from sentiment_pipelines.backends.kubeflow.settings import Stage
from sentiment_pipelines.backends.local import images as images_of
from sentiment_pipelines.graph import COMPILED, LOADER, TRAINING

GOLDEN = Path(__file__).with_name("training.golden.yaml")
NAMES = sorted(path.stem for path in COMPILED.glob("*.yaml"))
CANARY = "canary-c0ffee"


def digest_of(image):
    return f"sha256:{hashlib.sha256(image.encode()).hexdigest()}"


@functools.cache
def in_kind():
    """The training pipeline as it is uploaded to kind."""
    return built(TRAINING, conf.read("kind"))


def built(compiled, environment):
    registry = environment.images.registry
    digests = {
        image: f"{registry}/{image.partition(':')[0]}@{digest_of(image)}"
        for image in images_of(compiled)
    }
    return package.build(compiled.read_text(), environment, digests)


def documents(text):
    return list(yaml.load_all(text, Loader=LOADER))


def tasks(pipeline):
    graphs = [pipeline["root"], *pipeline["components"].values()]
    return {
        name: task for it in graphs for name, task in it.get("dag", {}).get("tasks", {}).items()
    }


@pytest.mark.parametrize("environment", sorted(path.stem for path in conf.CONF.glob("*.toml")))
@pytest.mark.parametrize("name", NAMES)
def test_kfp_reads_what_is_uploaded(name, environment):
    found = conf.read(environment)
    found = replace(found, images=replace(found.images, registry="registry.local"))
    text = built(COMPILED / f"{name}.yaml", found)
    component = components.load_component_from_text(text)
    platform = component.platform_spec.platforms["kubernetes"]
    executors = component.pipeline_spec.deployment_spec["executors"]
    assert set(platform.deployment_spec.executors) == {
        label for label, executor in executors.items() if "container" in executor
    }
    for executor in platform.deployment_spec.executors.values():
        json_format.ParseDict(json_format.MessageToDict(executor), KubernetesExecutorConfig())
    assert json_format.MessageToDict(component.pipeline_spec) == documents(text)[0]


def test_every_image_is_a_digest_of_the_registry():
    pipeline, _ = documents(in_kind())
    committed = documents(TRAINING.read_text())[0]["deploymentSpec"]["executors"]
    for label, executor in pipeline["deploymentSpec"]["executors"].items():
        if "container" in executor:
            image = committed[label]["container"]["image"]
            name = image.partition(":")[0]
            assert executor["container"]["image"] == f"localhost:5001/{name}@{digest_of(image)}"


def test_nothing_else_of_the_committed_pipeline_changes():
    before, (after, _) = documents(TRAINING.read_text())[0], documents(in_kind())
    for executor in after["deploymentSpec"]["executors"].values():
        if "container" in executor:
            for added in ("resources", "env", "image"):
                executor["container"].pop(added)
    for executor in before["deploymentSpec"]["executors"].values():
        executor.get("container", {}).pop("image", None)
    for task in tasks(after).values():
        task.pop("retryPolicy", None)
    assert after == before


def test_a_stage_that_runs_twice_has_its_settings_twice():
    pipeline, platforms = documents(in_kind())
    executors = platforms["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert executors["exec-ingest"] == executors["exec-ingest-2"]
    found = tasks(pipeline)
    assert found["ingest"]["retryPolicy"] == found["ingest-2"]["retryPolicy"]


def test_what_moves_an_alias_is_not_tried_again_and_importers_have_no_pods():
    pipeline, platforms = documents(in_kind())
    found = tasks(pipeline)
    assert found["train-deep"]["retryPolicy"]["maxRetryCount"] == 2
    assert not {"push", "importer", "condition-1"} & {
        name for name, task in found.items() if "retryPolicy" in task
    }
    executors = platforms["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert not [label for label in executors if "importer" in label]


def test_the_training_pipeline_in_the_cloud_is_as_it_was_reviewed():
    """What changed here is what changes in the cluster; SENTIMENT_GOLDEN=1 writes it anew."""
    added = settings_of(*documents(built(TRAINING, conf.read("cloud"))))
    added = re.sub(r"sha256:[0-9a-f]{64}", "sha256:DIGEST", added)  # they have the versions in them
    if os.environ.get("SENTIMENT_GOLDEN"):
        GOLDEN.write_text(added)
    assert added == GOLDEN.read_text()


def settings_of(pipeline, platforms):
    """Returns what was added to a committed pipeline."""
    executors = pipeline["deploymentSpec"]["executors"]
    containers = {
        label: {key: it["container"].get(key) for key in ("image", "env", "resources")}
        for label, it in executors.items()
        if "container" in it
    }
    retries = {
        name: it["retryPolicy"] for name, it in tasks(pipeline).items() if "retryPolicy" in it
    }
    return yaml.safe_dump({"containers": containers, "retries": retries, **platforms})


def test_the_same_is_the_same_bytes_in_every_process():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import test_package as t; "
        "sys.stdout.write(t.in_kind())"
    )
    command = [sys.executable, "-c", f"import sys; sys.path += {sys.path!r}; {code}"]
    done = subprocess.run(
        [*command, str(Path(__file__).parent)], env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == in_kind()


def test_another_setting_is_another_package():
    found = conf.read("kind")
    stages = {**found.stages, "push": replace(found.stages["push"], memory_limit="9Gi")}
    assert built(TRAINING, replace(found, stages=stages)) != in_kind()


@pytest.fixture
def cluster(environment, registry):
    """An environment with a store and a registry that has every image."""
    known, _ = registry()
    return replace(environment, images=known.images)


def test_no_secret_of_this_machine_is_in_what_is_uploaded(cluster, bucket, tmp_path, monkeypatch):
    for name in (
        "AWS_SECRET_ACCESS_KEY", "MLFLOW_TRACKING_PASSWORD", "DB_PASSWORD", "KUBEFLOW_TOKEN",
        "SENTIMENT_API_KEYS", "HF_TOKEN",
    ):  # fmt: skip
        monkeypatch.setenv(name, CANARY)
    ingest = Stage(secrets={"DB_PASSWORD": "database/password"})
    environment = replace(cluster, stages={**cluster.stages, "ingest": ingest})
    given = {"source": "postgresql://me:${DB_PASSWORD}@db/x", "query": "select 1", "epochs": 3}
    made = package.prepared(TRAINING, environment, bucket, given, {}, tmp_path, print)
    content = made.path.read_text()
    assert CANARY not in content
    assert CANARY not in json.dumps(dict(made.parameters))
    assert {"secretKey": "password", "envVar": "DB_PASSWORD"} in [
        pair
        for it in documents(content)[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"][
            "exec-ingest"
        ]["secretAsEnv"]
        for pair in it["keyToEnv"]
    ]
    for address in bucket.names(f"minio://mlpipeline/{environment.store.prefix}/"):
        assert CANARY.encode() not in bucket.read(address)


def test_a_package_is_called_by_what_is_in_it(cluster, bucket, tmp_path):
    made = package.prepared(TRAINING, cluster, bucket, {"epochs": 3}, {}, tmp_path, print)
    digest = hashlib.sha256(made.path.read_bytes()).hexdigest()
    assert (made.digest, made.pipeline) == (f"sha256:{digest}", "sentiment-training")
    assert made.path.name == f"training-{digest[:12]}.yaml"
    assert (made.parameters, made.root) == ({"epochs": 3}, bucket.root)
    again = package.prepared(TRAINING, cluster, bucket, {"epochs": 4}, {}, tmp_path, print)
    assert again.digest == made.digest


def test_a_missing_image_is_known_before_anything_is_sent(environment, bucket, tmp_path):
    gone = replace(environment.images, registry="localhost:9", tags="version")
    (tmp_path / "a.csv").write_text("text\ngood\n")
    with pytest.raises(InputError, match="registry does not answer"):
        package.prepared(
            TRAINING, replace(environment, images=gone), bucket,
            {"source": str(tmp_path / "a.csv")}, {}, tmp_path, print,
        )  # fmt: skip
    assert bucket.names(f"minio://mlpipeline/{environment.store.prefix}/") == []
    assert list(tmp_path.glob("*.yaml")) == []
