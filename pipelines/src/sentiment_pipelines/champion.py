"""Resolves the champion before a run: the bundle behind the registry's alias, or none."""

import shutil
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from sentiment_common import promotions
from sentiment_common.artifacts import (
    CHAMPION,
    EVALUATION,
    MANIFEST,
    MODEL,
    Manifest,
    payload_digest,
    read_intact,
    write_json,
    write_manifest,
)
from sentiment_common.errors import InputError
from sentiment_pipelines.cache import link

REGISTERED_MODEL, ALIAS, CHALLENGER = "sentiment", "champion", "challenger"
PRODUCER = "sentiment-pipelines"


@dataclass(frozen=True)
class Champion:
    """What a run knows of the champion.

    Attributes:
        digest: Digest of its bundle.
        name: What it was called as a candidate.
        version: Its version in the registry.
        examples: Digest of the examples it was chosen on; None if the registry does not know.
    """

    digest: str
    name: str | None
    version: str
    examples: str | None


def resolve(client: Any, folder: Path, alias: str = ALIAS) -> Champion | None:
    """Writes the champion artifact that a run is given.

    Args:
        client: An ``mlflow.MlflowClient``.
        folder: Where to write it.
        alias: The champion's; the challenger is known by the same facts.

    Returns:
        The champion, None if nothing holds the alias yet.

    Raises:
        InputError: The registry's files are not what they were when the model was pushed.
    """
    folder.mkdir(parents=True)
    version = version_behind(client, alias)
    found, named = None, {}
    if version is not None:
        bundle = download(version)
        named["bundle"] = read_intact(bundle, MODEL).digest
        shutil.copytree(bundle, folder / "bundle", copy_function=link)
        examples = _evaluation(client, version, folder / "evaluation", named)
        name = version.tags.get("candidate")
        found = Champion(named["bundle"], name, str(version.version), examples)
    facts: dict[str, Any] = {
        key: getattr(found, key, None) for key in ("digest", "name", "version")
    }
    facts["withdrawn"] = [
        {"digest": digest, "date": it.date, "reason": it.reason}
        for digest, it in sorted(withdrawn(client).items())
    ]
    write_json(folder / "champion.json", facts)
    digest = payload_digest(folder, named)
    manifest = Manifest(
        CHAMPION.name, CHAMPION.schema_version, PRODUCER, installed_version(PRODUCER), digest,
        named=named,
    )  # fmt: skip
    write_manifest(folder, manifest)
    return found


def _evaluation(client: Any, version: Any, folder: Path, named: dict[str, str]) -> str | None:
    """Fetches the evaluation the champion was chosen in and returns the digest of its examples."""
    from mlflow.artifacts import download_artifacts

    if not version.run_id or not client.list_artifacts(version.run_id, "evaluation"):
        return None
    at = {"run_id": version.run_id, "tracking_uri": client.tracking_uri}
    download_artifacts(artifact_path="evaluation", dst_path=str(folder.parent), **at)
    manifest = read_intact(folder, EVALUATION)
    named["evaluation"] = manifest.digest
    return manifest.inputs.get("examples")


def withdrawn(client: Any) -> dict[str, promotions.Promotion]:
    """Returns what was taken out of production, by digest: none of it returns by itself."""
    return promotions.withdrawn(every_log(client), ALIAS)


def log(client: Any) -> list[promotions.Promotion]:
    """Returns the promotions behind the champion's alias, the earliest first."""
    return [it for it in every_log(client) if it.alias == ALIAS]


def every_log(client: Any) -> list[promotions.Promotion]:
    """Returns the promotions behind every alias, the champion's and the challengers'."""
    from mlflow.exceptions import MlflowException

    try:
        return promotions.read_all(client, REGISTERED_MODEL)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return []  # before the first push
        raise


def champion_bundle(client: Any) -> Path | None:
    """Returns the folder of the champion's bundle, None if nothing holds the alias."""
    version = version_behind(client)
    return None if version is None else download(version)


def download(version: Any) -> Path:
    """Returns the bundle of a registered version on this machine.

    Args:
        version: An MLflow ``ModelVersion``.

    Raises:
        InputError: Its files are gone.
    """
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    try:
        model = Path(download_artifacts(artifact_uri=version.source))
        # An ensemble's members lie below it, each with a manifest of its own.
        return min(model.rglob(MANIFEST), key=lambda path: len(path.parts)).parent
    except (OSError, MlflowException, ValueError) as error:
        raise InputError(
            f"the model of version {version.version} is not there any more",
            where=str(version.source), mend="push it again from the run that made it",
        ) from error  # fmt: skip


def version_behind(client: Any, alias: str = ALIAS) -> Any | None:
    """Returns the registered version that an alias points to, None if nothing holds it."""
    from mlflow.exceptions import MlflowException

    try:
        return client.get_model_version_by_alias(REGISTERED_MODEL, alias)
    except MlflowException as error:
        # Neither the model nor the alias exists before the first push.
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise
