"""A prediction over HTTP is traced by its X-Request-Id, and its training row back to it."""

import csv
import json
import os
import re
import shutil
import subprocess
import time

import httpx
import mlflow
import pytest

from sentiment_common import promotions
from sentiment_common.artifacts import MODEL, Manifest, payload_digest, write_json, write_manifest
from sentiment_common.promotions import Promotion
from sentiment_pipelines import keys
from sentiment_pipelines.cache import Cache
from sentiment_pipelines.environments import process_environment, rooms, sync
from tests.system.service import served

RUN = "20260101-120000-000"
THINGS = ("good", "bad", "fine", "poor", "great", "sad", "loud", "slow", "quick", "late")
ROWS = [
    (f"{label}-{thing}", f"{start} {thing}", label)
    for label, start in (("negative", "not"), ("neutral", "some"), ("positive", "very"))
    for thing in THINGS
]


@pytest.fixture(scope="module")
def var(tmp_path_factory):
    """The state of a machine: the service's model was trained in a run, pushed and promoted."""
    folder = tmp_path_factory.mktemp("var")
    with served(folder) as address:
        examples = ingest(folder)
        digest = train(folder, examples)
        push(folder, digest)
        yield folder, address, digest


def ingest(folder):
    """Has the real stage make examples."""
    room, task = rooms()["ingest"], folder / f"runs/{RUN}/tasks/training/ingest"
    sync(room)
    task.mkdir(parents=True)
    with (folder / "reviews.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("id", "text", "label"), *ROWS])
    command = [
        room.environment / "bin" / "sentiment-ingest", "--source", folder / "reviews.csv",
        "--id-column", "id", "--text-column", "text", "--label-column", "label",
        "--out-examples", task / "examples",
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    keep(folder, task)
    return json.loads((task / "examples" / "artifact.json").read_text())["digest"]


def train(folder, examples):
    """Puts the served bundle into the run, as trained on the examples."""
    task = folder / f"runs/{RUN}/tasks/training/train-baseline"
    shutil.copytree(folder / "words", task / "model")
    digest = payload_digest(task / "model")
    inputs = {"examples": examples}
    write_manifest(
        task / "model", Manifest(MODEL.name, MODEL.schema_version, "words", "1", digest, inputs)
    )
    keep(folder, task)
    facts = {"status": "finished", "outcome": "pushed", "revision": "b" * 40, "data": []}
    write_json(folder / f"runs/{RUN}/run.json", facts)
    return digest


def keep(folder, task):
    write_json(task / "executor_output.json", {"parameterValues": {}, "artifacts": {}})
    key = keys.key(task.name, "interface", {}, {}, keys.Identity({}, "1" * 64, "3.11.7"))
    Cache(folder / "runs").keep(task.name, key, RUN, 1.0, task)


def push(folder, digest):
    (folder / "mlflow").mkdir()
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow/mlflow.db")
    experiment = client.create_experiment("sentiment", (folder / "mlflow" / "artifacts").as_uri())
    client.create_registered_model("sentiment")
    run = client.create_run(experiment).info.run_id
    tags = {"digest": digest, "candidate": "baseline", "sentiment.run": RUN}
    client.create_model_version("sentiment", (folder / "words").as_uri(), run, tags)
    begun = Promotion("2026-01-01T13:00:00Z", "champion", promotions.PUSH, "1", digest)
    promotions.promote(client, "sentiment", begun)


def trace(folder, *words):
    """Runs the command as a person does; returns its page in one line."""
    room = rooms()["pipelines"]
    environment = {**process_environment(room), "SENTIMENT_VAR": str(folder)}
    environment.pop("MLFLOW_TRACKING_URI", None)
    command = [room.environment / "bin" / "sentiment-pipelines", "trace", *words]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return re.sub(r"\s+", " ", done.stdout)


def test_a_prediction_is_traced_to_its_rows_and_a_row_to_the_prediction(var):
    folder, address, digest = var
    answer = httpx.post(f"{address}/predict", json={"text": "not so good"})
    request, label = answer.headers["x-request-id"], answer.json()["predictions"][0]["label"]
    feedback = {"request_id": request, "label": "negative", "by": "agent"}
    httpx.post(f"{address}/feedback", json=feedback).raise_for_status()
    time.sleep(1.5)  # the log is on the disk within a second

    page = trace(folder, "--request", request, "--show-texts")
    assert f"label {label} (" in page and "text not so good (redacted)" in page
    assert f"model words, {digest}" in page
    assert "it was then champion, since 2026-01-01 13:00:00 UTC (push)" in page
    assert "feedback negative, by agent" in page
    assert f"run {RUN}" in page and "b" * 40 in page
    assert f"source {folder}/reviews.csv, " in page
    row = re.search(r"0\.\d\d \w+ ([\w-]+) reviews", page)[1]

    back = trace(folder, "--row", row)
    assert "train split" in back
    assert re.search(
        rf"1 baseline {digest[7:19]} champion 2026-01-01 13:00 and is 1 \d+.0% of 1", back
    )
    version = trace(folder, "--version", "1")
    assert f"answered 1 texts, {time.strftime('%Y')}" in version
    assert f"labels {label} 100.0%" in version
    assert os.fspath(folder) in trace(folder, "--data", f"{folder}/reviews.csv")
