"""What an environment of a cluster can say, and how each of its settings is written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sentiment_common.addresses import SECRET_PARAMETER, refuse_literal
from sentiment_pipelines.backends.kubeflow.types import Connection

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
SECONDS = re.compile(r"(\d{1,5})([smhd])")
CPU, MEMORY = r"\d+m|\d*\.?\d+", r"\d+(Ki|[MGTPE]i?)?"
"""What KFP and Kubernetes both take for cores and bytes; ``k`` is not KFP's, ``K`` Kubernetes'."""
MOUNTED = ("secret", "config_map", "claim")
VERSION, CONTENT = "version", "content"
"""How images are tagged: by their rooms' versions, or by what lies here now."""


class Kind(Protocol):
    """A kind of setting."""

    @property
    def wanted(self) -> str:
        """What it takes, in words."""

    def read(self, value: Any) -> Any:
        """Returns the value in the setting's own type.

        Raises:
            ValueError: It is none of this kind.
        """


@dataclass(frozen=True)
class Text:
    """A text of a form; an empty one says that nothing is set."""

    pattern: str = r"[^\n]*"
    wanted: str = "a text"

    def read(self, value: Any) -> str:
        """Returns the text."""
        if not isinstance(value, str) or (value and not re.fullmatch(self.pattern, value)):
            raise ValueError(value)
        return value


class Flag:
    """Yes or no."""

    wanted = "true or false"

    def read(self, value: Any) -> bool:
        """Returns the value."""
        if not isinstance(value, bool):
            raise ValueError(value)
        return value


@dataclass(frozen=True)
class Number:
    """A number between two bounds."""

    least: float = 0
    most: float = 1_000
    whole: bool = True

    @property
    def wanted(self) -> str:
        """What it takes, in words."""
        return f"a {'whole ' if self.whole else ''}number from {self.least:g} to {self.most:g}"

    def read(self, value: Any) -> Any:
        """Returns the number."""
        types = int if self.whole else (int, float)
        if not isinstance(value, types) or isinstance(value, bool):
            raise ValueError(value)
        if not self.least <= value <= self.most:  # nor is what is not a number
            raise ValueError(value)
        return value


class Duration:
    """A span of time."""

    wanted = 'a time like "30s", "10m", "2h" or "1d"'

    def read(self, value: Any) -> int:
        """Returns its seconds."""
        match = SECONDS.fullmatch(value) if isinstance(value, str) else None
        if not match:
            raise ValueError(value)
        return int(match[1]) * UNITS[match[2]]


class Texts:
    """Several texts."""

    wanted = "a list of texts"

    def read(self, value: Any) -> tuple[str, ...]:
        """Returns the texts."""
        if not isinstance(value, list) or not all(isinstance(it, str) and it for it in value):
            raise ValueError(value)
        return tuple(value)


@dataclass(frozen=True)
class Named:
    """Texts by names that only the cluster knows."""

    pattern: str = r"[^\n]*"
    wanted: str = "a table of names, each with a text"

    def read(self, value: Any) -> dict[str, str]:
        """Returns the table."""
        if not isinstance(value, Mapping):
            raise ValueError(value)
        return {str(name): Text(self.pattern).read(text) for name, text in value.items()}


TOLERATION: Mapping[str, Kind] = {
    "key": Text(),
    "operator": Text("Exists|Equal"),
    "value": Text(),
    "effect": Text("NoSchedule|PreferNoSchedule|NoExecute"),
    "toleration_seconds": Number(most=2**31),
}
NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
"""Of an environment variable."""


class Public:
    """Environment variables whose values everybody may read."""

    wanted = "a table of names, each with a text that is no secret: those go into `secrets`"

    def read(self, value: Any) -> dict[str, str]:
        """Returns the table."""
        found = Named().read(value)
        for name, text in found.items():
            if SECRET_PARAMETER.fullmatch(name) or not NAME.fullmatch(name):
                raise ValueError(name)
            refuse_literal(text, name)
        return found


