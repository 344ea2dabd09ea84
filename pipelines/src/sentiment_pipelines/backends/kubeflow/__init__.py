"""Kubeflow Pipelines: a pipeline is submitted as a whole, and runs on without this machine.

What is taken from outside is found here and brought to the cluster's artifact store; a run is then
uploaded, started, watched, and what came of it is brought home into ``var/runs``.
"""

from dataclasses import dataclass

from sentiment_pipelines.backends import KUBEFLOW


@dataclass(frozen=True)
class Cluster:
    """A cluster with Kubeflow Pipelines.

    Attributes:
        environment: Its file in ``pipelines/conf``; empty for what ``SENTIMENT_CONF`` says, or the
            cluster that ``make kind-up`` made.
        detach: Whether to return when a run has started.
        name: What this backend is called on the command line.
    """

    environment: str = ""
    detach: bool = False
    name: str = KUBEFLOW
