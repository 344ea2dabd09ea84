"""Registers a model: one run with the model as its artifact, one version, one alias."""

import logging
import re
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from sentiment_common import promotions
from sentiment_common.errors import InputError
from sentiment_common.promotions import FORCE, PUSH, Promotion

logger = logging.getLogger(__name__)
EXPERIMENT = "sentiment"
DIGEST, CANDIDATE = "digest", "candidate"
FORCED_BY, FORCED_REASON = "forced_by", "forced_reason"
SOURCE_NAME, SOURCE = "mlflow.source.name", "sentiment-push"


@dataclass(frozen=True)
class Entry:
    """What is to be registered.

    Attributes:
        registered_model: Name in the registry.
        alias: The alias to move.
        digest: Digest of the bundle: one version is registered per digest.
        tags: Tags of the version.
        description: Description of the version, Markdown.
        metrics: Figures shown on the run.
        folders: Folders that the run keeps beside the model, by their name there.
        run: The pipeline's run that pushes it; empty for none.
    """

    registered_model: str
    alias: str
    digest: str
    tags: Mapping[str, str]
    description: str
    metrics: Mapping[str, float]
    folders: Mapping[str, Path] = field(default_factory=dict)
    run: str = ""

    @property
    def forced(self) -> dict[str, str]:
        """The tags that say who pushes it against the gate, and why; empty if nobody does."""
        return {name: it for name, it in self.tags.items() if name in (FORCED_BY, FORCED_REASON)}

    def promotion(self, version: str) -> Promotion:
        """Returns what the promotion log says of it."""
        return Promotion(
            promotions.now(), self.alias, FORCE if self.forced else PUSH, version, self.digest,
            self.tags.get(CANDIDATE, ""), by=self.forced.get(FORCED_BY, ""),
            reason=self.forced.get(FORCED_REASON, ""), run=self.run,
            macro_f1=self.metrics.get("macro_f1"),
        )  # fmt: skip


def connect(uri: str) -> MlflowClient:
    """Opens the tracking server or store and its registry.

    Raises:
        InputError: It does not answer.
    """
    if database := _sqlite_file(uri):
        database.parent.mkdir(parents=True, exist_ok=True)
    try:
        client = MlflowClient(uri)
        client.search_registered_models(max_results=1)
    except MlflowException as error:
        raise InputError(
            f"the tracking server does not answer ({_shown(str(error))[:200]})", where=_shown(uri),
            mend="check MLFLOW_TRACKING_URI",
        ) from error  # fmt: skip
    return client


def _shown(text: str) -> str:
    """Hides the user and password of an address."""
    return re.sub(r"://[^/@\s]*@", "://", text)


def register(
    client: MlflowClient,
    uri: str,
    entry: Entry,
    write_model: Callable[[Path], None],
    scratch: Path | None = None,
) -> ModelVersion:
    """Writes and uploads the model, registers it as a new version and moves the alias to it.

    A digest that has a version already (it was pushed before, or a push died after registering it)
    gets the alias and no second version. The move of the alias is written into the promotion log.
    A process may die at any point of it: its run is marked killed until the alias points to the
    version, and the next call does what is left.

    Args:
        client: The registry.
        uri: Its address.
        entry: What to register.
        write_model: Writes the MLflow model into the folder it is given.
        scratch: Where to write it; the system's folder for such files if None.

    Raises:
        InputError: The model was taken back out of production, and nobody forces it.
    """
    _check_not_withdrawn(client, entry)
    experiment = _experiment(client, uri)
    _close_dead_runs(client, experiment)
    version = _of_digest(client, entry)
    if version is not None:
        _complete(client, version, entry)
    else:
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            # A model that fails its test fails here, before the registry hears of it.
            write_model(Path(folder) / "model")
            version = _new_version(client, experiment, entry, Path(folder) / "model")
    for name, value in entry.forced.items():
        client.set_model_version_tag(entry.registered_model, version.version, name, value)
    promotions.promote(client, entry.registered_model, entry.promotion(str(version.version)))
    _finish_run(client, version)
    logger.info("%s@%s is version %s", entry.registered_model, entry.alias, version.version)
    return version


def _check_not_withdrawn(client: MlflowClient, entry: Entry) -> None:
    """Refuses what evaluate could not know of: a withdrawal while the run was under way."""
    try:
        log = promotions.read_all(client, entry.registered_model)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return
    withdrawal = promotions.withdrawn(log, entry.alias).get(entry.digest)
    if withdrawal and not entry.forced:
        raise InputError(
            withdrawal.told,
            where=f"model {entry.digest}", mend='evaluate it with --force "WHO: WHY"',
        )  # fmt: skip


def _new_version(client: MlflowClient, experiment: str, entry: Entry, model: Path) -> ModelVersion:
    run = client.create_run(experiment, run_name="push", tags={SOURCE_NAME: SOURCE}).info
    # Whatever ends this process early leaves a killed run and not one that runs for ever.
    client.update_run(run.run_id, "KILLED")
    now = int(time.time() * 1000)
    client.log_batch(
        run.run_id,
        metrics=[Metric(name, value, now, 0) for name, value in entry.metrics.items()],
        params=[Param(name, value) for name, value in entry.tags.items()],
    )
    for name, folder in {"model": model, **entry.folders}.items():
        client.log_artifacts(run.run_id, str(folder), name)
    _create_registered_model(client, entry.registered_model)
    return client.create_model_version(
        entry.registered_model, source=f"{run.artifact_uri}/model", run_id=run.run_id,
        tags={**entry.tags, DIGEST: entry.digest}, description=entry.description,
    )  # fmt: skip


def _complete(client: MlflowClient, version: ModelVersion, entry: Entry) -> None:
    """Adds the folders that a version's run lacks: an earlier push kept fewer."""
    if _run_of(client, version) is None:
        return
    for name, folder in entry.folders.items():
        if not client.list_artifacts(version.run_id, name):
            client.log_artifacts(version.run_id, str(folder), name)


def _close_dead_runs(client: MlflowClient, experiment: str) -> None:
    """Marks runs killed that a process created and died.

    A push that is under way loses nothing: it does the same as soon as it has created its run.
    """
    running = f"attributes.status = 'RUNNING' and tags.`{SOURCE_NAME}` = '{SOURCE}'"
    for run in client.search_runs([experiment], running):
        client.update_run(run.info.run_id, "KILLED")


def _run_of(client: MlflowClient, version: ModelVersion) -> Run | None:
    """Returns a version's run; None where somebody deleted it, which the version outlives."""
    try:
        return client.get_run(version.run_id)
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        return None


def _finish_run(client: MlflowClient, version: ModelVersion) -> None:
    run = _run_of(client, version)
    if run and run.info.status == "KILLED" and run.data.tags.get(SOURCE_NAME) == SOURCE:
        client.set_terminated(version.run_id, "FINISHED")


def _experiment(client: MlflowClient, uri: str) -> str:
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is None:
        return str(client.create_experiment(EXPERIMENT, artifact_location(uri)))
    if found.lifecycle_stage != "active":
        raise InputError(
            f"experiment {EXPERIMENT!r} is deleted", where=_shown(uri),
            mend=f"mlflow experiments restore --experiment-id {found.experiment_id}",
        )  # fmt: skip
    return str(found.experiment_id)


def artifact_location(uri: str) -> str | None:
    """Returns where a new experiment keeps its files; None leaves it to the server.

    MLflow would put those of an sqlite store into the directory the command happens to run in.
    """
    database = _sqlite_file(uri)
    return (database.parent / "artifacts").as_uri() if database else None


def _sqlite_file(uri: str) -> Path | None:
    scheme, separator, path = uri.partition(":///")
    if not separator or scheme.split("+")[0] != "sqlite":
        return None
    return Path(path.partition("?")[0]).resolve()


def _create_registered_model(client: MlflowClient, name: str) -> None:
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _of_digest(client: MlflowClient, entry: Entry) -> ModelVersion | None:
    found = client.search_model_versions(
        f"name = '{entry.registered_model}' and tags.{DIGEST} = '{entry.digest}'", max_results=1
    )
    return found[0] if found else None
