"""What a stage's pods are given, written by KFP's own functions into KFP's own messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import json_format
from kfp import dsl, kubernetes
from kfp.compiler.pipeline_spec_builder import build_container_spec_for_task
from kfp.dsl import structures

from sentiment_common.cli import TRACKING_SERVER
from sentiment_common.tracking_server import IMAGE, RUN
from sentiment_pipelines.backends import reach
from sentiment_pipelines.backends.kubeflow.conf import CONTROL_PLANE, SCRATCH, VARIABLE
from sentiment_pipelines.backends.kubeflow.settings import Environment, Stage

RUN_OF_POD = "metadata.labels['pipeline/runid']"
"""Where a pod says which run it belongs to: the runs of the API have this name."""
STORE = "MLFLOW_TRACKING_URI"
NEEDS = {**reach.NEEDS, CONTROL_PLANE: reach.Needs(places=("source",), registry=True)}


@dataclass(frozen=True)
class Written:
    """A stage's settings in KFP's words.

    Attributes:
        container: Fields ``resources`` and ``env`` of its executor's container.
        retry: The ``retryPolicy`` of its tasks; empty for none.
        kubernetes: Its ``KubernetesExecutorConfig``.
    """

    container: Mapping[str, Any]
    retry: Mapping[str, Any]
    kubernetes: Mapping[str, Any]


def written(stage: str, image: str, environment: Environment) -> Written:
    """Returns what the pods of a stage are given in an environment.

    Args:
        stage: Its name, e.g. ``train_deep``.
        image: Its image with the digest.
        environment: The cluster.
    """
    settings = environment.stages[stage]
    task = _task(stage)
    _set_resources(task, settings)
    _set_variables(task, stage, image, environment)
    _set_placement(task, settings)
    _set_volumes(task, settings)
    kubernetes.set_image_pull_policy(task, environment.images.pull_policy)
    if environment.images.pull_secrets:
        kubernetes.set_image_pull_secrets(task, list(environment.images.pull_secrets))
    if settings.timeout:
        kubernetes.set_timeout(task, settings.timeout)
    built = json_format.MessageToDict(build_container_spec_for_task(task))
    container = {name: built[name] for name in ("resources", "env") if name in built}
    return Written(container, _retry(settings), task.platform_config["kubernetes"])


def _task(stage: str) -> dsl.PipelineTask:
    """Returns a task outside of any pipeline: what KFP's functions write into."""
    container = structures.ContainerSpecImplementation(image=stage)
    implementation = structures.Implementation(container=container)
    return dsl.PipelineTask(structures.ComponentSpec(stage, implementation), {})


def _set_resources(task: dsl.PipelineTask, settings: Stage) -> None:
    for value, put in (
        (settings.cpu, task.set_cpu_request),
        (settings.cpu_limit, task.set_cpu_limit),
        (settings.memory, task.set_memory_request),
        (settings.memory_limit, task.set_memory_limit),
    ):
        if value:
            put(value)
    if settings.accelerator:
        task.set_accelerator_type(settings.accelerator)
        task.set_accelerator_limit(settings.accelerators)


def _set_variables(
    task: dsl.PipelineTask, stage: str, image: str, environment: Environment
) -> None:
    settings, needs = environment.stages[stage], NEEDS.get(stage, reach.Needs())
    variables, secrets = {IMAGE: image}, dict(settings.secrets)
    if stage == CONTROL_PLANE:
        variables[VARIABLE] = environment.name  # it submits to the cluster it runs in
    if server := environment.tracking.server:
        variables[TRACKING_SERVER] = server
        secrets = {**environment.tracking.secrets, **secrets}
        if needs.registry:
            variables[STORE] = server
    if needs.places:
        variables |= _store_variables(environment)
        secrets = {**environment.store.secrets, **secrets}
    for name, value in sorted({**variables, **settings.environment}.items()):
        task.set_env_variable(name, value)
    kubernetes.use_field_path_as_env(task, RUN, RUN_OF_POD)
    for name, reference in sorted(secrets.items()):
        secret, _, key = reference.partition("/")
        kubernetes.use_secret_as_env(task, secret, {key: name})
    for name, reference in sorted(settings.config_maps.items()):
        config_map, _, key = reference.partition("/")
        kubernetes.use_config_map_as_env(task, config_map, {key: name})


def _store_variables(environment: Environment) -> dict[str, str]:
    """Returns the variables by which a stage finds data in the artifact store."""
    store = environment.store
    endpoint = store.inside or store.endpoint
    found = {"AWS_DEFAULT_REGION": store.region}
    return {**found, "AWS_ENDPOINT_URL_S3": endpoint} if endpoint else found


def _set_placement(task: dsl.PipelineTask, settings: Stage) -> None:
    for put, table in (
        (kubernetes.add_node_selector, settings.node_selector),
        (kubernetes.add_pod_label, settings.labels),
        (kubernetes.add_pod_annotation, settings.annotations),
    ):
        for name, value in sorted(table.items()):
            put(task, name, value)
    for toleration in settings.tolerations:
        kubernetes.add_toleration(task, **toleration)


def _set_volumes(task: dsl.PipelineTask, settings: Stage) -> None:
    if settings.scratch:
        kubernetes.empty_dir_mount(task, "scratch", SCRATCH, size_limit=settings.scratch)
    for mount in settings.mounts:
        path = mount["path"]
        if "claim" in mount:
            kubernetes.mount_pvc(task, mount["claim"], path, mount.get("sub_path", ""))
        elif "secret" in mount:
            kubernetes.use_secret_as_volume(task, mount["secret"], path)
        else:
            kubernetes.use_config_map_as_volume(task, mount["config_map"], path)


def _retry(settings: Stage) -> dict[str, Any]:
    if not settings.retries:
        return {}
    policy = structures.RetryPolicy(
        settings.retries,
        f"{settings.backoff}s",
        settings.backoff_factor,
        f"{settings.backoff_most}s",
    )
    found: dict[str, Any] = json_format.MessageToDict(policy.to_proto())
    return found
