"""Writes a run to MLflow: one run, a nested run per task. Locally this is the only writer."""

import contextlib
import fcntl
import json
import logging
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sentiment_common.artifacts import MANIFEST
from sentiment_common.errors import InputError
from sentiment_common.tracking import Recorded, recorded
from sentiment_pipelines.environments import VAR
from sentiment_pipelines.runs import TaskRecord

EXPERIMENT = "sentiment"
RUN_TAG = "sentiment.run"
LONGEST_DIGEST = 36
"""MLflow keeps no more characters of a dataset's digest."""
KEPT = ("report", "*/evaluation.json", "*/blessing.json", "*/anomalies.json", "*/summary.json")
"""Files of a task that are copied to the tracking server; the data themselves are not."""


def settings() -> dict[str, str]:
    """Returns MLflow's environment variables: a sqlite store under ``var`` unless one is named."""
    store = VAR / "mlflow"
    store.mkdir(parents=True, exist_ok=True)
    return {
        "MLFLOW_TRACKING_URI": os.environ.get("MLFLOW_TRACKING_URI")
        or f"sqlite:///{store / 'mlflow.db'}",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        # MLflow's own seven retries keep a mistyped address silent for minutes.
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": os.environ.get("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2"),
    }


def connect() -> Any:
    """Returns a client of the tracking server.

    Raises:
        InputError: It does not answer.
    """
    os.environ.update(settings())
    import mlflow  # takes seconds, and not every command needs it
    from mlflow.exceptions import MlflowException

    logging.getLogger("mlflow").setLevel(logging.WARNING)  # it tells of every table it creates
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        with _alone():
            client = mlflow.MlflowClient(os.environ["MLFLOW_TRACKING_URI"])
            client.get_experiment_by_name(EXPERIMENT)
    except MlflowException as error:
        raise InputError(
            f"the tracking server does not answer ({str(error)[:200]})",
            where="MLFLOW_TRACKING_URI",
            mend="start it, or unset the variable to use a file under var/",
        ) from error
    return client


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Waits for other runs under this ``var``: two would set up the same new store at once."""
    store = VAR / "mlflow"
    store.mkdir(parents=True, exist_ok=True)
    with (store / "lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


class Tracker:
    """Records parameters, metrics by step, digests and outcomes of a run.

    Args:
        client: An ``mlflow.MlflowClient``.
        run: Name of the run.
        parameters: What the run was given.
        tags: Further facts, e.g. the code revision.
    """

    def __init__(
        self, client: Any, run: str, parameters: Mapping[str, Any], tags: Mapping[str, str]
    ) -> None:
        self._client = client
        with _alone():
            self._experiment = _experiment(client)
        self.id = client.create_run(
            self._experiment, run_name=run, tags={**tags, RUN_TAG: run}
        ).info.run_id
        self._log(self.id, Recorded(parameters=dict(parameters)), {})

    def finished(self, record: TaskRecord) -> None:
        """Writes a task's record into a nested run."""
        client = self._client
        tags = {"mlflow.parentRunId": self.id, "sentiment.image": record.image, **_tags(record)}
        begin = int((time.time() - record.seconds) * 1000)
        nested = client.create_run(
            self._experiment, begin, run_name=record.name, tags=tags
        ).info.run_id
        manifests = dict(_manifests(record.folder))
        first = next(iter(manifests), None)
        told = recorded(record.folder / first) if first else Recorded()
        self._log(nested, told, {"seconds": record.seconds})
        self._log_datasets(nested, manifests)
        if not record.reused_from:
            for pattern in KEPT:
                for path in sorted(record.folder.glob(pattern)):
                    client.log_artifact(nested, str(path))
        client.set_terminated(nested, "FAILED" if record.exit_code else "FINISHED")

    def close(self, status: str, outcome: str) -> None:
        """Ends the run with MLflow's status and our outcome (``pushed``, ``refused``, ...)."""
        self._client.set_tag(self.id, "sentiment.outcome", outcome)
        self._client.set_terminated(self.id, status)

    def _log(self, run: str, told: Recorded, more: Mapping[str, float]) -> None:
        from mlflow.entities import Metric, Param

        now = int(time.time() * 1000)
        metrics = [Metric(it.name, it.value, it.milliseconds, it.step) for it in told.metrics]
        metrics += [Metric(name, value, now, 0) for name, value in more.items()]
        params = [Param(name, str(value)) for name, value in told.parameters.items()]
        self._client.log_batch(run, metrics, params)
        if told.trials:
            self._client.log_dict(run, {"trials": told.trials}, "trials.json")

    def _log_datasets(self, run: str, manifests: Mapping[str, Mapping[str, Any]]) -> None:
        """Names the data a task worked on: input artifacts, and sources from outside."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        inputs: dict[str, tuple[str, str]] = {}
        for manifest in manifests.values():
            for name, digest in manifest.get("inputs", {}).items():
                inputs[name] = (digest, "artifact")
            for source in manifest.get("sources", ()):
                inputs[source["uri"]] = (source["sha256"], "source")
        listed = [
            DatasetInput(
                Dataset(
                    name, digest.removeprefix("sha256:")[:LONGEST_DIGEST], kind,
                    json.dumps({"uri": name, "digest": digest}),
                ),
                [InputTag("mlflow.data.context", kind)],
            )
            for name, (digest, kind) in sorted(inputs.items())
        ]  # fmt: skip
        if listed:
            self._client.log_inputs(run, listed)


def _manifests(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(folder.glob(f"*/{MANIFEST}")):
        yield path.parent.name, json.loads(path.read_text())


def _tags(record: TaskRecord) -> dict[str, str]:
    tags = {f"sentiment.{name}": str(value) for name, value in record.results.items()}
    for name, manifest in _manifests(record.folder):
        tags[f"sentiment.digest.{name}"] = manifest.get("digest", "")
        tags["sentiment.code"] = manifest.get("code", "")
    if record.key:
        tags["sentiment.key"] = record.key
    if record.reused_from:
        tags["sentiment.reused_from"] = record.reused_from
    return tags


def close_dead(client: Any, run: str) -> None:
    """Ends whatever MLflow still believes to be running of a run that was killed."""
    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is None:
        return
    at = [experiment.experiment_id]
    for parent in client.search_runs(at, f"tags.`{RUN_TAG}` = '{run}'"):
        children = client.search_runs(at, f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'")
        for found in (*children, parent):
            if found.info.status == "RUNNING":
                client.set_tag(found.info.run_id, "sentiment.outcome", "killed")
                client.set_terminated(found.info.run_id, "FAILED")


def _experiment(client: Any) -> str:
    known = client.get_experiment_by_name(EXPERIMENT)
    if known is not None:
        return str(known.experiment_id)
    local = os.environ["MLFLOW_TRACKING_URI"].startswith("sqlite:")
    location = (VAR / "mlflow" / "artifacts").as_uri() if local else None
    return str(client.create_experiment(EXPERIMENT, artifact_location=location))
