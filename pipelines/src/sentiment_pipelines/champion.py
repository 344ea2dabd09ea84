"""Resolves the champion before a run: the bundle behind the registry's alias, or none."""

import shutil
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from sentiment_common.artifacts import (
    CHAMPION,
    MANIFEST,
    MODEL,
    Manifest,
    payload_digest,
    read_intact,
    write_json,
    write_manifest,
)

REGISTERED_MODEL, ALIAS = "sentiment", "champion"


def resolve(client: Any, folder: Path) -> str | None:
    """Writes the champion artifact that a run is given.

    Args:
        client: An ``mlflow.MlflowClient``.
        folder: Where to write it.

    Returns:
        Digest of the champion's bundle, None if nothing holds the alias yet.
    """
    folder.mkdir(parents=True)
    version = _version_behind_alias(client)
    digest = None
    if version is not None:
        bundle = download(version)
        digest = read_intact(bundle, MODEL).digest
        shutil.copytree(bundle, folder / "bundle")
    number = str(version.version) if version is not None else None
    name = version.tags.get("candidate") if version is not None else None
    write_json(folder / "champion.json", {"digest": digest, "name": name, "version": number})
    payload, producer = digest or payload_digest(folder), "sentiment-pipelines"
    manifest = Manifest(
        CHAMPION.name, CHAMPION.schema_version, producer, installed_version(producer), payload
    )
    write_manifest(folder, manifest)
    return digest


def champion_bundle(client: Any) -> Path | None:
    """Returns the folder of the champion's bundle, None if nothing holds the alias."""
    version = _version_behind_alias(client)
    return None if version is None else download(version)


def download(version: Any) -> Path:
    """Returns the bundle of a registered version on this machine.

    Args:
        version: An MLflow ``ModelVersion``.
    """
    from mlflow.artifacts import download_artifacts

    model = Path(download_artifacts(artifact_uri=version.source))
    return next(path.parent for path in model.rglob(MANIFEST))


def _version_behind_alias(client: Any) -> Any | None:
    from mlflow.exceptions import MlflowException

    try:
        return client.get_model_version_by_alias(REGISTERED_MODEL, ALIAS)
    except MlflowException as error:
        # Neither the model nor the alias exists before the first push.
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise
