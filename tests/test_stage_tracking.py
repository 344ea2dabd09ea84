"""A stage that no backend watches writes to a real MLflow server, and MLflow's client reads it."""

import json
import math
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mlflow
import pytest

from sentiment_common import tracking_server
from sentiment_common.artifacts import EXAMPLES, Source, read_manifest
from sentiment_common.mlflow_api import Server
from sentiment_common.tracking import TrackingLog
from sentiment_common.tracking_server import Ended
from sentiment_pipelines.environments import process_environment, rooms, sync

SECONDS_TO_START = 120


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A real server on a free port, with a store of its own."""
    folder = tmp_path_factory.mktemp("mlflow")
    room = rooms()["pipelines-ui"]
    sync(room)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(room.environment / "bin" / "mlflow"), "server", "--host", "127.0.0.1",
        "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination", (folder / "artifacts").as_uri(),
    ]  # fmt: skip
    environment = {**process_environment(room), "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (
        (folder / "server.log").open("w") as log,
        subprocess.Popen(
            command, env=environment, stdout=log, stderr=log, cwd=folder, start_new_session=True
        ) as process,
    ):
        try:
            _wait_for(f"http://127.0.0.1:{port}/health", process, folder / "server.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # its workers too; the store is thrown away


def _wait_for(url, process, log):
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="module")
def client(address):
    return mlflow.MlflowClient(address)


@pytest.fixture(scope="module")
def run_ingest(address, tmp_path_factory):
    """Runs ingest as a cluster would: nobody but the stage itself knows the server."""
    room = rooms()["ingest"]
    sync(room)

    def run(run, *flags):
        out = tmp_path_factory.mktemp("out") / "examples"
        command = [str(room.environment / "bin" / "sentiment-ingest"), "--out-examples", str(out)]
        environment = {
            **process_environment(room),
            "SENTIMENT_TRACKING_SERVER": address,
            "SENTIMENT_RUN": run,
        }
        done = subprocess.run(
            [*command, *flags], env=environment, capture_output=True, text=True, check=False
        )
        return done, out

    return run


@pytest.fixture(scope="module")
def ingested(run_ingest, feedback):
    columns = ("--text-column", "review", "--rating-column", "stars", "--seed", "7")
    done, out = run_ingest("run-1", "--source", str(feedback), *columns)
    assert done.returncode == 0, done.stderr
    return done, out


def parents(client, run):
    experiment = client.get_experiment_by_name("sentiment").experiment_id
    return client.search_runs([experiment], f"tags.`sentiment.run` = '{run}'")


def children(client, parent):
    at = [parent.info.experiment_id]
    return client.search_runs(at, f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'")


@pytest.fixture(scope="module")
def nested(client, ingested):
    (parent,) = parents(client, "run-1")
    (found,) = children(client, parent)
    return found


def test_the_stage_says_nothing_of_it_when_all_is_well(ingested):
    assert "WARNING" not in ingested[0].stderr


def test_it_is_a_finished_run_nested_in_the_run_of_its_pipeline(client, nested):
    (parent,) = parents(client, "run-1")
    assert (parent.info.run_name, parent.info.status) == ("run-1", "FINISHED")
    assert (nested.info.run_name, nested.info.status) == ("ingest", "FINISHED")
    assert nested.info.start_time <= nested.info.end_time


def test_it_has_the_parameters_and_figures_of_the_stage(client, ingested, nested):
    assert nested.data.params["seed"] == "7"
    assert nested.data.params["text_column"] == "review"
    rows = json.loads((ingested[1] / "summary.json").read_text())["rows"]
    assert nested.data.metrics["rows_train"] == rows["train"]
    assert nested.data.metrics["seconds"] > 0


def test_it_names_its_outputs_and_its_code_by_digest(ingested, nested):
    manifest = read_manifest(ingested[1], EXAMPLES)
    assert nested.data.tags["sentiment.digest.examples"] == manifest.digest
    assert nested.data.tags["sentiment.code"] == manifest.code


def test_data_from_outside_are_its_dataset_inputs(ingested, nested):
    sources = read_manifest(ingested[1], EXAMPLES).sources
    found = {it.dataset.name: it.dataset.digest for it in nested.inputs.dataset_inputs}
    assert found == {source.uri: source.sha256[:36] for source in sources}


def test_a_stage_that_fails_is_a_failed_run_with_the_line_it_ended_with(client, run_ingest):
    done, _ = run_ingest("run-2", "--source", "/nowhere.csv", "--text-column", "review")
    assert done.returncode == 2
    (parent,) = parents(client, "run-2")
    (failed,) = children(client, parent)
    assert failed.info.status == parent.info.status == "FAILED"
    assert done.stderr.rstrip("\n").endswith(failed.data.tags["sentiment.reason"])
    assert failed.data.params["source"] == "/nowhere.csv"


def test_stages_that_end_at_once_share_one_run(client, address):
    stages = [Ended(f"sentiment-s{at}", time.time(), "FINISHED", "", {}) for at in range(4)]
    with ThreadPoolExecutor(len(stages)) as pool:
        list(pool.map(lambda it: tracking_server.tell(Server(address), "run-3", it), stages))
    (parent,) = parents(client, "run-3")
    assert {it.info.run_name for it in children(client, parent)} == {f"s{at}" for at in range(4)}


def test_everything_a_long_training_records_arrives(client, address, tmp_path):
    log = TrackingLog()
    log.parameters({f"p{at}": at for at in range(150)})
    for epoch in range(1500):
        log.metrics({"loss": 1 / (epoch + 1)}, step=epoch)
    log.metrics({"broken": math.nan, "lost": math.inf})
    log.trial({"C": 1}, {"macro_f1": 0.6})
    model = tmp_path / "model"
    model.mkdir()
    log.write(model)
    source = Source("https://data.example/" + "x" * 600, "0" * 64, 1)
    manifest = {"digest": "sha256:1", "code": "sha256:2", "inputs": {"examples": "sha256:3"}}
    facts = {**manifest, "sources": [vars(source)]}
    (model / "artifact.json").write_text(json.dumps(facts))
    (tmp_path / "report").write_text("<p>größer</p>", encoding="utf-8")
    outputs = {"model": model, "report": tmp_path / "report"}
    stage = Ended("sentiment-train-deep", time.time(), "FINISHED", "", {}, outputs)
    tracking_server._write(Server(address), "run-4", stage)

    (run,) = children(client, parents(client, "run-4")[0])
    assert len(run.data.params) == 150
    history = client.get_metric_history(run.info.run_id, "loss")
    assert sorted(it.step for it in history) == list(range(1500))
    assert math.isnan(run.data.metrics["broken"])
    assert run.data.metrics["lost"] > 1e300
    assert len(run.inputs.dataset_inputs) == 2
    names = [it.path for it in client.list_artifacts(run.info.run_id)]
    assert names == ["report.html", "trials.json"]
    kept = mlflow.artifacts.download_artifacts(
        run_id=run.info.run_id, artifact_path="trials.json", tracking_uri=address
    )
    assert json.loads(Path(kept).read_text())["trials"][0]["parameters"] == {"C": 1}