class Tolerations:
    """Taints of nodes that pods may run on all the same."""

    wanted = f"a list of tables with {', '.join(sorted(TOLERATION))}"

    def read(self, value: Any) -> tuple[dict[str, Any], ...]:
        """Returns them."""
        if not isinstance(value, list) or not all(
            isinstance(it, Mapping) and it and set(it) <= set(TOLERATION) for it in value
        ):
            raise ValueError(value)
        return tuple(
            {name: TOLERATION[name].read(said) for name, said in it.items()} for it in value
        )


class Mounts:
    """Volumes that a stage sees."""

    wanted = (
        f"a list of tables with a path of its own that begins with /, one of {', '.join(MOUNTED)}, "
        "and for a claim sub_path"
    )

    def read(self, value: Any) -> tuple[dict[str, str], ...]:
        """Returns them."""
        if not isinstance(value, list):
            raise ValueError(value)
        found = tuple(self._mount(it) for it in value)
        if len({mount["path"] for mount in found}) < len(found):
            raise ValueError(value)
        return found

    def _mount(self, value: Any) -> dict[str, str]:
        given = set(value) if isinstance(value, Mapping) else set()
        sources = given & set(MOUNTED)
        known = {"path", *sources} | ({"sub_path"} if sources == {"claim"} else set())
        if len(sources) != 1 or "path" not in given or not given <= known:
            raise ValueError(value)
        mount = Named().read(value)
        if not mount["path"].startswith("/") or not mount[sources.pop()]:
            raise ValueError(value)
        return mount


REFERENCES = Named(
    r"[a-z0-9.-]+/[\w.-]+", 'a table of environment variables, each with "NAME-OF-SECRET/KEY"'
)
"""Secrets are named, and never held."""
CONFIG_MAPS = Named(
    r"[a-z0-9.-]+/[\w.-]+", 'a table of environment variables, each with "NAME-OF-CONFIG-MAP/KEY"'
)
ADDRESS = Text(r"https?://[^\s/@]+(/[^\s]*)?", "an address like https://host/path, with no secret")
STAGE: Mapping[str, Kind] = {
    "cpu": Text(CPU, 'cores, e.g. "500m" or "2"'),
    "cpu_limit": Text(CPU, 'cores, e.g. "500m" or "2"'),
    "memory": Text(MEMORY, 'bytes, e.g. "512Mi" or "4Gi"'),
    "memory_limit": Text(MEMORY, 'bytes, e.g. "512Mi" or "4Gi"'),
    "scratch": Text(MEMORY, 'bytes, e.g. "512Mi" or "4Gi"'),
    "accelerator": Text(r"[\w./-]+", 'a resource of nodes, e.g. "nvidia.com/gpu"'),
    "accelerators": Number(1),
    "timeout": Duration(),
    "retries": Number(),
    "backoff": Duration(),
    "backoff_factor": Number(1, 10, whole=False),
    "backoff_most": Duration(),
    "node_selector": Named(),
    "tolerations": Tolerations(),
    "labels": Named(),
    "annotations": Named(),
    "environment": Public(),
    "secrets": REFERENCES,
    "config_maps": CONFIG_MAPS,
    "mounts": Mounts(),
}
SECTIONS: Mapping[str, Mapping[str, Kind]] = {
    "connection": {
        "api": ADDRESS,
        "ui": ADDRESS,
        **dict.fromkeys(
            ("namespace", "user_namespace", "experiment", "token", "token_file", "ca", "context"),
            Text(),
        ),
    },
    "images": {
        "registry": Text(r"[^\s@]+[^\s@/]", "a registry, e.g. localhost:5001 or host/team"),
        "api": ADDRESS,
        "tags": Text(f"{VERSION}|{CONTENT}", f"{VERSION} or {CONTENT}"),
        "push": Text(),
        "pull_policy": Text("Always|IfNotPresent|Never", "Always, IfNotPresent or Never"),
        "pull_secrets": Texts(),
    },
    "store": {
        "scheme": Text("s3|minio", "s3, or minio for the store of KFP's own manifests"),
        "bucket": Text(r"[a-z0-9][a-z0-9.-]+", "the name of a bucket"),
        "prefix": Text(r"[\w.-]+(/[\w.-]+)*", "a path without slashes at its ends"),
        "root": Text(r"(s3|minio|gs)://[^\s?]+", "an address like s3://bucket/path"),
        "endpoint": ADDRESS,
        "inside": ADDRESS,
        "region": Text(),
        "path_style": Flag(),
        "secrets": REFERENCES,
    },
    "tracking": {"server": ADDRESS, "address": ADDRESS, "secrets": REFERENCES},
}
"""The settings of each section; the sections of stages have those of ``STAGE``."""


