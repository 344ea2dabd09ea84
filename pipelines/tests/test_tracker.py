"""What a run leaves in MLflow, read back from a real store."""

import json

import pytest

from sentiment_common.artifacts import write_json
from sentiment_common.tracking import TrackingLog
from sentiment_pipelines import tracker
from sentiment_pipelines.runs import TaskRecord


@pytest.fixture
def record(tmp_path):
    """Makes the record of a task that has left a tracking log beside its artifact."""

    def record(exit_code=0, reused_from=""):
        model = tmp_path / "train-deep" / "model"
        model.mkdir(parents=True)
        log = TrackingLog()
        log.parameters({"epochs": 2})
        log.metrics({"loss": 0.9}, step=1)
        log.metrics({"loss": 0.5}, step=2)
        log.trial({"C": 1}, {"macro_f1": 0.6})
        log.write(model)
        manifest = {
            "digest": "sha256:model", "code": "sha256:code",
            "inputs": {"train_features": "sha256:features"},
            "sources": [{"uri": "vectors==1.0", "sha256": "f" * 64, "size": 3}],
        }  # fmt: skip
        write_json(model / "artifact.json", manifest)
        answer = {"parameterValues": {"verdict": "blessed"}, "artifacts": {}}
        (model.parent / "executor_output.json").write_text(json.dumps(answer))
        return TaskRecord(
            "train-deep", "sentiment-train-deep:0.1.0", model.parent, tmp_path / "log",
            tmp_path / "rerun", 1.5, exit_code, reused_from, "key",
        )  # fmt: skip

    return record


def nested(client, run_id):
    experiment = client.get_experiment_by_name("sentiment").experiment_id
    (found,) = client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{run_id}'")
    return found


def test_a_task_becomes_a_nested_run_with_its_metrics_by_step(client, record):
    recorder = tracker.Tracker(client, "run-1", {"seed": 13}, {"mlflow.source.git.commit": "abc"})
    recorder.finished(record())
    recorder.close("FINISHED", "pushed")

    parent = client.get_run(recorder.id)
    assert parent.info.status == "FINISHED"
    assert parent.data.params == {"seed": "13"}
    assert parent.data.tags["sentiment.outcome"] == "pushed"
    task = nested(client, recorder.id)
    assert task.info.status == "FINISHED"
    assert task.data.params == {"epochs": "2"}
    assert task.data.tags["sentiment.verdict"] == "blessed"
    history = client.get_metric_history(task.info.run_id, "loss")
    assert [(metric.step, metric.value) for metric in history] == [(1, 0.9), (2, 0.5)]
    assert [item.path for item in client.list_artifacts(task.info.run_id)] == ["trials.json"]


def test_a_task_is_recorded_with_its_code_its_data_and_what_it_made(client, record):
    recorder = tracker.Tracker(client, "run-3", {}, {})
    recorder.finished(record(reused_from="run-1"))
    recorder.close("FINISHED", "pushed")
    task = nested(client, recorder.id)
    assert task.data.tags["sentiment.digest.model"] == "sha256:model"
    assert task.data.tags["sentiment.code"] == "sha256:code"
    assert task.data.tags["sentiment.reused_from"] == "run-1"
    datasets = {it.dataset.name: it.dataset.digest for it in task.inputs.dataset_inputs}
    assert datasets == {"train_features": "features", "vectors==1.0": "f" * 36}


def test_a_killed_runs_open_runs_are_closed_as_failed(client, record):
    dead = tracker.Tracker(client, "run-4", {}, {})
    open_ = client.create_run("1", run_name="task", tags={"mlflow.parentRunId": dead.id})
    tracker.close_dead(client, "run-4")
    for run_id in (dead.id, open_.info.run_id):
        found = client.get_run(run_id)
        assert found.info.status == "FAILED"
        assert found.data.tags["sentiment.outcome"] == "killed"


def test_a_failed_task_is_a_failed_run(client, record):
    recorder = tracker.Tracker(client, "run-2", {}, {})
    recorder.finished(record(exit_code=1))
    recorder.close("FAILED", "failed")
    assert nested(client, recorder.id).info.status == "FAILED"
    assert client.get_run(recorder.id).info.status == "FAILED"


def test_a_named_tracking_server_wins_over_the_store_under_var(monkeypatch, tmp_path):
    monkeypatch.setattr(tracker, "VAR", tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking.example")
    assert tracker.settings()["MLFLOW_TRACKING_URI"] == "http://tracking.example"
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert tracker.settings()["MLFLOW_TRACKING_URI"] == f"sqlite:///{tmp_path}/mlflow/mlflow.db"
