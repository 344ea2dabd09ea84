"""What is uploaded to Kubeflow: the committed pipeline with digests and the cluster's settings.

``build`` is a function of its arguments alone: the same pipeline, environment and images give the
same bytes, so a version is uploaded once. The committed file keeps versions and knows no cluster.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sentiment_pipelines.backends.kubeflow import images, platform
from sentiment_pipelines.backends.kubeflow.arguments import Sender
from sentiment_pipelines.backends.kubeflow.platform import Written
from sentiment_pipelines.backends.kubeflow.settings import Environment
from sentiment_pipelines.backends.kubeflow.store import S3Store, Tell
from sentiment_pipelines.backends.kubeflow.types import Package
from sentiment_pipelines.backends.local import images as images_of
from sentiment_pipelines.graph import LOADER, nodes

KUBERNETES = "kubernetes"
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
"""The dumper written in C takes a tenth of the time."""


def prepared(
    compiled: Path,
    environment: Environment,
    store: S3Store,
    given: Mapping[str, Any],
    found: Mapping[str, str],
    folder: Path,
    tell: Tell,
) -> Package:
    """Writes the package of a run, and brings there what it is given.

    Args:
        compiled: The compiled pipeline.
        environment: The cluster.
        store: Its artifact store.
        given: The run's parameters, with absolute paths.
        found: The folder of each artifact that was found before the run, by parameter.
        folder: Where to write it.
        tell: Is told what takes time.

    Raises:
        InputError: An image is not in the registry, or a parameter cannot be sent.
    """
    needed = images_of(compiled)
    digests = images.digests(needed, environment)  # before anything large is sent
    stages = frozenset(map(images.stage_of, needed))
    values = Sender(environment, store, stages, tell).values(given, found)
    content = build(compiled.read_text(encoding="utf-8"), environment, digests)
    digest = hashlib.sha256(content.encode()).hexdigest()
    path = folder / f"{compiled.stem}-{digest[:12]}.yaml"
    path.write_text(content, encoding="utf-8")
    name = next(yaml.load_all(content, Loader=LOADER))["pipelineInfo"]["name"]
    return Package(path, f"sha256:{digest}", name, values, store.root)


def build(compiled: str, environment: Environment, digests: Mapping[str, str]) -> str:
    """Returns a compiled pipeline as it is uploaded.

    Args:
        compiled: Its text.
        environment: The cluster.
        digests: What the pods are to pull, by image of the compiled pipeline.
    """
    pipeline = next(yaml.load_all(compiled, Loader=LOADER))
    executors = pipeline["deploymentSpec"]["executors"]
    configured: dict[str, Any] = {}
    retries: dict[str, Mapping[str, Any]] = {}
    for label, executor in executors.items():
        if "container" not in executor:
            continue
        settings = _settings(executor["container"], environment, digests)
        executor["container"] |= settings.container
        configured[label], retries[label] = settings.kubernetes, settings.retry
    components = pipeline["components"]
    for task in nodes(pipeline):
        label = components[task["componentRef"]["name"]].get("executorLabel")
        if retry := retries.get(label):
            task["retryPolicy"] = dict(retry)
    platforms = {KUBERNETES: {"deploymentSpec": {"executors": configured}}}
    documents = (pipeline, {"platforms": platforms})
    text: str = yaml.dump_all(documents, Dumper=DUMPER, sort_keys=True, allow_unicode=True)
    return text


def _settings(
    container: dict[str, Any], environment: Environment, digests: Mapping[str, str]
) -> Written:
    stage = images.stage_of(container["image"])
    container["image"] = digests[container["image"]]
    return platform.written(stage, container["image"], environment)
