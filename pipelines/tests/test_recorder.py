"""The process that writes to MLflow, with a real store."""

import os
import subprocess
import sys
import time

import mlflow
import pytest

from sentiment_pipelines.recorder import Recorder
from sentiment_pipelines.runs import TaskRecord

RUN = """
import os, signal, sys
from sentiment_pipelines.recorder import Recorder
if __name__ == "__main__":
    recorder = Recorder()
    recorder.ask("begin", "killed-run", {}, {})
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"


@pytest.fixture
def recorder(store, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    recorder = Recorder()
    yield recorder
    recorder.stop()


def only(store, name):
    client = mlflow.MlflowClient(store)
    at = [client.get_experiment_by_name("sentiment").experiment_id]
    (found,) = client.search_runs(at, f"tags.`sentiment.run` = '{name}'")
    return found


def test_a_run_is_written_from_the_other_process(recorder, store, tmp_path):
    assert recorder.ask("champion", tmp_path / "champion") is None
    run = recorder.ask("begin", "whole-run", {"seed": 13}, {"mlflow.source.git.commit": "abc"})
    recorder.finished(TaskRecord("ingest", "i:1", tmp_path, tmp_path, tmp_path, 1.0, 0))
    recorder.close("FINISHED", "pushed")
    found = only(store, "whole-run")
    assert found.info.run_id == run
    assert (found.info.status, found.data.tags["sentiment.outcome"]) == ("FINISHED", "pushed")


def test_what_goes_wrong_there_is_raised_here_with_its_traceback(recorder, tmp_path):
    recorder.finished(TaskRecord("ingest", "i:1", tmp_path, tmp_path, tmp_path, 1.0, 0))
    with pytest.raises(RuntimeError, match="AttributeError"):
        recorder.ask("close", "FINISHED", "pushed")


def test_a_run_that_is_killed_is_closed_at_once(store, tmp_path):
    script = tmp_path / "run.py"
    script.write_text(RUN)
    environment = {**os.environ, "MLFLOW_TRACKING_URI": store}
    done = subprocess.run([sys.executable, str(script)], env=environment, check=False)
    assert done.returncode == -9
    deadline = time.monotonic() + 20
    while only(store, "killed-run").info.status == "RUNNING":
        assert time.monotonic() < deadline, "nobody closed the run"
        time.sleep(0.2)
    assert only(store, "killed-run").info.status == "KILLED"


def test_two_runs_may_begin_on_a_store_that_is_not_there_yet(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    both = [Recorder(), Recorder()]
    made = {it.ask("begin", f"run-{at}", {}, {}) for at, it in enumerate(both)}
    for it in both:
        it.close("FINISHED", "scored")
    assert len(made) == 2
