"""The pipeline that a cluster runs by the clock: it decides whether to retrain, and does.

A recurring run of the training pipeline itself would compare with the champion of the day it was
set up. So what recurs is this one task: the control plane in its container, which looks at signals,
finds today's champion and submits the training pipeline as a run of its own.
"""

from kfp import dsl

from sentiment_pipelines.environments import rooms

IMAGE = f"sentiment-pipelines:{rooms()['pipelines'].version}"


@dsl.container_component
def retrain_check() -> dsl.ContainerSpec:
    """Decides once, and waits for the training that follows from it."""
    return dsl.ContainerSpec(
        image=IMAGE, command=["sentiment-pipelines", "retrain-check", "--backend", "kubeflow"]
    )


@dsl.pipeline(
    name="sentiment-retraining",
    description="Decides whether to retrain, by drift, quality, new labels and time, and does.",
)
def scheduled() -> None:
    """Decides whether to retrain."""
    decided = retrain_check()
    decided.set_caching_options(enable_caching=False)  # another day is another decision
