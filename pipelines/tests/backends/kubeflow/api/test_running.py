"""Runs in a cluster by the command line: what is sent, what is shown, what is brought home."""

import json
import os
import time

import pytest

from sentiment_common.artifacts import Manifest, payload_digest, write_json, write_manifest
from sentiment_pipelines import backends, cli, runs
from sentiment_pipelines.backends.kubeflow import running, submission, watch
from sentiment_pipelines.graph import TRAINING

CONF = """
extends = "kind"
[connection]
api = "{api}"
ui = "http://ui.example"
context = "here"
[images]
registry = "localhost:5001"
api = "{api}"
tags = "version"
[store]
endpoint = "{seaweed}"
prefix = "{prefix}"
[tracking]
server = ""
address = ""
"""
STORE = """
[store]
scheme = "minio"
bucket = "mlpipeline"
path_style = true
secrets.AWS_ACCESS_KEY_ID = "mlpipeline-minio-artifact/accesskey"
secrets.AWS_SECRET_ACCESS_KEY = "mlpipeline-minio-artifact/secretkey"
"""
FIGURE = {"value": 0.7, "low": 0.65, "high": 0.75}
METRICS = dict.fromkeys(
    ("macro_f1", "accuracy", "auc_ovr_macro", "expected_calibration_error"), FIGURE
)
STAGES = (
    "ingest", "validate", "ingest-2", "transform", "train-baseline", "train-deep",
    "train-transfer", "train-ensemble", "evaluate",
)  # fmt: skip


@pytest.fixture
def cluster(api, kubernetes, seaweed, keys, client, tmp_path, monkeypatch):
    """Names a cluster of the test's own, with what is in its secrets, and a ``var``."""
    access, secret = keys.values()
    api.secrets["mlpipeline-minio-artifact"] = {"accesskey": access, "secretkey": secret}
    for module in (runs, backends):
        monkeypatch.setattr(module, "VAR", tmp_path / "var")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "SENTIMENT_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", client.tracking_uri)
    soon = watch.Patience(between=0.01, pods=0.0, stuck=0.05, place=0.1, silence=1.0)
    monkeypatch.setattr(running, "Patience", lambda: soon)
    prefix = f"t{time.monotonic_ns()}"
    path = tmp_path / "mine.toml"
    path.write_text(CONF.format(api=api.address, seaweed=seaweed, prefix=prefix))
    monkeypatch.setenv("SENTIMENT_CONF", str(path))
    return f"minio://mlpipeline/{prefix}/runs"


@pytest.fixture
def command(cluster, capsys):
    """Types a command; returns its exit code and what it wrote."""

    def command(*words):
        with pytest.raises(SystemExit) as end:
            cli.main(words)
        return (end.value.code, *capsys.readouterr())

    return command


@pytest.fixture
def begun(api, cluster):
    """A run that was begun and left alone, of which the server knows."""
    run = runs.Run.begin({"parameters": {}, "pipeline": "training", "backend": "kubeflow"})
    (run.folder / "training.yaml").write_bytes(TRAINING.read_bytes())
    found = {
        "champion": "", "previous_examples": "", "previous_statistics": "", "alias": "champion",
    }  # fmt: skip
    facts = {
        "run": "run-1", "pipeline": "sentiment-training", "version": "v", "parameters": found,
        "link": "http://ui.example/#/runs/details/run-1", "root": cluster,
        "package": "training.yaml",
    }  # fmt: skip
    run.note(status=runs.SUBMITTED, environment=os.environ["SENTIMENT_CONF"], kubeflow=facts)
    reference = {"pipeline_id": "pipeline-1", "pipeline_version_id": "version-1"}
    for number in (0, 1):
        api.runs[f"run-{number}"] = {
            "run_id": f"run-{number}", "created_at": "2026-11-23T12:00:00Z",
            "experiment_id": "experiment-1", "pipeline_version_reference": reference,
            "runtime_config": {"parameters": {**found, "alias": f"of-{number}"}},
        }  # fmt: skip
    return run


@pytest.fixture
def laid(seaweed_client, cluster):
    """Lays an output of a task where Kubeflow lays it."""
    bucket, _, prefix = cluster.removeprefix("minio://").partition("/")

    def laid(task, output, content, run="run-1"):
        key = f"{prefix}/sentiment-training/{run}/{task}/6f0c/{output}"
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        seaweed_client.put_object(Bucket=bucket, Key=key, Body=body)

    return laid


