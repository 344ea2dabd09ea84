"""What of the cluster is up, how much memory it takes, and where to look."""

from collections.abc import Iterator
from dataclasses import dataclass

from sentiment_pipelines.cluster import web
from sentiment_pipelines.cluster.pins import CONTEXT, KUBEFLOW, NAMESPACE, NODE, REGISTRY
from sentiment_pipelines.cluster.state import Cluster
from sentiment_pipelines.cluster.steps import Command, Ready, looked, missing

SECONDS = 10.0


@dataclass(frozen=True)
class Row:
    """A line of the status.

    Attributes:
        name: What it is about.
        up: Whether it is as it should be; None for what may be missing.
        words: What there is to say.
    """

    name: str
    up: bool | None
    words: str


def rows(cluster: Cluster) -> list[Row]:
    """Returns the state of each part of the cluster."""
    return [*_containers(), *_deployments(), *_links(cluster)]


def _containers() -> Iterator[Row]:
    stats = Command(
        ("docker", "stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}", NODE, REGISTRY),
        30,
    )
    used = dict(line.split(" ", 1) for line in (looked(stats) or "").splitlines() if " " in line)
    for name, words in ((NODE, "the node"), (REGISTRY, "the registry")):
        look = Command(("docker", "inspect", "--format", "{{.State.Running}}", name), SECONDS)
        up = (looked(look) or "").strip() == "true"
        yield Row(name, up, f"{words}, memory {used.get(name, '?')}" if up else "does not run")


def _deployments() -> Iterator[Row]:
    for namespace in (KUBEFLOW, NAMESPACE):
        count, waits = missing(Ready(namespace, CONTEXT, 0))
        up = count > 0 and not waits
        words = f"{count - len(waits)} of {count} deployments are ready"
        yield Row(
            f"namespace {namespace}", up, words + (f"; not {', '.join(waits)}" if waits else "")
        )


def _links(cluster: Cluster) -> Iterator[Row]:
    yield _link("Kubeflow Pipelines", cluster.api, "/apis/v2beta1/healthz")
    yield _link("MLflow", cluster.mlflow, "/health")
    yield _link("artifact store", cluster.store, "/status")
    yield _link("registry", f"http://{cluster.registry}", "/v2/")
    if missing(Ready(NAMESPACE, CONTEXT, 0, "sentiment-serving"))[0]:
        yield _link("service", cluster.service, "/readyz")
    else:
        yield Row("service", None, "no champion is deployed")


def _link(name: str, address: str, path: str) -> Row:
    answer = web.ask(address + path)
    if not answer.code:
        return Row(name, False, f"{address} does not answer: {answer.body}")
    if answer.code >= 400:
        return Row(name, False, f"{address}{path} answers {answer.code}")
    return Row(name, True, address)
