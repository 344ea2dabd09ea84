"""The steps of ``make kind-up`` and ``make kind-down``: what is run, in which order, how long."""

from sentiment_pipelines.cluster.pins import (
    CONTEXT,
    FOLDER,
    KUBEFLOW,
    NAME,
    NAMESPACE,
    NODE,
    REGISTRY,
    Pins,
)
from sentiment_pipelines.cluster.steps import Command, Fault, Ready, Step
from sentiment_pipelines.environments import ROOT

HOSTS = f'[host."http://{REGISTRY}:5000"]\n'
"""Where the node finds what this machine calls localhost."""
INSTALLED = "sentiment/kubeflow"
"""Annotation of Kubeflow's namespace: which commit of the manifests is in it, all of them."""
NO_REGISTRY = (
    "is there a way to Docker Hub? a mirror: its address before the name in "
    "pipelines/conf/kind/pins.toml, the digest stays"
)
FAULTS = (
    Fault("no space left", "the disk is full", "make room, then the same command goes on"),
    Fault("cannot connect to the docker daemon", "the docker daemon has gone", "start it again"),
    Fault("toomanyrequests", "Docker Hub gives no more for now", "`docker login`, or wait"),
    Fault(
        "did not complete successfully: exit code", "git could not fetch the manifests",
        "can github.com be reached?",
    ),
    Fault(
        "git fetch", "git could not fetch the manifests of Kubeflow Pipelines",
        "can github.com be reached? a mirror: repository in pipelines/conf/kind/pins.toml",
    ),
)  # fmt: skip


def kubectl(*arguments: str, seconds: float = 60, given: str = "", expected: str = "") -> Command:
    """Returns a command to the cluster."""
    return Command(("kubectl", "--context", CONTEXT, *arguments), seconds, given, expected)


def helm(chart: str, *settings: str) -> Command:
    """Returns the command that installs or updates a chart of this repository.

    Args:
        chart: Its name; the values are its own for kind, and ``pipelines/conf/kind`` on top.
        settings: ``NAME=VALUE``, on top of both.
    """
    folder = ROOT / "charts" / chart
    values = (folder / "ci" / "kind-values.yaml", FOLDER / f"{chart.partition('-')[2]}.yaml")
    return Command(
        (
            "helm", "--kube-context", CONTEXT, "upgrade", "--install", chart,
            str(folder), "--namespace", NAMESPACE,
            *(part for path in values for part in ("--values", str(path))),
            *(part for setting in settings for part in ("--set-string", setting)),
        ),
        120,
    )  # fmt: skip


def installation(pins: Pins, commit: str) -> tuple[Step, ...]:
    """Returns the steps, in order, that make the cluster with all that is in it.

    Args:
        pins: What to install.
        commit: Hash of the commit of Kubeflow Pipelines' release.
    """
    return (
        _registry(pins), _cluster(pins), _network(), _hosts(pins), _definitions(pins, commit),
        _kubeflow(pins, commit), _ports(), _mlflow(),
    )  # fmt: skip


def _registry(pins: Pins) -> Step:
    port = pins.ports["registry"]
    running = ("docker", "inspect", "--format", "{{.State.Running}}", REGISTRY)
    return Step(
        "registry",
        f"starts a registry on {pins.local_registry}",
        done=(Command(running, expected="true"),),
        resumed=(Command(("docker", "start", REGISTRY)),),
        commands=(
            Command(("docker", "pull", "--quiet", pins.registry), 300),
            Command(
                (
                    "docker", "run", "--detach", "--restart", "always", "--name", REGISTRY,
                    "--publish", f"127.0.0.1:{port}:5000",
                    "--volume", f"{REGISTRY}:/var/lib/registry", pins.registry,
                )
            ),
        ),
        undone=(Command(("docker", "rm", "--force", REGISTRY)),),
        faults=(
            *FAULTS,
            Fault("port is already allocated", f"port {port} is in use", "stop what listens there"),
            Fault("failed to do request", "the registry's image cannot be pulled", NO_REGISTRY),
            Fault("pull access denied", "the registry's image cannot be pulled", NO_REGISTRY),
            Fault("error response from daemon: get", "its image cannot be pulled", NO_REGISTRY),
        ),
    )  # fmt: skip


def _cluster(pins: Pins) -> Step:
    config = str(FOLDER / "cluster.yaml")
    whole = (
        Command(("kind", "get", "clusters"), expected=NAME),
        kubectl("get", "--raw", "/readyz", seconds=30),
        kubectl("get", "storageclass", "standard", seconds=30),  # what kind makes last
    )
    return Step(
        "cluster",
        "makes the cluster",
        done=whole,
        resumed=(
            Command(("docker", "start", NODE)),
            Command(("kind", "export", "kubeconfig", "--name", NAME)),
            kubectl("wait", "--for=condition=Ready", "node", "--all", "--timeout=90s", seconds=120),
        ),
        commands=(
            Command(("docker", "pull", "--quiet", pins.node), 1200),
            Command(
                ("kind", "create", "cluster", "--name", NAME, "--config", config,
                 "--image", pins.node, "--wait", "180s"),
                600,
            ),
        ),
        undone=(Command(("kind", "delete", "cluster", "--name", NAME), 120),),
        faults=(
            Fault(
                "node(s) already exist", f"a cluster {NAME!r} is here and does not answer",
                "`make kind-down` takes it away, `make kind-up` makes it anew",
            ),
            *FAULTS,
            Fault("port is already allocated", "a port of the cluster is in use",
                  "stop what listens there; the ports are in pipelines/conf/kind/pins.toml"),
            Fault("failed to pull image", "the node's image cannot be pulled", NO_REGISTRY),
            Fault("failed to do request", "the node's image cannot be pulled", NO_REGISTRY),
            Fault("pull access denied", "the node's image cannot be pulled", NO_REGISTRY),
            Fault("error response from daemon: get", "the node's image cannot be pulled",
                  NO_REGISTRY),
            Fault("unable to connect to the server", "its API does not answer",
                  "`make kind-down`, then `make kind-up`"),
        ),
    )  # fmt: skip


