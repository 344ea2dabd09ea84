"""What is up, what is not, and where to look."""

import pytest

from sentiment_pipelines.cluster import status
from sentiment_pipelines.cluster.state import Cluster

PATHS = ("/apis/v2beta1/healthz", "/health", "/status", "/v2/", "/readyz")


def cluster(server):
    address = f"http://127.0.0.1:{server.server_port}"
    return Cluster("sentiment", "kind-sentiment", address.removeprefix("http://"), *([address] * 4))


@pytest.fixture(autouse=True)
def programs(house, monkeypatch):
    """The stand-ins are what is called."""
    for name, it in house.variables.items():
        monkeypatch.setenv(name, it)


def test_what_answers_is_up_and_a_service_that_is_not_deployed_is_no_fault(server):
    server.said |= dict.fromkeys(PATHS[:-1], (200, "ok"))
    rows = {row.name: row for row in status._links(cluster(server))}
    assert rows.pop("service").up is None
    assert all(row.up for row in rows.values())
    assert rows["MLflow"].words == cluster(server).mlflow


def test_what_answers_with_an_error_or_not_at_all_is_not_up(server):
    rows = {row.name: row for row in status._links(cluster(server))}
    assert rows["MLflow"].words.endswith("/health answers 404")
    server.shutdown()
    server.server_close()
    rows = {row.name: row for row in status._links(cluster(server))}
    assert "does not answer: " in rows["MLflow"].words
    assert rows["MLflow"].up is False


def test_a_service_that_is_deployed_and_does_not_answer_is_a_fault(house, server):
    for name in ("whole", "mlflow", "serving"):
        (house.state / name).touch()
    server.said |= dict.fromkeys(PATHS[:-1], (200, "ok")) | {"/readyz": (503, "no model")}
    rows = {row.name: row for row in status._links(cluster(server))}
    assert rows["service"].up is False
    assert rows["service"].words.endswith("/readyz answers 503")


def test_without_a_cluster_nothing_is_built_for_it(house):
    done = house.run("cluster", "load", "compare")
    assert done.returncode == 2
    assert done.stderr == (
        "sentiment-pipelines: there is no cluster here; make one: `make kind-up`\n"
    )


def test_without_a_cluster_it_says_so_and_ends_with_1(house):
    done = house.run("cluster", "status")
    assert (done.returncode, done.stdout) == (1, "no cluster here: make kind-up\n")


def test_a_part_that_does_not_run_ends_with_1(house):
    assert house.run("cluster", "up").returncode == 0
    (house.state / "stopped-sentiment-control-plane").touch()
    done = house.run("cluster", "status")
    assert done.returncode == 1
    assert "✗ sentiment-control-plane  does not run" in done.stdout
    assert "✗ namespace kubeflow       0 of 0 deployments are ready" in done.stdout
