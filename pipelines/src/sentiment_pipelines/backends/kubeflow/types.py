"""What the parts of the Kubeflow backend hand to each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class Connection:
    """How a cluster is reached; from an environment of ``pipelines/conf``.

    Attributes:
        environment: Name of that environment, e.g. ``kind``.
        api: Address of Kubeflow Pipelines' API, e.g. ``http://localhost:8888``.
        ui: Address of its web interface.
        namespace: Kubernetes namespace that the pods of a run are in.
        user_namespace: Of a multi-user Kubeflow, where runs belong to; empty on a single-user one.
        experiment: Experiment that runs are put in.
        token: Environment variable with a bearer token; empty for none.
        token_file: File with one, read anew for each call; empty for none.
        ca: File with the certificates of the authority that signed the API's; empty for the usual.
        context: Of kubeconfig, for looking at pods; empty for the current one.
        where: File that says all this, for messages.
    """

    environment: str
    api: str
    ui: str
    namespace: str = "kubeflow"
    user_namespace: str = ""
    experiment: str = "sentiment"
    token: str = ""
    token_file: str = ""
    ca: str = ""
    context: str = ""
    where: str = "pipelines/conf"


@dataclass(frozen=True)
class Package:
    """A pipeline as it is uploaded, and what a run of it is given.

    Attributes:
        path: The compiled pipeline with image digests and the environment's platform settings.
        digest: ``sha256:`` and the digest of its bytes; the pipeline's version is called by it.
        pipeline: Name of the pipeline inside it, e.g. ``sentiment-training``.
        parameters: The run's parameters; files and folders of this machine are addresses in the
            cluster's artifact store.
        root: Address below which the run's artifacts lie, e.g. ``s3://sentiment/kfp``.
    """

    path: Path
    digest: str
    pipeline: str
    parameters: Mapping[str, Any]
    root: str


class Store(Protocol):
    """The cluster's artifact store, as far as a run's end is read from it."""

    def names(self, prefix: str) -> list[str]:
        """Returns the addresses of all objects whose address begins with ``prefix``, sorted.

        Args:
            prefix: E.g. ``s3://sentiment/kfp/sentiment-training/RUN/evaluate/``.

        Raises:
            InputError: The store cannot be reached, or does not let us in.
        """

    def read(self, address: str) -> bytes:
        """Returns the content of an object.

        Raises:
            InputError: It is not there, or the store cannot be reached.
        """