@pytest.fixture
def judged(laid):
    """Lays what evaluate wrote, with a verdict."""

    def judged(verdict, run="run-1"):
        model = {
            "name": "linear",
            "digest": "sha256:1",
            "chosen": True,
            "test": {"metrics": METRICS},
        }
        laid(
            "evaluate", "evaluation/evaluation.json", {"rows": {"test": 9}, "models": [model]}, run
        )
        rule = {"section": "floor", "passed": verdict != "refused", "reason": "macro-F1 is 0.70"}
        blessing = {"candidate": "linear", "verdict": verdict, "rules": [rule]}
        laid("evaluate", "blessing/blessing.json", blessing, run)
        laid("evaluate", "report", b"<!doctype html>evaluated", run)
        for output in ("anomalies/anomalies.json", "statistics/statistics.json"):
            laid("validate", output, {}, run)
        laid("validate", "report", b"<!doctype html>validated", run)

    return judged


def trained(shapes, *, push=False, cached=()):
    """Returns the nodes of a run in which every stage has done its work."""
    names = (*STAGES, "push") if push else STAGES
    nodes = [shapes.node("condition-2", "SUCCEEDED" if push else "SKIPPED", 90, 90)]
    for at, name in enumerate(names):
        nodes += shapes.task(name, "SUCCEEDED", 10 * at, 10 * at + 5, cached=name in cached)
    return nodes


def test_a_run_goes_to_the_cluster_is_watched_and_its_end_is_brought_home(
    api, command, shapes, judged, laid, tmp_path
):
    judged("blessed")
    summary = {"rows": {"kept": 7}}
    write_json(tmp_path / "examples" / "summary.json", summary)
    digest = payload_digest(tmp_path / "examples")
    write_manifest(tmp_path / "examples", Manifest("examples", 1, "sentiment-ingest", "1", digest))
    for path in (tmp_path / "examples").iterdir():
        laid("ingest", f"examples/{path.name}", path.read_bytes())
    nodes = trained(shapes, push=True)
    api.frames[:] = [("RUNNING", nodes[:4]), ("SUCCEEDED", nodes)]
    code, out, err = command("run", "--backend", "kubeflow", "--set", "epochs=1")
    assert (code, err) == (0, "")
    for said in (
        "champion none yet", "http://ui.example/#/runs/details/run-1", "✓ ingest",
        "✓ push", "Verdict on linear: blessed", "evaluation-report.html", "pushed in 90 s",
    ):  # fmt: skip
        assert said in out, said
    run = runs.all_runs()[0]
    assert run.facts["kubeflow"]["run"] == "run-1"
    assert run.facts["tasks"]["push"] == "done"
    assert (run.facts["status"], run.facts["outcome"]) == ("finished", "pushed")
    assert (
        json.loads(
            (run.folder / "tasks/sentiment-training/ingest/examples/summary.json").read_text()
        )
        == summary
    )
    sent = api.runs["run-1"]
    assert sent["display_name"] == f"sentiment-training {run.id}"
    given = sent["runtime_config"]["parameters"]
    assert given["epochs"] == 1
    assert given["champion"].startswith("minio://mlpipeline/t")
    assert f"localhost:5001/sentiment-ingest@sha256:{'1' * 64}" in api.packages["version-1"]
    listed = command("runs")[1]
    assert "pushed" in listed
    assert "linear" in listed
    assert command("runs", "--json")[0] == 0


def test_a_run_may_be_left_alone_and_is_not_taken_for_dead(api, command, shapes):
    api.frames[:] = [("RUNNING", shapes.task("ingest", "RUNNING"))]
    code, out, _ = command("run", "--backend", "kubeflow", "--detach", "--pipeline", "exploration")
    assert code == 0
    run = runs.all_runs()[0]
    assert f"`sentiment-pipelines watch {run.id}` watches it" in out
    assert runs.close_dead() == []
    assert run.facts["status"] == "submitted"
    assert "submitted" in command("runs")[1]


@pytest.mark.parametrize(
    ("verdict", "code", "outcome"), [("refused", 3, "refused"), ("already-champion", 0, None)]
)
def test_the_verdict_of_evaluate_decides_the_exit_code(
    api, begun, command, shapes, judged, verdict, code, outcome
):
    judged(verdict)
    api.frames[:] = [("SUCCEEDED", trained(shapes))]
    told = command("watch")
    assert told[0] == code
    assert f"Verdict on linear: {verdict}" in told[1]
    assert "– push" in told[1]
    assert begun.facts["outcome"] == (outcome or verdict)


