"""What values may not say: helm refuses each mistake, and says where it is."""

import json

import pytest
import yaml

from charts.checks.rendering import CHARTS, NEEDED, RefusedError, Values, charts, manifest

SERVING = {
    "image.tag=latest": "/image/tag",
    "image.digest=sha256:12": "/image/digest",
    "replica=3": "replica",
    "replicas=two": "/replicas",
    "replicas=-1": "/replicas",
    "model.source=two words": "/model/source",
    "model.subPath=/etc": "/model/subPath",
    "model.volume.hostPath.path=/,model.volume.name=a": "/model/volume",
    "mlflow.uri=mlflow:5000": "/mlflow/uri",
    "mlflow.uri=http://me:word@mlflow:5000": "/mlflow/uri",
    "mlflow.password=word": "password",
    "canary.enabled=true": "/canary/name",
    "canary.weight=1": "/canary/weight",
    "canary.weight=0": "/canary/weight",
    "canary.steps[0].weight=0.5": "/canary/steps/0",
    "canary.guardrails[0].metric=p99,canary.guardrails[0].most=1": "/canary/guardrails/0/metric",
    "canary.guardrails[0].metric=accuracy": "/canary/guardrails/0",
    "canary.start=tomorrow": "/canary/start",
    "apiKeys.key=abc": "key",
    "requestLog.text=plain": "/requestLog/text",
    "requestLog.existingSaltSecret=My Secret": "/requestLog/existingSaltSecret",
    "autoscaling.targetCPUUtilizationPercentage=200": "/autoscaling/targetCPU",
    "podDisruptionBudget.maxUnavailable=0": "/podDisruptionBudget/maxUnavailable",
    "topologySpread.whenUnsatisfiable=Never": "/topologySpread/whenUnsatisfiable",
    "resources.limits.memory=512 MB": "/resources/limits/memory",
    "scratch=much": "/scratch",
    "service.type=ExternalName": "/service/type",
    "service.port=0": "/service/port",
    "ingress.enabled=true": "/ingress/host",
    "networkPolicy.from[0].pods=all": "/networkPolicy/from/0",
    "serviceMonitor.interval=5h": "/serviceMonitor/interval",
    "env[0].name=AWS_SECRET_ACCESS_KEY,env[0].value=abc": "/env/0",
    "env[0].name=A,env[0].values=abc": "/env/0",
    "env[0].value=abc": "/env/0",
}
MLFLOW = {
    "database.uri=postgresql://me:word@db/mlflow": "uri",
    "database.port=many": "/database/port",
    "artifacts.destination=/data": "/artifacts/destination",
    "artifacts.endpoint=seaweedfs:8333": "/artifacts/endpoint",
    "artifacts.secretKey=abc": "secretKey",
    "volume.accessMode=ReadOnlyMany": "/volume/accessMode",
    "volume.size=ten": "/volume/size",
    "allowedHosts[0]=*": "/allowedHosts/0",
    "workers=0": "/workers",
    "service.nodePort=80": "/service/nodePort",
    "env[0].name=DB_PASSWORD,env[0].value=abc": "/env/0",
    "image.tag=latest": "/image/tag",
}
RETRAINING = {
    "schedule=daily": "/schedule",
    "backend=process": "/backend",
    "suspend=maybe": "/suspend",
    "deadlineSeconds=1": "/deadlineSeconds",
    "alerts=alertmanager:9093": "/alerts",
    "mlflow.uri=": "/mlflow/uri",
    "secrets[0]=Not A Name": "/secrets/0",
    "kubeflow.namespace=Team A": "/kubeflow/namespace",
    "args[0]=": "/args/0",
    "concurrencyPolicy=Allow": "concurrencyPolicy",
}
MONITORING = {
    "objectives.availability=0.5": "/objectives/availability",
    "limits.psi=1": "psi",
    "latencySeconds=0.3": "/latencySeconds",
    "rules.as=file": "/rules/as",
    "disabledAlerts[0]=Other": "/disabledAlerts/0",
    "serviceMonitor.namespace=Not A Name": "/serviceMonitor/namespace",
    "alertmanagerConfig.pager=me": "/alertmanagerConfig/pager",
}
MISTAKES = [
    (f"sentiment-{chart}", setting, where)
    for chart, mistakes in (
        ("serving", SERVING), ("mlflow", MLFLOW), ("retraining", RETRAINING),
        ("monitoring", MONITORING),
    )
    for setting, where in mistakes.items()
]  # fmt: skip
CONTRADICTIONS = {
    "model.source=models:/sentiment@champion": "needs mlflow.uri",
    "moreModels.other=models:/sentiment/3": "needs mlflow.uri",
    "experiment.configMap=encoder-1": "needs requestLog.volume",
    "autoscaling.enabled=true,autoscaling.minReplicas=9": "minReplicas is larger",
    "canary.enabled=true,canary.name=a,mlflow.uri=http://m,requestLog.volume.emptyDir.medium=Memory":
        "stands beside a champion of the registry",
    "canary.enabled=true,canary.name=a,mlflow.uri=http://m,model.source=models:/a@b":
        "needs requestLog.volume",
    "canary.enabled=true,canary.name=a,mlflow.uri=http://m,experiment.configMap=b":
        "which of the two",
    "canary.enabled=true,canary.name=a,mlflow.uri=http://m,moreModels.challenger=models:/a@b":
        "the canary has that name",
}  # fmt: skip


def refusal(chart, *settings):
    """What helm says when it refuses."""
    with pytest.raises(RefusedError) as caught:
        manifest(Values(chart, "mistaken", (), settings))
    return str(caught.value)


@pytest.mark.parametrize(("chart", "setting", "where"), MISTAKES)
def test_a_mistake_is_refused_and_its_place_is_named(chart, setting, where):
    said = refusal(chart, *NEEDED.get(chart, ()), setting)
    assert "don't meet the specifications of the schema" in said
    assert where.strip("/") in said.replace(".", "/")


@pytest.mark.parametrize("chart", charts())
def test_no_object_of_a_schema_takes_keys_that_nobody_knows(chart):
    """But for what Kubernetes defines, and for texts by names of one's own."""
    schema = json.loads((CHARTS / chart / "values.schema.json").read_text())
    loose = [path for path, part in _objects("", schema)
             if "properties" in part and part.get("additionalProperties") is not False
             and not path.endswith(("/if", "/then"))]  # fmt: skip
    assert loose == []


def test_steps_of_a_canary_need_a_time_to_count_from(tmp_path):
    path = tmp_path / "values.yaml"
    given = yaml.safe_load((CHARTS / "sentiment-serving/ci/canary-values.yaml").read_text())
    path.write_text(yaml.safe_dump(given | {"canary": given["canary"] | {"start": ""}}))
    with pytest.raises(RefusedError, match=r"count from canary\.start"):
        manifest(Values("sentiment-serving", "mistaken", (path,)))


@pytest.mark.parametrize("setting", CONTRADICTIONS)
def test_values_that_contradict_each_other_are_refused(setting):
    said = refusal("sentiment-serving", *NEEDED["sentiment-serving"], setting)
    assert CONTRADICTIONS[setting] in said


def test_nothing_is_installed_that_answers_everybody_unless_somebody_says_so():
    assert "apiKeys.open=true" in refusal("sentiment-serving")


def test_replicas_of_mlflow_share_no_file():
    assert "set database.existingSecret" in refusal("sentiment-mlflow", "replicas=2")


def _objects(path, part):
    if isinstance(part, dict):
        if part.get("type") == "object":
            yield path, part
        for name, inner in part.items():
            yield from _objects(f"{path}/{name}", inner)
