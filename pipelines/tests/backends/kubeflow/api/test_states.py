"""Reads the API's nodes as tasks: what runs, what was reused, what was not due."""

import datetime

from kfp_server_api import ApiClient
from kfp_server_api.models import V2beta1Run

from sentiment_pipelines.backends.kubeflow import states

NOW = datetime.datetime(2026, 11, 23, 12, 1, tzinfo=datetime.UTC)
NAMES = ("ingest", "validate", "push")


def read(state, *nodes):
    """Reads an answer as the client does."""
    answer = {"run_id": "r", "state": state, "run_details": {"task_details": [*nodes]}}
    run = ApiClient()._ApiClient__deserialize(answer, V2beta1Run)
    return {it.name: (it.state, it.seconds) for it in states.read(run, NAMES, NOW)}


def test_a_task_runs_from_its_driver_on_and_what_comes_later_waits(shapes):
    nodes = [*shapes.task("ingest", "RUNNING", 10), shapes.node("validate-driver", "RUNNING", 40)]
    assert read("RUNNING", *nodes) == {
        "ingest": ("running", 50.0), "validate": ("running", 20.0), "push": ("waiting", 0.0),
    }  # fmt: skip


def test_a_task_without_a_pod_of_its_own_was_reused(shapes):
    nodes = [
        *shapes.task("ingest", "SUCCEEDED", 0, 4, cached=True),
        *shapes.task("validate", "SUCCEEDED", 1, 30),
    ]
    read_ = read("RUNNING", *nodes)
    assert read_["ingest"] == ("reused", 4.0)
    assert read_["validate"] == ("done", 29.0)


def test_what_a_condition_left_out_is_skipped_when_the_run_is_over(shapes):
    nodes = [*shapes.task("ingest", "SUCCEEDED", 0, 9), shapes.node("condition-1", "SKIPPED", 9, 9)]
    assert read("SUCCEEDED", *nodes)["push"] == ("skipped", 0.0)


def test_a_task_whose_driver_failed_has_failed(shapes):
    driver = shapes.node("ingest-driver", "FAILED", 0, 5)
    nodes = [driver, shapes.node("ingest", "SKIPPED", 5, 5)]
    assert read("FAILED", *nodes)["ingest"] == ("failed", 5.0)


def test_an_attempt_that_was_repeated_is_one_task(shapes):
    attempts = [
        shapes.node("executor(0)", "FAILED", 0, 5),
        shapes.node("executor(1)", "SUCCEEDED", 6, 9),
    ]
    nodes = [shapes.node("ingest", "SUCCEEDED", 0, 10), shapes.node("executor", "SUCCEEDED", 0, 9)]
    assert read("RUNNING", *nodes, *attempts)["ingest"] == ("done", 10.0)


def test_a_run_of_which_nothing_is_known_yet_waits():
    assert {state for state, _ in read("PENDING").values()} == {"waiting"}
