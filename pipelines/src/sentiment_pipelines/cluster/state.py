"""The cluster that ``make kind-up`` has left here: one file, written last, whole or not at all."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sentiment_common.errors import InputError
from sentiment_pipelines import environments

SCHEMA_VERSION = 1
NAME = "cluster.json"


@dataclass(frozen=True)
class Cluster:
    """How the cluster on this machine is reached.

    Attributes:
        name: What kind calls it.
        context: Its name in kubeconfig.
        registry: Registry that its nodes pull from, as this machine and they call it.
        api: Address of Kubeflow Pipelines: interface and API.
        mlflow: Address of MLflow.
        store: Address of the artifact store, which speaks S3.
        service: Address of the service; it answers once a champion is deployed.
        pins: What was installed: node image, registry image, release and commit of the manifests.
    """

    name: str
    context: str
    registry: str
    api: str
    mlflow: str
    store: str
    service: str
    pins: dict[str, str] = field(default_factory=dict)


def folder() -> Path:
    """Returns the folder of the cluster's state."""
    return environments.VAR / "kind"


def read() -> Cluster | None:
    """Returns the cluster that was made here and not taken down; None if there is none.

    Raises:
        InputError: The file is not one of ours.
    """
    path = folder() / NAME
    if not path.is_file():
        return None
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told.pop("schema") != SCHEMA_VERSION:
            raise ValueError("another version")
        return Cluster(**told)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            "does not say how the cluster is reached", where=str(path), mend="`make kind-up` again"
        ) from error


def write(cluster: Cluster) -> Path:
    """Writes the file; from then on runs go to the cluster."""
    path = folder() / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_suffix(".new")
    text = json.dumps({"schema": SCHEMA_VERSION, **asdict(cluster)}, indent=2, sort_keys=True)
    staged.write_text(text + "\n", encoding="utf-8")
    staged.replace(path)
    return path


def forget() -> bool:
    """Removes the file: runs stay on this machine again. Returns whether it was there."""
    path = folder() / NAME
    there = path.is_file()
    path.unlink(missing_ok=True)
    return there
