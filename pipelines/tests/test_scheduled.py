"""What recurs in a cluster: the control plane's one decision, never from a cache."""

from google.protobuf import json_format

from sentiment_pipelines import cli, graph, scheduled
from sentiment_pipelines.compilation import compile_pipeline
from sentiment_pipelines.environments import rooms


def test_one_task_runs_the_control_plane_of_this_version_and_is_never_reused(tmp_path):
    compile_pipeline("scheduled", tmp_path / "scheduled.yaml")
    (task,) = graph.read(tmp_path / "scheduled.yaml", {})
    assert task.name == "retrain-check"
    assert task.image == f"sentiment-pipelines:{rooms()['pipelines'].version}"
    assert task.reusable is False
    assert graph.name(tmp_path / "scheduled.yaml") == "sentiment-retraining"


def test_its_command_is_one_of_the_command_line():
    made = json_format.MessageToDict(scheduled.scheduled.pipeline_spec)
    (executor,) = made["deploymentSpec"]["executors"].values()
    program, *words = executor["container"]["command"]
    assert program == "sentiment-pipelines"
    assert cli._parser().parse_args(words).backend == "kubeflow"
