"""Every request of a submission, and that doing it twice makes nothing twice."""

import hashlib

import pytest
import yaml

from sentiment_common.errors import InputError
from sentiment_pipelines import graph
from sentiment_pipelines.backends.kubeflow import submission
from sentiment_pipelines.backends.kubeflow.types import Package

DELAYS = (0.01, 0.01)


@pytest.fixture
def package(tmp_path):
    path = tmp_path / "training.yaml"
    path.write_bytes(graph.TRAINING.read_bytes())
    digest = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    given = {"source": "default", "seed": 13, "redact": False, "champion": "s3://b/champion"}
    return Package(path, digest, "sentiment-training", given, "s3://bucket/runs")


def submit(kubeflow, package, name="run of today"):
    uploaded = submission.upload(kubeflow, package, DELAYS)
    return uploaded, submission.start(kubeflow, package, uploaded, name, DELAYS)


def test_a_run_is_given_its_version_its_parameters_and_where_its_artifacts_lie(
    api, kubeflow, package
):
    uploaded, run = submit(kubeflow, package)
    sent = api.runs[run]
    assert sent["display_name"] == "run of today"
    assert sent["runtime_config"] == {
        "parameters": package.parameters, "pipeline_root": "s3://bucket/runs",
    }  # fmt: skip
    assert sent["pipeline_version_reference"] == {
        "pipeline_id": uploaded.pipeline, "pipeline_version_id": uploaded.version,
    }  # fmt: skip
    assert sent["experiment_id"] == "experiment-1"
    assert api.packages[uploaded.version] == graph.TRAINING.read_text()


def test_the_same_package_is_uploaded_once_and_a_run_of_one_name_started_once(
    api, kubeflow, package
):
    first, run = submit(kubeflow, package)
    second, again = submit(kubeflow, package)
    assert (first.new, second.new) == (True, False)
    assert (again, second.version) == (run, first.version)
    assert submit(kubeflow, package, "run of tomorrow")[1] != run
    assert api.count("POST", "upload_version") == 1
    assert len(api.experiments) == len(api.pipelines) == 1


def test_another_package_is_another_version_of_the_same_pipeline(api, kubeflow, package):
    first = submission.upload(kubeflow, package, DELAYS)
    second = submission.upload(kubeflow, submission.uncached(package), DELAYS)
    assert first.pipeline == second.pipeline
    assert first.version != second.version
    assert first.name == package.digest[7:19]


def test_a_package_that_is_to_run_anew_reuses_no_task(package):
    documents = list(yaml.safe_load_all(submission.uncached(package).path.read_text()))
    graphs = [documents[0]["root"], *documents[0]["components"].values()]
    tasks = [task for it in graphs for task in it.get("dag", {}).get("tasks", {}).values()]
    assert len(tasks) > 10
    assert {task["cachingOptions"]["enableCache"] for task in tasks} == {False}


@pytest.mark.parametrize("path", ["pipelines", "upload_version", "runs"])
@pytest.mark.parametrize("fault", [500, "lost", 409])
def test_an_answer_that_was_lost_makes_nothing_twice(api, kubeflow, package, path, fault):
    api.faults.append(("POST", path, fault, 1))
    submit(kubeflow, package)
    made = api.pipelines, api.versions, api.runs
    assert [len(table) for table in made] == [1, 1, 1]


def test_a_server_that_goes_on_failing_is_said(api, kubeflow, package):
    api.faults.append(("POST", "runs", 500, 99))
    with pytest.raises(InputError, match=r"fails \(500: said the test\)"):
        submit(kubeflow, package)
    assert api.count("POST", "/runs") == len(DELAYS) + 1


def test_a_request_that_is_refused_is_not_made_again(api, kubeflow, package):
    api.faults.append(("POST", "runs", 400, 99))
    with pytest.raises(InputError, match=r"it refuses the request \(400: said the test\)"):
        submit(kubeflow, package)
    assert api.count("POST", "/runs") == 1
