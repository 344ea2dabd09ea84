"""What a stage tells a tracking server; the tests of the whole house show it with a real MLflow."""

import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common import mlflow_api, tracking_server
from sentiment_common.artifacts import EXAMPLES, STATISTICS, read_manifest
from sentiment_common.mlflow_api import Server, ServerError
from sentiment_common.tracking import Measurement, Recorded, TrackingLog
from sentiment_common.tracking_server import Ended


class Store:
    """Keeps what it is told as MLflow's REST API has it; an answer for ``http``."""

    def __init__(self):
        self.experiment, self.runs, self.files, self.bodies = None, {}, {}, []
        self.numbers = itertools.count()
        self.artifacts = "mlflow-artifacts:/1/{}/artifacts"

    def __call__(self, request):
        path = request.path.partition("?")[0].removeprefix("/api/2.0/")
        if request.method == "PUT":
            self.files[path.removeprefix("mlflow-artifacts/artifacts/")] = request.body
            return 200, {}
        path = path.removeprefix("mlflow/")
        body = json.loads(request.body) if request.body else {}
        self.bodies.append((path, body))
        return getattr(self, "_" + re.sub(r"\W", "_", path))(body)

    def _experiments_get_by_name(self, body):
        if self.experiment is None:
            return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no experiment"}
        return 200, {"experiment": {"experiment_id": self.experiment}}

    def _experiments_create(self, body):
        self.experiment = "1"
        return 200, {"experiment_id": "1"}

    def _runs_create(self, body):
        id_ = f"r{next(self.numbers)}"
        info = {
            "run_id": id_, "run_name": body["run_name"], "start_time": body["start_time"],
            "status": "RUNNING", "artifact_uri": self.artifacts.format(id_),
        }  # fmt: skip
        run = {"info": info, "data": {"tags": body["tags"], "params": [], "metrics": []}}
        self.runs[id_] = {**run, "inputs": []}
        return 200, {"run": run}

    def _runs_search(self, body):
        name = body["filter"].split("'")[1]
        found = [it for it in self.runs.values() if self.tags(it).get("sentiment.run") == name]
        return 200, {"runs": found} if found else {}

    def _runs_update(self, body):
        self.runs[body["run_id"]]["info"].update(body)
        return 200, {}

    def _runs_delete(self, body):
        del self.runs[body["run_id"]]
        return 200, {}

    def _runs_set_tag(self, body):
        self.runs[body["run_id"]]["data"]["tags"].append(body)
        return 200, {}

    def _runs_log_batch(self, body):
        for name in ("tags", "params", "metrics"):
            self.runs[body["run_id"]]["data"][name] += body[name]
        return 200, {}

    def _runs_log_inputs(self, body):
        self.runs[body["run_id"]]["inputs"] += body["datasets"]
        return 200, {}

    @staticmethod
    def tags(run):
        return {it["key"]: it["value"] for it in run["data"]["tags"]}

    def named(self, name):
        (found,) = [it for it in self.runs.values() if it["info"]["run_name"] == name]
        return found

    def status(self, name):
        return self.named(name)["info"]["status"]


@pytest.fixture
def store(http):
    http.answer = Store()
    return http.answer


@pytest.fixture
def server(http, store):
    return Server(http.address)


def environment(address, run="", **more):
    kept = {name: value for name, value in os.environ.items() if "MLFLOW" not in name}
    return {**kept, "SENTIMENT_TRACKING_SERVER": address, "SENTIMENT_RUN": run, **more}


def line(word_count, examples, out, *more):
    return [
        sys.executable, word_count.__file__, "--examples", str(examples),
        "--out-statistics", str(out / "statistics"), "--out-report", str(out / "report"), *more,
    ]  # fmt: skip


@pytest.fixture
def run_stage(word_count, examples, tmp_path):
    """Runs the small stage as a command."""

    def run(variables, *more):
        command = line(word_count, examples, tmp_path / "out", *more)
        return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)

    return run


def ended(name="ingest", status="FINISHED", begin=100.0):
    reason = "" if status == "FINISHED" else "it broke"
    return Ended(f"sentiment-{name}", begin, status, reason, {})


def test_a_stage_becomes_a_nested_run_with_digests_parameters_and_figures(
    http, store, run_stage, examples, tmp_path
):
    variables = environment(http.address, "run-1", SENTIMENT_IMAGE="count:1.2.3")
    done = run_stage(variables, "--scale", "0.5")
    assert (done.returncode, done.stderr) == (0, "")
    parent, run = store.named("run-1"), store.named("common")
    assert store.tags(parent)["sentiment.run"] == "run-1"
    manifest = read_manifest(tmp_path / "out" / "statistics", STATISTICS)
    assert store.tags(run) == {
        "mlflow.parentRunId": parent["info"]["run_id"],
        "sentiment.words": "4",
        "sentiment.verdict": "many",
        "sentiment.digest.statistics": manifest.digest,
        "sentiment.code": manifest.code,
        "sentiment.image": "count:1.2.3",
    }
    parameters = {it["key"]: it["value"] for it in run["data"]["params"]}
    assert parameters == {"at_least": "3", "scale": "0.5", "upper": "False", "outcome": "done"}
    assert [it["key"] for it in run["data"]["metrics"]] == ["words", "seconds"]
    assert run["info"]["status"] == parent["info"]["status"] == "FINISHED"
    (dataset,) = run["inputs"]
    digest = read_manifest(examples, EXAMPLES).digest
    assert dataset["dataset"]["name"] == "examples"
    assert json.loads(dataset["dataset"]["source"])["digest"] == digest
    kept = {Path(name).name: content for name, content in store.files.items()}
    assert kept == {"report.html": b"<p>4</p>"}


def test_where_no_server_is_named_none_is_told(http, store, run_stage):
    assert run_stage(environment("")).returncode == 0
    assert http.requests == []


def test_a_stage_that_runs_alone_has_no_parent(http, store, run_stage):
    assert run_stage(environment(http.address)).returncode == 0
    (run,) = store.runs.values()
    assert "mlflow.parentRunId" not in store.tags(run)


@pytest.mark.parametrize(
    ("outcome", "code", "reason"),
    [
        ("refuse", 2, "text.txt, row 1: no words of use; write some"),
        ("bug", 1, "ZeroDivisionError: a bug"),
    ],
)
def test_a_stage_that_fails_is_a_failed_run_with_its_reason(
    http, store, run_stage, outcome, code, reason
):
    done = run_stage(environment(http.address), "--outcome", outcome)
    assert done.returncode == code
    run = store.named("common")
    assert store.tags(run)["sentiment.reason"] == reason
    assert {"key": "outcome", "value": outcome} in run["data"]["params"]
    assert store.status("common") == "FAILED"


def test_a_stage_that_is_stopped_is_a_killed_run(http, store, word_count, examples, tmp_path):
    command = line(word_count, examples, tmp_path / "out", "--outcome", "wait")
    variables = environment(http.address)
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 128 + signal.SIGTERM
    assert store.status("common") == "KILLED"
    assert store.tags(store.named("common"))["sentiment.reason"] == "it was stopped from outside"


def test_a_server_that_is_not_there_costs_one_line_and_no_result(run_stage, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        done = run_stage(environment(f"http://127.0.0.1:{taken.getsockname()[1]}"))
    assert done.returncode == 0
    (warning,) = done.stderr.rstrip("\n").split("\n")
    assert "WARNING" in warning
    assert "was not told of this stage" in warning
    assert (tmp_path / "out" / "statistics" / "artifact.json").is_file()


def test_an_error_keeps_its_line_and_code_where_the_server_fails_too(http, run_stage):
    http.answer = lambda request: (403, {"error_code": "PERMISSION_DENIED", "message": "not you"})
    done = run_stage(environment(http.address), "--outcome", "refuse")
    assert done.returncode == 2
    warning, error = done.stderr.rstrip("\n").split("\n")
    assert "answers 403: not you" in warning
    assert error == "sentiment-common: text.txt, row 1: no words of use; write some"


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"SENTIMENT_TRACKING_SERVER": "sqlite:///x.db"}, "no http or https address"),
        ({"SENTIMENT_RUN": "it's"}, "has quotes in it"),
    ],
)
def test_a_setting_that_cannot_work_is_said_before_the_stage_runs(
    http, run_stage, tmp_path, variables, message
):
    done = run_stage({**environment(http.address), **variables})
    assert done.returncode == 2
    assert message in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_stages_of_a_pipeline_share_the_oldest_run_of_its_name(server, store):
    tracking_server.tell(server, "run-1", ended("ingest", begin=100))
    tracking_server.tell(server, "run-1", ended("validate", begin=200))
    parents = {store.tags(run).get("mlflow.parentRunId") for run in store.runs.values()}
    assert parents == {None, "r0"}
    assert store.named("run-1")["info"]["run_id"] == "r0"


def test_of_two_that_were_created_at_once_the_older_stays(http, server, store):
    older = {"run_name": "run-1", "start_time": 1, "experiment_id": "1"}
    older["tags"] = [{"key": "sentiment.run", "value": "run-1"}]

    def with_a_rival(request):
        answer = store(request)
        if request.path.endswith("runs/create") and len(store.runs) == 1:
            store._runs_create(older)  # another stage, in the middle of ours
        return answer

    http.answer = with_a_rival
    tracking_server.tell(server, "run-1", ended("train-deep"))
    parent = store.named("run-1")["info"]
    assert (parent["run_id"], parent["start_time"]) == ("r1", 1)
    assert store.tags(store.named("train-deep"))["mlflow.parentRunId"] == "r1"


def test_an_experiment_that_another_stage_has_just_created_is_used(http, server, store):
    def create(body):
        store.experiment = "9"
        return 400, {"error_code": "RESOURCE_ALREADY_EXISTS", "message": "there is one"}

    store._experiments_create = create
    tracking_server.tell(server, "", ended())
    (created,) = [body for path, body in store.bodies if path == "runs/create"]
    assert created["experiment_id"] == "9"


