"""A real API server takes every chart, and its Pod Security admission agrees with our check."""

import importlib.util
import os
from pathlib import Path

import pytest
import yaml

from charts.checks.consistency import pods
from charts.checks.rendering import CHARTS, NEEDED, Values, documented, objects

SPECIFICATION = importlib.util.spec_from_file_location(
    "planted", Path(__file__).parents[1] / "test_pod_security.py"
)
standards = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(standards)
INVALID_ANYWAY = {
    "Windows host process", "Windows host process of a container", "privileged", "unmasked proc",
}  # fmt: skip
"""What the API server refuses before it asks admission: it contradicts the rest of the pod."""
SERVING = [it for it in documented() if it.chart == "sentiment-serving"]


def needs_definitions(values):
    """Skips a set with objects of the Prometheus operator where their kinds are not described."""
    others = {it["kind"] for it in objects(values) if "monitoring.coreos.com" in it["apiVersion"]}
    if others and not os.environ.get("SENTIMENT_CRDS"):
        pytest.skip(f"SENTIMENT_CRDS has no definition of {', '.join(sorted(others))}")


def helm(cluster, command, values, namespace, *more):
    return cluster.run("helm", command, "try", str(CHARTS / values.chart), "--namespace", namespace,
                       *values.options, *more)  # fmt: skip


def test_a_release_is_installed_without_a_warning(cluster, values):
    needs_definitions(values)
    namespace = cluster.namespace(str(values))
    for more in (["--dry-run=server"], []):
        done = helm(cluster, "install", values, namespace, *more)
        assert done.returncode == 0, done.stderr
        assert "would violate" not in done.stderr
        assert "unknown field" not in done.stderr


def test_the_pods_of_a_release_are_admitted(cluster, values):
    namespace = cluster.namespace(f"{values}-pods")
    for it in objects(values):
        if it["kind"] == "ServiceAccount":
            cluster.apply(it | {"metadata": {**it["metadata"], "namespace": namespace}})
    for number, template in enumerate(found for it in objects(values) for _, found in pods(it)):
        done = create(cluster, template, namespace, f"pod-{number}")
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("values", SERVING, ids=str)
def test_a_release_becomes_any_other_by_an_upgrade(cluster, values):
    needs_definitions(values)
    namespace = cluster.namespace(f"{values}-upgrade")
    plain = Values("sentiment-serving", "defaults", (), tuple(NEEDED["sentiment-serving"]))
    for command, wanted in (("install", plain), ("upgrade", values), ("upgrade", plain)):
        done = helm(cluster, command, wanted, namespace)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", standards.FORBIDDEN)
def test_admission_refuses_what_our_check_refuses(cluster, name):
    done = judged(cluster, standards.planted(*standards.FORBIDDEN[name]))
    said = "is invalid" if name in INVALID_ANYWAY else "violates PodSecurity"
    assert done.returncode
    assert said in done.stderr


@pytest.mark.parametrize("name", standards.ALLOWED)
def test_admission_takes_what_our_check_takes(cluster, name):
    template = standards.planted(*standards.ALLOWED[name])
    if not template["spec"]["securityContext"]:
        template["spec"]["containers"][0]["securityContext"] |= standards.SAYS_ITSELF
    assert judged(cluster, template).returncode == 0


def judged(cluster, template):
    namespace = cluster.namespace("standards")
    cluster.apply({"apiVersion": "v1", "kind": "ServiceAccount",
                   "metadata": {"name": template["spec"]["serviceAccountName"],
                                "namespace": namespace}})  # fmt: skip
    return create(cluster, template, namespace, "planted")


def create(cluster, template, namespace, name):
    """Lets the API server judge a pod, and makes none."""
    metadata = {**template.get("metadata", {}), "name": name, "namespace": namespace}
    spec = {"restartPolicy": "Never"} | template["spec"]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    return cluster.run("kubectl", "create", "--dry-run=server", "--filename", "-",
                       text=yaml.safe_dump(pod))  # fmt: skip
