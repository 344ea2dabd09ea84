"""Brings a package to Kubeflow Pipelines: a version of its pipeline, an experiment, a run.

All of it can be done again: what is there is used, and an answer that was lost is looked for before
anything is made a second time.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml

from sentiment_pipelines import graph
from sentiment_pipelines.backends.kubeflow.client import DELAYS, Kubeflow
from sentiment_pipelines.backends.kubeflow.faults import ConflictError, UnreachableError
from sentiment_pipelines.backends.kubeflow.types import Package

LETTERS = 12
"""So many of a digest name a version."""


@dataclass(frozen=True)
class Uploaded:
    """A package that is in the cluster.

    Attributes:
        pipeline: Id of the pipeline.
        version: Id of its version.
        name: What the version is called.
        new: Whether it was uploaded just now.
    """

    pipeline: str
    version: str
    name: str
    new: bool


def upload(kubeflow: Kubeflow, package: Package, delays: Sequence[float] = DELAYS) -> Uploaded:
    """Uploads a package, once: a version is called by the digest of what it is.

    Args:
        kubeflow: Where to.
        package: What to upload.
        delays: Seconds until something is tried again.

    Raises:
        InputError: The API does not answer, or refuses it.
    """
    name = package.digest.removeprefix("sha256:")[:LETTERS]
    text = f"From customer feedback to a sentiment model: {package.pipeline}"
    pipeline, _ = _once(
        lambda: kubeflow.pipeline(package.pipeline),
        lambda: kubeflow.create_pipeline(package.pipeline, text), delays,
    )  # fmt: skip
    version, new = _once(
        lambda: kubeflow.version(pipeline, name),
        lambda: kubeflow.upload(package.path, pipeline, name, package.digest), delays,
    )  # fmt: skip
    return Uploaded(pipeline, version, name, new)


def start(
    kubeflow: Kubeflow, package: Package, uploaded: Uploaded, name: str,
    delays: Sequence[float] = DELAYS,
) -> str:  # fmt: skip
    """Starts a run and returns its id.

    Args:
        kubeflow: Where to.
        package: What it is given.
        uploaded: The version to run.
        name: What the run is called; no other is.
        delays: Seconds until something is tried again.

    Raises:
        InputError: The API does not answer, or refuses it.
    """
    experiment = kubeflow.experiment(kubeflow.connection.experiment)
    run, _ = _once(
        lambda: kubeflow.run_called(name, experiment),
        lambda: kubeflow.create_run(
            name, experiment, uploaded.pipeline, uploaded.version, dict(package.parameters),
            package.root,
        ), delays,
    )  # fmt: skip
    return run


def _once(
    find: Callable[[], str | None], make: Callable[[], str], delays: Sequence[float]
) -> tuple[str, bool]:
    """Returns what is there, or makes it; a lost answer to ``make`` is looked for by ``find``."""
    tried = False
    for delay in (*delays, None):
        if found := find():
            return found, tried
        tried = True
        try:
            return make(), True
        except (
            ConflictError,
            UnreachableError,
        ):  # another made it, or it was made and we were not told
            if delay is None:
                raise
            time.sleep(delay)
    raise AssertionError("the last delay is None")


def uncached(package: Package) -> Package:
    """Returns a package whose tasks all run, whatever earlier runs have done."""
    documents: list[Any] = list(yaml.load_all(package.path.read_text(), Loader=graph.LOADER))
    for task in graph.nodes(documents[0]):
        task["cachingOptions"] = {"enableCache": False}
    path = package.path.with_name(f"uncached-{package.path.name}")
    path.write_text(yaml.safe_dump_all(documents), encoding="utf-8")
    digest = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    return replace(package, path=path, digest=digest)