def test_a_run_fails_with_a_stage_and_recovers_only_with_the_same_stage(server, store):
    for name, status, expected in (
        ("ingest", "FINISHED", "FINISHED"),
        ("train-baseline", "FAILED", "FAILED"),
        ("train-deep", "FINISHED", "FAILED"),
    ):
        tracking_server.tell(server, "run-1", ended(name, status))
        assert store.status("run-1") == expected
    rerun = ended("train-baseline")
    tracking_server._write(server, "run-1", rerun)
    assert store.status("run-1") == "FINISHED"


def test_whatever_ends_the_replay_early_leaves_no_run_that_runs_for_ever(http, server, store):
    def breaking_off(request):
        return (400, {}) if request.path.endswith("log-batch") else store(request)

    http.answer = breaking_off
    tracking_server.tell(server, "", ended())
    assert store.status("ingest") == "KILLED"


def test_trials_are_kept_as_a_file(server, store, tmp_path):
    log = TrackingLog()
    log.trial({"C": 1}, {"macro_f1": 0.6})
    log.write(tmp_path)
    manifest = {"digest": "sha256:1", "code": "sha256:2", "inputs": {}, "sources": []}
    (tmp_path / "artifact.json").write_text(json.dumps(manifest))
    stage = Ended("sentiment-train", 0, "FINISHED", "", {}, {"model": tmp_path})
    tracking_server.tell(server, "", stage)
    assert json.loads(store.files["1/r0/artifacts/trials.json"]) == {
        "trials": [{"parameters": {"C": 1}, "metrics": {"macro_f1": 0.6}}]
    }


def test_a_server_that_keeps_no_files_is_sent_none(server, store, tmp_path, caplog):
    store.artifacts = "s3://bucket/{}/artifacts"
    (tmp_path / "report").write_text("<p></p>")
    caplog.set_level("INFO")
    stage = Ended("sentiment-ingest", 0, "FINISHED", "", {}, {"report": tmp_path / "report"})
    tracking_server.tell(server, "", stage)
    assert store.files == {}
    assert "report.html stay here" in caplog.text
    assert store.status("ingest") == "FINISHED"


def test_a_server_that_takes_too_long_for_all_of_it_is_given_up(http, store, monkeypatch, caplog):
    monkeypatch.setattr(tracking_server, "SECONDS_IN_ALL", 0.0)
    tracking_server.tell(Server(http.address), "", ended())
    assert "takes too long" in caplog.text
    assert http.requests == []


def test_an_answer_that_never_helps_ends_in_a_server_error(http, server, store):
    there = (400, {"error_code": "RESOURCE_ALREADY_EXISTS", "message": "deleted, but there"})
    store._experiments_create = lambda body: there
    with pytest.raises(ServerError, match="neither there nor can it be created"):
        tracking_server._write(server, "", ended())


@given(metrics=st.integers(0, 2500), parameters=st.integers(0, 250), tags=st.integers(0, 250))
def test_batches_keep_mlflows_limits_and_lose_nothing(metrics, parameters, tags):
    told = Recorded(
        {f"p{at}": at for at in range(parameters)},
        [Measurement("loss", float(at), at, 0) for at in range(metrics)],
    )
    sent = list(tracking_server.batches(told, {f"t{at}": "x" for at in range(tags)}))
    for batch in sent:
        assert len(batch["metrics"]) <= 1000
        assert len(batch["params"]) <= 100
        assert len(batch["tags"]) <= 100
        assert sum(map(len, batch.values())) <= 1000
    assert [it["step"] for batch in sent for it in batch["metrics"]] == list(range(metrics))
    assert sum(len(batch["params"]) for batch in sent) == parameters
    assert sum(len(batch["tags"]) for batch in sent) == tags


@given(st.floats())
def test_every_number_is_valid_json(value):
    told = Recorded(metrics=[Measurement("loss", value, 0, 0)])
    (batch,) = tracking_server.batches(told, {})
    sent = json.loads(json.dumps(batch, allow_nan=False))["metrics"][0]["value"]
    assert repr(float(sent)) == repr(value)


def test_values_that_are_too_long_for_mlflow_are_cut():
    long = "ä" * 10_000
    (batch,) = tracking_server.batches(Recorded({"source": long}), {"sentiment.reason": long})
    assert len(batch["params"][0]["value"]) == 6000
    assert len(batch["tags"][0]["value"]) == 5000
    source = {"uri": long, "sha256": "0" * 64, "size": 1}
    (dataset,) = tracking_server.datasets({"examples": {"inputs": {}, "sources": [source]}})
    assert len(dataset["dataset"]["name"]) == 500
    assert len(dataset["dataset"]["digest"]) == 36


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(mlflow_api, "PAUSES", (0.01, 0.02))
    monkeypatch.setattr(tracking_server, "SECONDS_TO_SETTLE", 0.01)
