"""Waits for runs that go well, badly and nowhere, with the pods that Kubernetes shows."""

import time

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines.backends.kubeflow import pods
from sentiment_pipelines.backends.kubeflow.watch import Patience, Watch

NAMES = ("ingest", "validate", "train-deep")
SOON = Patience(between=0.01, pods=0.0, stuck=0.05, place=0.1, silence=1.0)


class Told:
    """Keeps what it is told."""

    def __init__(self):
        self.lines = []

    def running(self, tasks):
        self.now = [task.name for task in tasks]

    def ended(self, task):
        self.lines.append(f"{task.name} {task.state}")

    def note(self, line):
        self.lines.append(line)


@pytest.fixture
def follow(api, kubeflow, look, environment):
    def follow(*frames, look=look):
        api.frames[:] = frames
        api.runs["run-1"] = {"run_id": "run-1", "created_at": "2026-11-23T12:00:00Z"}
        follow.told = Told()
        return Watch(kubeflow, look, environment, NAMES, follow.told, SOON).follow("run-1")

    return follow


def test_each_task_is_told_once_as_it_ends_and_what_runs_now_is_told_too(follow, shapes):
    ingest = shapes.task("ingest", "SUCCEEDED", 0, 5)
    frames = [
        ("PENDING", []), ("RUNNING", shapes.task("ingest", "RUNNING")), ("RUNNING", ingest),
        ("RUNNING", [*ingest, *shapes.task("validate", "SUCCEEDED", 6, 7, cached=True)]),
        ("SUCCEEDED", [*ingest, *shapes.task("validate", "SUCCEEDED", 6, 7, cached=True)]),
    ]  # fmt: skip
    ended = follow(*frames)
    assert follow.told.lines == ["ingest done", "validate reused", "train-deep skipped"]
    assert ended.fault is None


def test_a_missing_image_is_said_and_the_run_is_not_left_pending(api, follow, shapes):
    said = 'Back-off pulling image "localhost:5001/sentiment-ingest@sha256:11"'
    api.pods = [shapes.pod("ingest", **shapes.waiting("ImagePullBackOff", said))]
    begin = time.monotonic()
    ended = follow(("RUNNING", shapes.task("ingest", "RUNNING")))
    assert time.monotonic() - begin < 10
    assert ended.fault.exit_code == 2
    assert ended.fault.line.startswith(f"ingest: an image cannot be pulled ({said})")
    assert "push it with `make kind-load`" in ended.fault.line
    assert api.terminated == ["run-1"]


def test_a_registry_that_had_a_bad_moment_ends_nothing(api, follow, shapes):
    api.pods = [shapes.pod("ingest", **shapes.waiting("ErrImagePull", "timeout"))]
    api.gone_after = 1
    frames = [("RUNNING", shapes.task("ingest", "RUNNING"))] * 20
    assert follow(*frames, ("SUCCEEDED", [])).fault is None
    assert api.terminated == []


def test_a_secret_that_is_missing_is_said(api, follow, shapes):
    said = 'secret "mlpipeline-minio-artifact" not found'
    api.pods = [shapes.pod("ingest", **shapes.waiting("CreateContainerConfigError", said))]
    fault = follow(("RUNNING", shapes.task("ingest", "RUNNING"))).fault
    assert (
        'its container cannot be made (secret "mlpipeline-minio-artifact" not found)' in fault.line
    )


def test_a_pod_that_fits_no_node_is_said_first_and_given_up_later(api, follow, shapes):
    condition = {
        "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
        "message": "0/1 nodes are available: 1 Insufficient memory.",
    }  # fmt: skip
    api.pods = [shapes.pod("train-deep", phase="Pending", conditions=[condition])]
    fault = follow(("RUNNING", shapes.task("train-deep", "RUNNING"))).fault
    assert "no node can take it (0/1 nodes are available: 1 Insufficient memory.)" in fault.line
    assert "cpu and memory of [stages.train_deep] in pipelines/conf/kind.toml" in fault.line
    assert follow.told.lines == [fault.line]


