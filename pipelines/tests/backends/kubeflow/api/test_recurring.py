"""One recurring run of a pipeline, whatever was there, checked request by request."""

import hashlib

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines import graph
from sentiment_pipelines.backends.kubeflow import recurring, submission
from sentiment_pipelines.backends.kubeflow.types import Package

NIGHTLY = "0 3 * * *"


@pytest.fixture
def package():
    digest = f"sha256:{hashlib.sha256(graph.SCHEDULED.read_bytes()).hexdigest()}"
    return Package(graph.SCHEDULED, digest, "sentiment-retraining", {}, "s3://bucket/runs")


@pytest.fixture
def uploaded(kubeflow, package):
    return submission.upload(kubeflow, package)


def test_a_recurring_run_is_alone_does_not_catch_up_and_keeps_the_time(
    api, kubeflow, package, uploaded
):
    change = recurring.schedule(kubeflow, package, uploaded, NIGHTLY)
    made = api.recurring[change.made]
    assert made["trigger"]["cron_schedule"]["cron"] == "0 0 3 * * *"
    assert (made["max_concurrency"], made["no_catchup"], made["mode"]) == ("1", True, "ENABLE")
    assert made["pipeline_version_reference"]["pipeline_version_id"] == uploaded.version


def test_the_same_again_changes_nothing(api, kubeflow, package, uploaded):
    recurring.schedule(kubeflow, package, uploaded, NIGHTLY)
    assert recurring.schedule(kubeflow, package, uploaded, NIGHTLY) == recurring.Change()
    assert api.count("POST", "recurringruns") == 1


def test_another_time_takes_the_place_of_what_was_there(api, kubeflow, package, uploaded):
    first = recurring.schedule(kubeflow, package, uploaded, NIGHTLY)
    second = recurring.schedule(kubeflow, package, uploaded, "0 5 * * 1")
    assert second.deleted == (first.made,)
    assert [it["trigger"]["cron_schedule"]["cron"] for it in api.recurring.values()] == [
        "0 0 5 * * 1"
    ]


def test_one_that_somebody_switched_off_is_made_anew(api, kubeflow, package, uploaded):
    first = recurring.schedule(kubeflow, package, uploaded, NIGHTLY)
    api.recurring[first.made]["mode"] = "DISABLE"
    assert recurring.schedule(kubeflow, package, uploaded, NIGHTLY).deleted == (first.made,)


def test_off_removes_it_and_off_again_finds_nothing(api, kubeflow, package, uploaded):
    recurring.schedule(kubeflow, package, uploaded, NIGHTLY)
    assert recurring.remove(kubeflow, package.pipeline).deleted
    assert api.recurring == {}
    assert recurring.remove(kubeflow, package.pipeline) == recurring.Change()


@pytest.mark.parametrize("text", ["", "3 o'clock", "0 3 * *", "0 0 3 * * *", "0 3 * * ; rm"])
def test_what_is_no_time_is_said_with_an_example(text):
    with pytest.raises(InputError, match="is every night at three, UTC"):
        recurring.cron(text)
