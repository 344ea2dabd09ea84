"""What the pods of a stage are given, in the words of KFP's own messages."""

from dataclasses import replace

import pytest
from google.protobuf import json_format
from kfp.kubernetes.kubernetes_executor_config_pb2 import KubernetesExecutorConfig
from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineDeploymentConfig, PipelineTaskSpec

from sentiment_pipelines.backends.kubeflow import conf, platform
from sentiment_pipelines.backends.kubeflow.settings import Stage

IMAGE = "registry/sentiment-train-deep@sha256:0"


@pytest.fixture
def written():
    """Returns what a stage's pods are given by some settings of it."""

    def written(stage="train_deep", name="kind", **settings):
        environment = conf.read(name)
        stages = {**environment.stages, stage: Stage(**settings)}
        return platform.written(stage, IMAGE, replace(environment, stages=stages))

    return written


def executor(found):
    return json_format.ParseDict(found.kubernetes, KubernetesExecutorConfig())


def container(found):
    return json_format.ParseDict(found.container, PipelineDeploymentConfig.PipelineContainerSpec())


def variables(found):
    return {it.name: it.value for it in container(found).env}


def secrets(found):
    return {
        pair.env_var: (it.secret_name, pair.secret_key)
        for it in executor(found).secret_as_env
        for pair in it.key_to_env
    }


def test_resources_are_requests_and_limits(written):
    resources = container(
        written(
            cpu="500m", cpu_limit="2", memory="1Gi", memory_limit="4Gi",
            accelerator="nvidia.com/gpu", accelerators=2,
        )
    ).resources  # fmt: skip
    assert (resources.resource_cpu_request, resources.resource_cpu_limit) == ("500m", "2")
    assert (resources.resource_memory_request, resources.resource_memory_limit) == ("1Gi", "4Gi")
    accelerator = resources.accelerator
    assert (accelerator.resource_type, accelerator.resource_count) == ("nvidia.com/gpu", "2")


def test_what_is_not_set_is_left_to_the_cluster(written):
    found = written()
    assert not container(found).HasField("resources")
    assert found.retry == {}
    assert executor(found).active_deadline_seconds == 0


def test_retries_wait_longer_each_time(written):
    found = written(retries=3, backoff=30, backoff_factor=2, backoff_most=600).retry
    policy = json_format.ParseDict(found, PipelineTaskSpec.RetryPolicy())
    assert policy.max_retry_count == 3
    assert (policy.backoff_duration.seconds, policy.backoff_max_duration.seconds) == (30, 600)


def test_pods_are_placed_ended_and_labelled(written):
    toleration = {"key": "dedicated", "operator": "Exists", "effect": "NoSchedule"}
    found = executor(
        written(
            timeout=60, node_selector={"disk": "ssd"}, tolerations=(toleration,),
            labels={"team": "a"}, annotations={"note": "b"},
        )
    )  # fmt: skip
    assert found.active_deadline_seconds == 60
    assert dict(found.node_selector.labels) == {"disk": "ssd"}
    assert (found.tolerations[0].key, found.tolerations[0].effect) == ("dedicated", "NoSchedule")
    assert dict(found.pod_metadata.labels) == {"team": "a"}
    assert dict(found.pod_metadata.annotations) == {"note": "b"}


def test_volumes_are_mounted(written):
    found = executor(
        written(
            scratch="4Gi",
            mounts=(
                {"claim": "logs", "path": "/logs", "sub_path": "v1"},
                {"secret": "ca", "path": "/ca"},
                {"config_map": "settings", "path": "/settings"},
            ),
        )
    )
    claim, disk = found.pvc_mount[0], found.empty_dir_mounts[0]
    assert (claim.constant, claim.mount_path, claim.sub_path) == ("logs", "/logs", "v1")
    assert (found.secret_as_volume[0].secret_name, found.secret_as_volume[0].mount_path) == (
        "ca", "/ca",
    )  # fmt: skip
    assert found.config_map_as_volume[0].config_map_name == "settings"
    assert (disk.mount_path, disk.size_limit) == (platform.SCRATCH, "4Gi")


def test_images_are_pulled_as_the_environment_says():
    environment = conf.read("kind")
    images = replace(environment.images, pull_policy="Always", pull_secrets=("one", "two"))
    found = executor(platform.written("ingest", IMAGE, replace(environment, images=images)))
    assert found.image_pull_policy == "Always"
    assert [it.secret_name for it in found.image_pull_secret] == ["one", "two"]


def test_every_stage_tells_the_clusters_mlflow_which_run_and_image_it_was(written):
    found = written("transform")
    server = conf.read("kind").tracking.server
    told = variables(found)
    assert (told["SENTIMENT_TRACKING_SERVER"], told["SENTIMENT_IMAGE"]) == (server, IMAGE)
    assert "MLFLOW_TRACKING_URI" not in told
    path = executor(found).field_path_as_env[0]
    assert (path.name, path.field_path) == ("SENTIMENT_RUN", "metadata.labels['pipeline/runid']")


@pytest.mark.parametrize("stage", ["push", "pipelines"])
def test_those_that_speak_to_the_registry_are_told_where_it_is(written, stage):
    assert variables(written(stage))["MLFLOW_TRACKING_URI"] == conf.read("kind").tracking.server


def test_secrets_are_references(written):
    found = written("ingest", secrets={"DB_PASSWORD": "database/password"})
    known = secrets(found)
    assert known["DB_PASSWORD"] == ("database", "password")
    assert known["AWS_SECRET_ACCESS_KEY"] == ("mlpipeline-minio-artifact", "secretkey")
    assert not set(known) & set(variables(found))


def test_a_key_that_two_variables_hold_is_given_to_both(written):
    found = secrets(written("transform", secrets={"ONE": "same/key", "TWO": "same/key"}))
    assert found == {"ONE": ("same", "key"), "TWO": ("same", "key")}


def test_only_stages_that_read_data_from_afar_reach_the_store(written):
    assert variables(written("ingest"))["AWS_ENDPOINT_URL_S3"] == conf.read("kind").store.inside
    assert secrets(written("transform")) == {}


def test_the_control_plane_finds_its_own_environment(written):
    assert variables(written("pipelines", name="cloud"))["SENTIMENT_CONF"] == "cloud"
