"""The check that objects fit together: each planted fault is found."""

import pytest

from charts.checks.consistency import complaints
from charts.checks.rendering import CHARTS, NAMESPACE, Values, objects

PUBLIC = Values(
    "sentiment-serving", "public", (CHARTS / "sentiment-serving/ci/public-values.yaml",)
)
GIVEN = {"sentiment-keys", "sentiment-tls"}


def of(found, kind):
    return next(it for it in found if it["kind"] == kind)


def container(found):
    return of(found, "Deployment")["spec"]["template"]["spec"]["containers"][0]


def test_what_the_chart_makes_fits_together():
    assert complaints(objects(PUBLIC), GIVEN, {NAMESPACE}) == []


FAULTS = {
    "is there 2 times": lambda it: it.append(of(it, "Service")),
    "is in namespace other": lambda it: of(it, "Service")["metadata"].update(namespace="other"),
    "lacks the labels": lambda it: of(it, "Service")["metadata"]["labels"].pop("helm.sh/chart"),
    "made from values": lambda it: it.append(
        {"kind": "Secret", "metadata": of(it, "Service")["metadata"]}
    ),
    "selects no pod": lambda it: of(it, "Service")["spec"]["selector"].update(a="b"),
    "selects the pod of a test": lambda it: of(it, "Pod")["metadata"].update(
        labels=of(it, "Service")["spec"]["selector"]
    ),
    "names the port web": lambda it: of(it, "Service")["spec"]["ports"][0].update(targetPort="web"),
    "names the port 5432": lambda it: of(it, "NetworkPolicy")["spec"]["ingress"][0]["ports"].append(
        {"port": 5432}
    ),
    "the Deployment other": lambda it: of(it, "HorizontalPodAutoscaler")["spec"][
        "scaleTargetRef"
    ].update(name="other"),
    "the ServiceAccount other": lambda it: of(it, "Deployment")["spec"]["template"]["spec"].update(
        serviceAccountName="other"
    ),
    "the Secret other": lambda it: of(it, "Ingress")["spec"]["tls"][0].update(secretName="other"),
    "the Secret unknown": lambda it: container(it)["env"].append(
        {"name": "A", "valueFrom": {"secretKeyRef": {"name": "unknown", "key": "a"}}}
    ),
    "selects no Service": lambda it: of(it, "ServiceMonitor")["spec"]["selector"].update(
        matchLabels={"a": "b"}
    ),
    "volumes and mounts differ": lambda it: container(it)["volumeMounts"].pop(),
    "variables from every Service": lambda it: of(it, "Deployment")["spec"]["template"]["spec"].pop(
        "enableServiceLinks"
    ),
    "token of the cluster": lambda it: of(it, "Pod")["spec"].pop("automountServiceAccountToken"),
    "has no version": lambda it: container(it).update(image="registry:5000/sentiment-serving"),
    "no resources.limits.memory": lambda it: container(it)["resources"].pop("limits"),
    "can be written to": lambda it: container(it)["securityContext"].pop("readOnlyRootFilesystem"),
    "is there twice": lambda it: container(it)["env"].append({"name": "SENTIMENT_MODEL"}),
    "a secret as text": lambda it: container(it)["env"].append(
        {"name": "AWS_SECRET_ACCESS_KEY", "value": "wJalr"}
    ),
    "is mounted twice": lambda it: container(it)["volumeMounts"].append(
        {"name": "scratch", "mountPath": "/tmp"}  # noqa: S108 (a mount)
    ),
    "no livenessProbe": lambda it: container(it).pop("livenessProbe"),
    "asks the port web": lambda it: container(it)["readinessProbe"]["httpGet"].update(port="web"),
    "stops before the nodes": lambda it: container(it).pop("lifecycle"),
}


@pytest.mark.parametrize("said", FAULTS)
def test_a_planted_fault_is_found(said):
    found = objects(PUBLIC)
    FAULTS[said](found)
    assert any(said in line for line in complaints(found, GIVEN, {NAMESPACE}))