def _network() -> Step:
    looked = "{{range $name, $_ := .NetworkSettings.Networks}}[{{$name}}]{{end}}"
    return Step(
        "network",
        "lets the nodes reach the registry",
        done=(Command(("docker", "inspect", "--format", looked, REGISTRY), expected="[kind]"),),
        commands=(Command(("docker", "network", "connect", "kind", REGISTRY)),),
    )


def _hosts(pins: Pins) -> Step:
    folder = f"/etc/containerd/certs.d/{pins.local_registry}"
    write = ("docker", "exec", "--interactive", NODE, "cp", "/dev/stdin", f"{folder}/hosts.toml")
    return Step(
        "hosts",
        "tells the nodes where the registry is",
        commands=(
            Command(("docker", "exec", NODE, "mkdir", "-p", folder)),
            Command(write, given=HOSTS),
            kubectl("apply", "--filename", str(FOLDER / "registry.yaml")),
        ),
    )  # fmt: skip


def manifests(pins: Pins, folder: str, commit: str) -> str:
    """Returns the address of a folder of Kubeflow Pipelines' manifests, as kustomize reads it."""
    return f"{pins.repository}//manifests/kustomize/{folder}?ref={commit}&timeout=300s"


def _definitions(pins: Pins, commit: str) -> Step:
    definition = "crd/applications.app.k8s.io"
    return Step(
        "definitions",
        "tells the cluster what Kubeflow Pipelines is made of",
        done=_is_installed(commit),
        commands=(
            kubectl(
                "apply", "--server-side", "--force-conflicts", "--kustomize",
                manifests(pins, "cluster-scoped-resources", commit), seconds=400,
            ),
            kubectl("wait", "--for=condition=established", "--timeout=60s", definition, seconds=90),
        ),
        faults=FAULTS,
    )  # fmt: skip


def _is_installed(commit: str) -> tuple[Command, ...]:
    said = f"jsonpath={{.metadata.annotations.{INSTALLED}}}"
    return (kubectl("get", "namespace", KUBEFLOW, "--output", said, expected=commit),)


def _kubeflow(pins: Pins, commit: str) -> Step:
    return Step(
        "kubeflow",
        f"installs Kubeflow Pipelines {pins.version}",
        done=_is_installed(commit),
        commands=(
            kubectl(
                "apply", "--server-side", "--force-conflicts", "--kustomize",
                manifests(pins, "env/platform-agnostic", commit), seconds=400,
            ),
            Ready(KUBEFLOW, CONTEXT, 1200),
            kubectl("annotate", "--overwrite", "namespace", KUBEFLOW, f"{INSTALLED}={commit}"),
        ),
        faults=FAULTS,
    )  # fmt: skip


def _ports() -> Step:
    apply = kubectl("apply", "--filename", str(FOLDER / "ports.yaml"))
    return Step("ports", "opens the ways in from this machine", commands=(apply,))


def _mlflow() -> Step:
    return Step(
        "mlflow",
        "installs MLflow",
        commands=(
            helm("sentiment-mlflow"),
            Ready(NAMESPACE, CONTEXT, 600, "sentiment-mlflow"),
        ),
        faults=FAULTS,
    )


def serving(image: str) -> Step:
    """Returns the step that deploys the champion.

    Args:
        image: The service's, with registry and tag.
    """
    repository, _, tag = image.rpartition(":")
    return Step(
        "service",
        "deploys the champion",
        commands=(
            helm(
                "sentiment-serving",
                f"image.repository={repository}", f"image.tag={tag}",
            ),
            Ready(NAMESPACE, CONTEXT, 300, "sentiment-serving"),
        ),
        faults=FAULTS,
    )  # fmt: skip


def removal(purge: bool) -> tuple[Step, ...]:
    """Returns the steps that take the cluster away.

    Args:
        purge: Whether the registry's images go too.
    """
    cluster = Step(
        "cluster", "deletes the cluster",
        (Command(("kind", "delete", "cluster", "--name", NAME), 120),),
    )  # fmt: skip
    registry = Step(
        "registry", "stops the registry", (Command(("docker", "rm", "--force", REGISTRY)),)
    )
    volume = Command(("docker", "volume", "rm", "--force", REGISTRY))
    images = Step("images", "deletes the registry's images", (volume,))
    return (cluster, registry, images) if purge else (cluster, registry)
