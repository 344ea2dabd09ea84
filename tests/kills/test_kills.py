"""SIGKILL at every stage: the next run goes on from there and comes to the same end."""

import json
import signal
import time
from pathlib import Path

import mlflow
import pytest

from sentiment_common.artifacts import Kind, payload_digest, read_intact

STAGES = (
    "ingest", "validate", "transform", "train-baseline", "train-deep", "train-transfer",
    "train-ensemble", "evaluate", "push",
)  # fmt: skip
SECONDS = 300


@pytest.fixture(scope="module")
def var(make_var):
    return make_var("killed")


@pytest.fixture(scope="module")
def undisturbed(make_var):
    var = make_var("undisturbed")
    done = var.run()
    assert done.returncode == 0, done.stdout + done.stderr
    return var


def wait_for(condition, process):
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)


def kill_in(var, stage):
    """Kills a run in the middle of a stage; for train-deep when it has done an epoch."""
    before = var.latest if (var.folder / "runs" / "latest").exists() else None
    with var.start() as process:
        wait_for(
            lambda: (
                (var.folder / "runs" / "latest").exists()
                and var.latest != before
                and (var.latest / "logs" / f"{stage}.log").is_file()
            ),
            process,
        )
        if stage == "train-deep":
            wait_for(lambda: list((var.folder / "checkpoints").rglob("checkpoint.json")), process)
        process.send_signal(signal.SIGKILL)
    return var.latest


def manifests(var):
    return {
        name: json.loads((folder / "artifact.json").read_text())
        for name, folder in var.artifacts().items()
    }


@pytest.mark.parametrize("stage", STAGES)
def test_a_run_killed_in_a_stage_keeps_all_that_was_whole_and_nothing_else(var, stage):
    killed = kill_in(var, stage)
    done = {path.parent.name for path in killed.glob("tasks/*/*/task.json")}
    assert stage not in done
    for folder in var.artifacts().values():
        manifest = json.loads((folder / "artifact.json").read_text())
        read_intact(folder, Kind(manifest["kind"], manifest["schema_version"]))
    if stage in STAGES[STAGES.index("train-deep") :]:
        assert {"ingest", "validate", "transform"} <= done
    reused = {
        path.parent.name
        for path in killed.glob("tasks/*/*/task.json")
        if json.loads(path.read_text())["run"] != killed.name
    }
    before = STAGES[: max(0, STAGES.index(stage) - 1)]  # all that an earlier kill had let finish
    assert {it for it in before if not it.startswith("train-")} <= reused


def test_the_next_run_goes_on_from_there_and_makes_the_same_model(var, undisturbed):
    done = var.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "was killed; it is closed now" in done.stdout
    made, expected = manifests(var), manifests(undisturbed)
    for name in ("ingest/examples", "transform/transform_graph", "train-baseline/model"):
        assert made[name]["digest"] == expected[name]["digest"], name
    assert made["train-deep/model"]["digest"] == expected["train-deep/model"]["digest"]
    assert made["evaluate/model"]["digest"] == expected["evaluate/model"]["digest"]


def test_training_went_on_from_an_epoch_that_was_whole(var):
    logs = [path.read_text() for path in sorted(var.folder.glob("runs/*/logs/train-deep.log"))]
    assert any("continuing after epoch" in log for log in logs)
    assert not list(var.folder.glob("checkpoints/*")), "they are removed after success"


def test_no_run_stays_running_and_the_model_is_registered_once(var):
    states = [json.loads(path.read_text()) for path in var.folder.glob("runs/*/run.json")]
    assert sorted({state["status"] for state in states}) == ["finished", "killed"]
    client = mlflow.MlflowClient(f"sqlite:///{var.folder}/mlflow/mlflow.db")
    at = [client.get_experiment_by_name("sentiment").experiment_id]
    assert {run.info.status for run in client.search_runs(at)} <= {"FINISHED", "KILLED", "FAILED"}
    assert len(client.search_model_versions("name = 'sentiment'")) == 1


def test_no_process_of_a_killed_run_is_left(var):
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert str(var.folder) not in path.read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked


def test_what_was_reused_is_what_it_was(var):
    for folder in var.artifacts().values():
        manifest = json.loads((folder / "artifact.json").read_text())
        assert payload_digest(folder, manifest["named"]) == manifest["digest"]