def test_data_that_validate_refuses_ends_with_3_and_its_report(api, begun, command, shapes, laid):
    laid("validate", "anomalies/anomalies.json", {})
    laid("validate", "report", b"<!doctype html>validated")
    nodes = [
        *shapes.task("ingest", "SUCCEEDED", 0, 5), *shapes.task("validate", "SUCCEEDED", 6, 9),
        shapes.node("condition-1", "SKIPPED", 10, 10),
    ]  # fmt: skip
    api.frames[:] = [("SUCCEEDED", nodes)]
    code, out, _ = command("watch", begun.id)
    assert code == 3
    assert "refused in 90 s" in out
    assert (begun.folder / "data-report.html").read_text() == "<!doctype html>validated"


def test_the_verdict_of_a_reused_task_is_that_of_the_run_it_came_from(
    api, begun, command, shapes, judged
):
    judged("already-champion", run="run-0")
    api.frames[:] = [("SUCCEEDED", trained(shapes, cached=("validate", "evaluate")))]
    code, out, _ = command("watch")
    assert code == 0
    assert "= evaluate" in out
    assert "as in an earlier run" in out
    assert "already-champion in 90 s" in out


@pytest.fixture
def between(api):
    """A run of the same parameters after the first one, whose version was made of a text."""

    def between(made_of):
        reference = {"pipeline_id": "pipeline-1", "pipeline_version_id": "version-2"}
        latest = {**api.runs["run-0"], "run_id": "run-9", "pipeline_version_reference": reference}
        api.runs["run-9"] = latest
        for name, text in (("version-1", TRAINING.read_text()), ("version-2", made_of)):
            api.packages[name] = text
            fields = {"pipeline_id": "pipeline-1", "pipeline_version_id": name}
            api.versions[name] = {**fields, "display_name": name}

    return between


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        (("enableCache: true", "enableCache: false"), "already-champion"),
        (("sentiment-evaluate:", "sentiment-evaluate:other-"), "already-champion"),
        (("sdkVersion: ", "sdkVersion: other-"), "refused"),  # it finds the same in the cache
    ],
)
def test_a_verdict_is_taken_from_no_run_that_the_cache_does_not_know(
    api, begun, command, shapes, judged, between, changed, outcome
):
    judged("already-champion", run="run-0")
    judged("refused", run="run-9")
    between(TRAINING.read_text().replace(*changed))
    api.frames[:] = [("SUCCEEDED", trained(shapes, cached=("validate", "evaluate")))]
    assert f"{outcome} in 90 s" in command("watch")[1]


def test_an_attempt_that_failed_half_way_has_no_verdict(api, begun, command, shapes, judged, laid):
    judged("already-champion", run="run-0")
    laid("evaluate", "report", b"<!doctype html>torn")
    api.frames[:] = [("SUCCEEDED", trained(shapes, cached=("validate", "evaluate")))]
    assert "already-champion in 90 s" in command("watch")[1]
    assert (begun.folder / "evaluation-report.html").read_text() == "<!doctype html>evaluated"


def test_a_verdict_that_nobody_has_any_more_is_not_made_up(api, begun, command, shapes):
    api.frames[:] = [("SUCCEEDED", trained(shapes, cached=("evaluate",)))]
    code, out, _ = command("watch")
    assert code == 3
    assert "not-pushed in 90 s" in out


def test_a_failed_stage_is_one_line_and_its_run_is_listed_as_failed(api, begun, command, shapes):
    api.pods = [shapes.pod("train-deep", **shapes.ended(137, "OOMKilled"))]
    api.logs["sentiment-training-x-train-deep"] = "epoch 1/30\nepoch 2/30\n"
    api.frames[:] = [("FAILED", shapes.task("train-deep", "FAILED", 0, 60))]
    code, out, _ = command("watch")
    assert code == 2
    assert "✗ train-deep" in out
    assert "raise memory_limit of [stages.train_deep] in" in out
    assert begun.facts["outcome"] == "failed"
    assert "more memory" in begun.facts["reason"]
    assert (begun.logs / "train-deep.log").read_text() == "epoch 1/30\nepoch 2/30\n"


def test_a_run_can_be_ended(api, begun, command):
    api.frames[:] = [("RUNNING", [])]
    assert command("watch", "--terminate")[0] == 0
    assert api.terminated == ["run-1"]
    assert begun.facts["outcome"] == "terminated"


def test_a_run_that_has_ended_is_not_said_to_be_ended(api, begun, command):
    api.frames[:] = [("SUCCEEDED", [])]
    code, out, _ = command("watch", "--terminate")
    assert (code, out) == (0, f"run {begun.id} has ended by itself\n")
    assert api.terminated == []
    assert begun.facts["status"] == "submitted"


