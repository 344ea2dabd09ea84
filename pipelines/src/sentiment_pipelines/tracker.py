"""Writes a run to MLflow: one run, a nested run per task. Locally this is the only writer."""

import logging
import os
from collections.abc import Mapping
from typing import Any

from sentiment_common.artifacts import MANIFEST
from sentiment_common.tracking import replay
from sentiment_pipelines.environments import VAR
from sentiment_pipelines.runs import Run, TaskRecord

EXPERIMENT = "sentiment"


def settings() -> dict[str, str]:
    """Returns MLflow's environment variables: a sqlite store under ``var`` unless one is named."""
    store = VAR / "mlflow"
    store.mkdir(parents=True, exist_ok=True)
    return {
        "MLFLOW_TRACKING_URI": os.environ.get("MLFLOW_TRACKING_URI")
        or f"sqlite:///{store / 'mlflow.db'}",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


def connect() -> Any:
    """Returns a client of the tracking server."""
    os.environ.update(settings())
    import mlflow  # takes seconds, and only a run needs it

    logging.getLogger("mlflow").setLevel(logging.WARNING)  # it tells of every table it creates
    return mlflow.MlflowClient(os.environ["MLFLOW_TRACKING_URI"])


class Tracker:
    """An observer that records parameters, metrics by step and outcomes of a run.

    Args:
        client: An ``mlflow.MlflowClient``.
        run: The run to record.
        parameters: What the run was given.
    """

    def __init__(self, client: Any, run: Run, parameters: Mapping[str, Any]) -> None:
        self._client = client
        self._experiment = _experiment(client)
        self._id = client.create_run(self._experiment, run_name=run.id).info.run_id
        for name, value in parameters.items():
            client.log_param(self._id, name, value)
        client.set_tag(self._id, "sentiment.run", run.id)

    def started(self, task: str) -> None:
        """Nothing is known yet: a task is written when it has ended."""

    def line(self, task: str, text: str) -> None:
        """Log lines stay in the task's log."""

    def finished(self, record: TaskRecord) -> None:
        """Replays what the task recorded beside its artifact into a nested run."""
        client = self._client
        tags = {"mlflow.parentRunId": self._id, "sentiment.image": record.image}
        nested = client.create_run(self._experiment, run_name=record.name, tags=tags).info.run_id
        first = next(iter(sorted(record.folder.glob(f"*/{MANIFEST}"))), None)
        if first:
            replay(first.parent, client, nested)
        for name, value in record.results.items():
            client.set_tag(nested, f"sentiment.{name}", value)
        client.log_metric(nested, "seconds", record.seconds)
        client.set_terminated(nested, "FAILED" if record.exit_code else "FINISHED")

    def close(self, status: str, outcome: str) -> None:
        """Ends the run with MLflow's status and our outcome (``pushed``, ``refused``, ...)."""
        self._client.set_tag(self._id, "sentiment.outcome", outcome)
        self._client.set_terminated(self._id, status)


def _experiment(client: Any) -> str:
    known = client.get_experiment_by_name(EXPERIMENT)
    if known is not None:
        return str(known.experiment_id)
    local = os.environ["MLFLOW_TRACKING_URI"].startswith("sqlite:")
    location = (VAR / "mlflow" / "artifacts").as_uri() if local else None
    return str(client.create_experiment(EXPERIMENT, artifact_location=location))