@dataclass(frozen=True)
class Stage:
    """What a stage's pods are given; what is empty is left to the cluster.

    Attributes:
        cpu: Cores it is placed by.
        cpu_limit: The most it may use.
        memory: Bytes it is placed by.
        memory_limit: The most it may use; beyond it is killed.
        scratch: Size of a disk of its own at ``/tmp``.
        accelerator: Resource of nodes, e.g. ``nvidia.com/gpu``.
        accelerators: How many of it.
        timeout: Seconds after which it is ended; 0 for none.
        retries: How often it is tried again.
        backoff: Seconds before the first time.
        backoff_factor: By how much they grow each time.
        backoff_most: To at most so many.
        node_selector: Labels of the nodes it may run on.
        tolerations: Taints of nodes that it may run on all the same.
        labels: Labels of its pods.
        annotations: Annotations of its pods.
        environment: Environment variables.
        secrets: ``SECRET/KEY`` by environment variable.
        config_maps: ``CONFIG-MAP/KEY`` by environment variable.
        mounts: Volumes: ``path`` and ``secret``, ``config_map`` or ``claim``.
    """

    cpu: str = ""
    cpu_limit: str = ""
    memory: str = ""
    memory_limit: str = ""
    scratch: str = ""
    accelerator: str = ""
    accelerators: int = 1
    timeout: int = 0
    retries: int = 0
    backoff: int = 0
    backoff_factor: float = 2.0
    backoff_most: int = 3600
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Mapping[str, Any], ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    config_maps: Mapping[str, str] = field(default_factory=dict)
    mounts: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class Images:
    """Where the cluster has its images from.

    Attributes:
        registry: What stands before an image's name, e.g. ``localhost:5001``.
        api: Address of the registry's API, where it is another from here; empty for the registry.
        tags: ``version``, or ``content`` for what lies here now.
        push: The command that pushes what is missing.
        pull_policy: Kubernetes' word.
        pull_secrets: Names of the secrets that let the cluster in.
    """

    registry: str = ""
    api: str = ""
    tags: str = VERSION
    push: str = ""
    pull_policy: str = "IfNotPresent"
    pull_secrets: tuple[str, ...] = ()


@dataclass(frozen=True)
class StoreSettings:
    """The artifact store, which speaks S3.

    Attributes:
        scheme: Of the addresses that Kubeflow is told: ``s3``, or ``minio``.
        bucket: Bucket.
        prefix: Below which everything of ours lies.
        root: Below which the artifacts of runs lie; empty for ``runs`` below the prefix.
        endpoint: Address, from here; empty for AWS's own.
        inside: Address, from the cluster's pods; empty for the same.
        region: Region.
        path_style: Whether the bucket stands in the path and not in the host's name.
        secrets: ``SECRET/KEY`` by ``AWS_ACCESS_KEY_ID`` and ``AWS_SECRET_ACCESS_KEY``; empty where
            pods are let in by who they are.
    """

    scheme: str = "s3"
    bucket: str = ""
    prefix: str = "sentiment"
    root: str = ""
    endpoint: str = ""
    inside: str = ""
    region: str = "us-east-1"
    path_style: bool = False
    secrets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Tracking:
    """The cluster's MLflow.

    Attributes:
        server: Address, from the cluster's pods.
        address: Address, from here; empty for the same.
        secrets: ``SECRET/KEY`` by environment variable, e.g. ``MLFLOW_TRACKING_PASSWORD``.
    """

    server: str = ""
    address: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Environment:
    """A cluster, and what runs are given there.

    Attributes:
        name: What it is called, e.g. ``kind``.
        where: Its file, for messages.
        connection: How it is reached.
        images: Where it has its images from.
        store: Its artifact store.
        tracking: Its MLflow.
        stages: What the pods of each stage are given, by the stage's name.
    """

    name: str
    where: str
    connection: Connection
    images: Images
    store: StoreSettings
    tracking: Tracking
    stages: Mapping[str, Stage]
