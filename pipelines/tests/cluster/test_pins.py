"""What is installed is pinned, and says the same as everybody else who names it."""

import re
import tomllib
from urllib.parse import urlsplit

import yaml

from sentiment_pipelines.cluster import pins
from sentiment_pipelines.cluster.installation import HOSTS
from sentiment_pipelines.environments import ROOT

PINNED = re.compile(r"[a-z/]+:v?\d[\d.]*@sha256:[0-9a-f]{64}")


def test_every_image_has_a_tag_and_a_digest():
    found = pins.read()
    assert PINNED.fullmatch(found.node)
    assert PINNED.fullmatch(found.registry)
    assert re.fullmatch(r"|[0-9a-f]{40}", found.commit)


def test_the_release_of_kubeflow_pipelines_is_that_of_the_sdk():
    lock = (ROOT / "pipelines" / "requirements.lock").read_text()
    assert f"\nkfp=={pins.read().version} " in f"\n{lock}"


def test_runs_are_sent_where_the_cluster_listens():
    told = tomllib.loads((ROOT / "pipelines" / "conf" / "kind.toml").read_text())
    found = pins.read()
    assert told["connection"]["api"] == found.address("kubeflow")
    assert told["connection"]["context"] == pins.CONTEXT
    assert told["connection"].get("namespace", "kubeflow") == pins.KUBEFLOW
    assert told["images"]["registry"] == found.local_registry
    assert told["store"]["endpoint"] == found.address("store")
    assert told["tracking"]["address"] == found.address("mlflow")
    inside = urlsplit(told["tracking"]["server"])
    values = yaml.safe_load((pins.FOLDER / "mlflow.yaml").read_text())
    assert inside.hostname == f"sentiment-mlflow.{pins.NAMESPACE}"
    assert (inside.port or 80) == values["service"]["port"]
    serving = urlsplit(yaml.safe_load((pins.FOLDER / "serving.yaml").read_text())["mlflow"]["uri"])
    assert (serving.port or 80) == values["service"]["port"]


def test_from_inside_the_cluster_the_registry_is_asked_by_its_container_s_name():
    told = tomllib.loads((ROOT / "pipelines" / "conf" / "kind-inside.toml").read_text())
    assert told["images"]["api"] == f"http://{pins.REGISTRY}:5000"
    assert pins.REGISTRY in HOSTS


def test_memory_disk_and_time_are_the_sums_that_the_documentation_states():
    found = pins.read()
    assert all(part.source for part in found.parts)
    page = (ROOT / "docs" / "kubernetes.md").read_text()
    total = f"{found.memory:,} | {found.disk:,} | {sum(part.seconds for part in found.parts)}"
    assert f"| together | {total} |" in page
    for part in found.parts:
        assert f"| {part.name} | {part.memory:,} | {part.disk:,} | {part.seconds} |" in page