FAILED = {
    "killed for its memory": (
        ("OOMKilled", 137, []), 2,
        "train-deep: it needs more memory than its limit of 6Gi and was killed; raise memory_limit "
        "of [stages.train_deep] in pipelines/conf/kind.toml",
    ),
    "killed in its container": (
        ("Error", 1, ["F1123 12:00:00.1 1 main.go:49] failed to execute: signal: killed"]), 2,
        "train-deep: it needs more memory than its limit of 6Gi",
    ),
    "bad input": (
        ("Error", 1, [
            "reading", "sentiment-ingest: reviews.csv, row 7: no text; drop the row",
            "F1123 12:00:00.1 1 main.go:49] failed to execute component: exit status 2",
        ]), 2,
        "train-deep: sentiment-ingest: reviews.csv, row 7: no text; drop the row",
    ),
    "a full volume": (
        ("Error", 1, [
            "sentiment-train-deep: the disk is full: free some space and run it again; nothing "
            "half-written is left",
            "F1123 12:00:00.1 1 main.go:49] failed to execute component: exit status 2",
        ]), 2,
        "train-deep: its volume is full; raise scratch of [stages.train_deep]",
    ),
    "a bug": (
        ("Error", 1, [
            "Traceback (most recent call last):", "ValueError: broken",
            "F1123 12:00:00.1 1 main.go:49] failed to execute component: exit status 1",
        ]), 1,
        "train-deep failed: ValueError: broken; see `kubectl --namespace kubeflow logs "
        "sentiment-training-x-train-deep -c main`",
    ),
    "nothing": (("Error", 1, []), 1, "train-deep failed (exit code 1); see `kubectl"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILED)
def test_a_stage_that_failed_says_why_in_one_line(api, follow, shapes, name):
    (reason, code, log), exit_code, line = FAILED[name]
    api.pods = [shapes.pod("train-deep", **shapes.ended(code, reason))]
    api.logs["sentiment-training-x-train-deep"] = "\n".join(log)
    fault = follow(("FAILED", shapes.task("train-deep", "FAILED", 0, 9))).fault
    assert fault.line.startswith(line)
    assert "\n" not in fault.line
    assert fault.exit_code == exit_code


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (
            {"reason": "Evicted", "message": "The node was low on resource: ephemeral-storage."},
            "ingest: its node put it out (The node was low on resource: ephemeral-storage.); free",
        ),
        (
            {"reason": "DeadlineExceeded"},
            "ingest: it took too long and was ended; raise timeout of [stages.ingest]",
        ),
    ],
)
def test_a_pod_that_was_ended_from_outside_says_by_what(api, follow, shapes, status, line):
    api.pods = [shapes.pod("ingest", phase="Failed", **status)]
    fault = follow(("FAILED", shapes.task("ingest", "FAILED", 0, 9))).fault
    assert fault.line.startswith(line)
    assert fault.exit_code == 2


def test_the_last_attempt_of_a_task_says_why_it_failed(api, follow, shapes):
    api.pods = [
        shapes.pod("ingest", attempt="(1)", **shapes.ended(137, "OOMKilled")),
        shapes.pod("ingest", **shapes.ended(1)),
    ]
    fault = follow(("FAILED", shapes.task("ingest", "FAILED", 0, 9))).fault
    assert "more memory" in fault.line


def test_without_kubernetes_a_failed_task_is_named_with_the_page_that_tells_more(follow, shapes):
    fault = follow(("FAILED", shapes.task("ingest", "FAILED", 0, 9)), look=None).fault
    assert fault.line == "ingest failed; see http://ui.example/#/runs/details/run-1"
    assert fault.exit_code == 1


def test_a_kubernetes_that_does_not_let_us_look_is_said_once(api, follow, shapes):
    api.kubernetes = False
    frames = [("RUNNING", shapes.task("ingest", "RUNNING"))] * 3
    assert follow(*frames, ("SUCCEEDED", [])).fault is None
    notes = [line for line in follow.told.lines if "missing image" in line]
    assert len(notes) == 1
    assert "Kubernetes does not show the pods (Forbidden)" in notes[0]


def test_a_run_that_was_terminated_elsewhere_has_failed(follow):
    assert follow(("CANCELED", [])).fault.line == "the run was terminated"


def test_an_api_that_is_away_for_a_moment_ends_nothing(api, follow, shapes):
    api.faults.append(("GET", "runs/", 503, 5))
    assert follow(("RUNNING", []), ("SUCCEEDED", [])).fault is None
    away = [line for line in follow.told.lines if "the run goes on, trying again" in line]
    assert len(away) == 1


def test_an_api_that_stays_away_is_given_up(api, follow):
    api.faults.append(("GET", "runs/", 503, 999))
    with pytest.raises(InputError, match="Kubeflow Pipelines fails"):
        follow(("RUNNING", []))


def test_a_token_that_expires_while_a_run_is_watched_is_said(api, follow):
    api.faults.append(("GET", "runs/", 401, 1))
    with pytest.raises(InputError, match="it wants a token"):
        follow(("RUNNING", []))


def test_where_no_kubernetes_is_configured_that_is_said(connection, tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "no-such-file"))
    with pytest.raises(InputError, match="Kubernetes cannot be asked"):
        pods.connect(connection)


def test_secrets_are_read_where_we_may_and_passed_over_where_not(api, look):
    api.secrets["store"] = {"accesskey": "minio"}
    found = look.secrets({"AWS_ACCESS_KEY_ID": "store/accesskey", "OTHER": "store/none"})
    assert found == {"AWS_ACCESS_KEY_ID": "minio"}
    api.kubernetes = False
    assert look.secrets({"AWS_ACCESS_KEY_ID": "store/accesskey"}) == {}