@pytest.mark.parametrize("done", [False, True])
def test_who_is_stopped_while_a_run_is_started_finds_it_by_its_name(
    api, command, monkeypatch, done
):
    start = submission.start

    def stopped(*given):
        if done:
            start(*given)
        raise KeyboardInterrupt

    monkeypatch.setattr(submission, "start", stopped)
    code, out, _ = command("run", "--backend", "kubeflow", "--pipeline", "exploration")
    run = runs.all_runs()[0]
    assert code == 130
    assert f"`sentiment-pipelines watch {run.id}` watches it" in out
    assert run.facts["status"] == "submitted"
    api.frames[:] = [("RUNNING", [])]
    code, out, err = command("watch", run.id, "--terminate")
    if done:
        assert (code, api.terminated) == (0, ["run-1"])
    else:
        assert (code, err) == (
            2, f"sentiment-pipelines: run {run.id}: it never began; run it again\n"
        )  # fmt: skip
    assert run.facts["status"] == "killed"


def test_whoever_stops_watching_is_told_how_to_go_on(api, begun, command, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(watch.Watch, "follow", interrupted)
    code, out, _ = command("watch")
    assert code == 130
    assert f"`sentiment-pipelines watch {begun.id} --terminate` ends it" in out
    assert begun.facts["status"] == "submitted"


def test_a_run_of_this_machine_cannot_be_watched(command):
    run = runs.Run.begin({"parameters": {}})
    code, _, err = command("watch")
    assert (code, err) == (2, f"sentiment-pipelines: run {run.id}: it was not in a cluster\n")


def test_a_plan_says_what_is_known_before_the_cluster_decides(command):
    code, out, _ = command("plan", "--backend", "kubeflow")
    assert code == 0
    assert "it was never there" in out
    assert "train-deep       decided there" in out
    assert "push             runs" in out


def test_the_clock_is_set_once_and_taken_back(api, command):
    assert "runs at 0 3 * * * (UTC)" in command("schedule", "--cron", "0 3 * * *")[1]
    assert "it was so already" in command("schedule", "--cron", "0 3 * * *")[1]
    (made,) = api.recurring.values()
    assert made["display_name"] == "sentiment-retraining"
    (package,) = api.packages.values()
    assert "retrain-check" in package
    assert command("schedule", "--off")[0] == 0
    assert api.recurring == {}


def test_what_the_control_plane_has_not_inside_is_not_scheduled(
    api, command, tmp_path, monkeypatch
):
    path = tmp_path / "team.toml"
    mine = (tmp_path / "mine.toml").read_text().replace('"kind"', '"base"')
    path.write_text(mine.replace("[store]\n", STORE))
    words = ("schedule", "--cron", "0 3 * * *", "--conf", str(path))
    code, _, err = command(*words)
    assert code == 2
    assert f"{path}: the image of the control plane has no such file; put it into a" in err
    assert api.recurring == {}
    named = '[stages.pipelines.environment]\nSENTIMENT_CONF = "/conf/team.toml"\n'
    path.write_text(path.read_text() + named)
    assert command(*words)[0] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "--backend", "kubeflow", "--memory", "4g"), "have what pipelines/conf gives them"),
        (("run", "--backend", "process", "--detach"), "runs on this machine, not in a cluster"),
        (("run", "--backend", "kubeflow", "--pipeline", "batch"), "which no cluster sees"),
        (("predict", "a.csv", "b.csv", "--backend", "kubeflow"), "which no cluster sees"),
        (("schedule", "--cron", "noon"), "'noon' is no time"),
        (("run", "--backend", "kubeflow", "--conf", "none"), "no environment 'none'"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_is_asked(api, command, words, said):
    code, _, err = command(*words)
    assert code == 2
    assert said in err
    assert api.calls == []
    assert runs.all_runs() == []


def test_a_cluster_that_is_up_is_where_a_run_goes_unless_told_otherwise(tmp_path, monkeypatch):
    monkeypatch.setattr(backends, "VAR", tmp_path)
    monkeypatch.delenv("SENTIMENT_BACKEND", raising=False)
    options = cli._parser().parse_args(["run"])
    assert backends.anywhere(options).name == "process"
    (tmp_path / "kind").mkdir()
    (tmp_path / "kind" / "cluster.json").write_text("{}")
    assert backends.anywhere(options).name == "kubeflow"
    assert backends.chosen(options).name == "process"
    options = cli._parser().parse_args(["run", "--backend", "process"])
    assert backends.anywhere(options).name == "process"
