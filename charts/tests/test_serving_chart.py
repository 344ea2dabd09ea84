"""The chart sentiment-serving gives the service what it reads."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from charts.checks.rendering import CHARTS, NEEDED, Values, objects
from charts.checks.tools import ROOT
from sentiment_common.experiment import read_experiment

CHART = "sentiment-serving"
CANARY = Values(CHART, "canary", (CHARTS / CHART / "ci" / "canary-values.yaml",))
SETTINGS = (ROOT / "serving/src/sentiment_serving/settings.py").read_text()


def one(found, kind):
    (it,) = [it for it in found if it["kind"] == kind]
    return it


def variables(found):
    (container,) = one(found, "Deployment")["spec"]["template"]["spec"]["containers"]
    return {it["name"]: it.get("value", it.get("valueFrom")) for it in container["env"]}


def rendered(*settings):
    return objects(Values(CHART, "tried", (), (*NEEDED[CHART], *settings)))


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    """The canary's experiment, as the service reads it."""
    path = tmp_path_factory.mktemp("canary") / "experiment.toml"
    path.write_text(one(objects(CANARY), "ConfigMap")["data"]["experiment.toml"])
    return read_experiment(path)


def test_the_service_reads_the_canary_as_the_values_say_it(experiment):
    assert experiment.name == "encoder-1"
    assert [it.model for it in experiment.variants] == ["sentiment", "challenger"]
    start = datetime(2026, 11, 23, tzinfo=UTC)
    assert experiment.weights(start) == {"control": 0.95, "challenger": 0.05}
    assert experiment.weights(start + timedelta(hours=25)) == {"control": 0.75, "challenger": 0.25}
    rules = [(it.metric, it.most, it.relative) for it in experiment.guardrails]
    assert rules == [("error_rate", 0.02, False), ("latency_ms_p95", 20, True)]
    assert experiment.guardrails[1].least_requests == 500


def test_the_models_of_the_canary_are_those_that_the_pods_load():
    given = variables(objects(CANARY))
    assert given["SENTIMENT_MODEL"] == "models:/sentiment@champion"
    assert given["SENTIMENT_MORE_MODELS"] == "challenger=models:/sentiment@challenger"
    assert given["MLFLOW_TRACKING_URI"] == "http://sentiment-mlflow.mlflow:5000"
    assert given["SENTIMENT_EXPERIMENT_STATE"] == given["SENTIMENT_REQUEST_LOG"] == "/requests"


def test_every_variable_of_ours_is_a_setting_of_the_service():
    fields = re.findall(r"^    (\w+): \w+ = ", SETTINGS, re.MULTILINE)
    known = {f"SENTIMENT_{field.upper()}" for field in fields}
    given = {it for it in variables(objects(CANARY)) if it.startswith("SENTIMENT_")}
    assert given <= known


def test_credentials_of_the_registry_come_from_the_secret_and_may_be_of_either_kind():
    given = variables(rendered("mlflow.uri=http://m:5000", "mlflow.existingSecret=reader"))
    for name in ("USERNAME", "PASSWORD", "TOKEN"):
        reference = given[f"MLFLOW_TRACKING_{name}"]["secretKeyRef"]
        assert reference == {"name": "reader", "key": name.lower(), "optional": True}


@pytest.mark.parametrize(
    ("uri", "ports"),
    [("http://m:5000", [5000]), ("http://m", [80, 5000]), ("https://m:8443/a", [8443, 5000])],
)
def test_pods_reach_name_servers_and_their_registry_alone(uri, ports):
    names, registry = one(rendered(f"mlflow.uri={uri}"), "NetworkPolicy")["spec"]["egress"]
    assert [it["port"] for it in names["ports"]] == [53, 53]
    assert [it["port"] for it in registry["ports"]] == ports


def test_pods_whose_bundle_is_in_their_image_reach_nobody():
    policy = one(rendered(), "NetworkPolicy")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["egress"] == []


def test_who_may_ask_can_be_limited_and_the_test_of_helm_still_may():
    found = rendered("networkPolicy.from[0].podSelector.matchLabels.app=shop")
    peers = one(found, "NetworkPolicy")["spec"]["ingress"][0]["from"]
    pod = one(found, "Pod")["metadata"]["labels"]
    assert {"podSelector": {"matchLabels": {"app": "shop"}}} in peers
    assert {"podSelector": {"matchLabels": pod}} in peers


def test_an_answer_that_was_begun_is_given_before_the_pod_ends():
    spec = one(rendered(), "Deployment")["spec"]["template"]["spec"]
    pause = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    timeout = float(re.search(r"^    timeout: float = ([\d.]+)", SETTINGS, re.MULTILINE)[1])
    assert spec["terminationGracePeriodSeconds"] > pause + timeout


def test_a_scaled_deployment_leaves_the_number_of_its_pods_alone():
    assert "replicas" not in one(rendered("autoscaling.enabled=true"), "Deployment")["spec"]
