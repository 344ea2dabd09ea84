"""What every ``component.py`` is written with: the artifact types and the container contract.

Each artifact of the house has its own type, so a mis-wired pipeline does not compile. KFP's SDK
accepts titles in its own ``system`` namespace only (kubeflow/pipelines#11505). What lies inside an
artifact is documented beside its kind in ``sentiment_common.artifacts``.
"""

import tomllib
from pathlib import Path

from kfp import dsl

COMPONENTS = Path(__file__).parent


class SentimentExamples(dsl.Artifact):
    """Labelled feedback in three splits."""

    schema_title = "system.SentimentExamples"
    schema_version = "0.0.1"


class SentimentStatistics(dsl.Artifact):
    """TFDV statistics of each split."""

    schema_title = "system.SentimentStatistics"
    schema_version = "0.0.1"


class SentimentSchema(dsl.Artifact):
    """The TFDV schema that examples are judged by."""

    schema_title = "system.SentimentSchema"
    schema_version = "0.0.1"


class SentimentAnomalies(dsl.Artifact):
    """What was found wrong with the examples."""

    schema_title = "system.SentimentAnomalies"
    schema_version = "0.0.1"


class SentimentTransformGraph(dsl.Artifact):
    """The exported graph from raw text to features."""

    schema_title = "system.SentimentTransformGraph"
    schema_version = "0.0.1"


class SentimentFeatures(dsl.Artifact):
    """Features of one split."""

    schema_title = "system.SentimentFeatures"
    schema_version = "0.0.1"


class SentimentPredictions(dsl.Artifact):
    """Cross-fitted probabilities of the train split."""

    schema_title = "system.SentimentPredictions"
    schema_version = "0.0.1"


class SentimentModel(dsl.Artifact):
    """A bundle: raw text in, calibrated probabilities out."""

    schema_title = "system.SentimentModel"
    schema_version = "0.0.1"


class SentimentChampion(dsl.Artifact):
    """The model in production when the run began, or none."""

    schema_title = "system.SentimentChampion"
    schema_version = "0.0.1"


class SentimentEvaluation(dsl.Artifact):
    """Metrics, curves and slices of every candidate and the champion."""

    schema_title = "system.SentimentEvaluation"
    schema_version = "0.0.1"


class SentimentBlessing(dsl.Artifact):
    """The gate's verdict with every rule and figure."""

    schema_title = "system.SentimentBlessing"
    schema_version = "0.0.1"


class SentimentPushedModel(dsl.Artifact):
    """Where the registry keeps the pushed model."""

    schema_title = "system.SentimentPushedModel"
    schema_version = "0.0.1"


class SentimentExploration(dsl.Artifact):
    """What is to be known of the examples before anything is trained."""

    schema_title = "system.SentimentExploration"
    schema_version = "0.0.1"


class SentimentScored(dsl.Artifact):
    """Texts with their sentiment."""

    schema_title = "system.SentimentScored"
    schema_version = "0.0.1"


class SentimentComparison(dsl.Artifact):
    """An experiment on live traffic and its verdict."""

    schema_title = "system.SentimentComparison"
    schema_version = "0.0.1"


class SentimentDrift(dsl.Artifact):
    """What has changed on live traffic since a model was trained, and what should follow."""

    schema_title = "system.SentimentDrift"
    schema_version = "0.0.1"


ARTIFACT_TYPES: tuple[type[dsl.Artifact], ...] = (
    SentimentExamples,
    SentimentStatistics,
    SentimentSchema,
    SentimentAnomalies,
    SentimentTransformGraph,
    SentimentFeatures,
    SentimentPredictions,
    SentimentModel,
    SentimentChampion,
    SentimentEvaluation,
    SentimentBlessing,
    SentimentPushedModel,
    SentimentExploration,
    SentimentScored,
    SentimentComparison,
    SentimentDrift,
)


def container(stage: str, **flags: object) -> dsl.ContainerSpec:
    """Returns the container of a stage: its image, its command and one flag per keyword.

    Args:
        stage: Folder below ``components/``, e.g. ``train_baseline``.
        **flags: Placeholders by flag name (``out_model`` is ``--out-model``). A value of None
            leaves the flag out; a ``dsl.IfPresentPlaceholder`` is passed on as it is.
    """
    name = "sentiment-" + stage.replace("_", "-")
    arguments: list[object] = []
    for flag, value in flags.items():
        if isinstance(value, dsl.IfPresentPlaceholder):
            arguments.append(value)
        else:
            arguments += ["--" + flag.replace("_", "-"), value]
    arguments += ["--executor-input", dsl.PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER]
    arguments += ["--executor-output", dsl.PIPELINE_TASK_EXECUTOR_OUTPUT_PATH_PLACEHOLDER]
    return dsl.ContainerSpec(image=f"{name}:{version(stage)}", command=[name], args=arguments)


def optional(flag: str, placeholder: object) -> dsl.IfPresentPlaceholder:
    """Returns a flag that is passed only when the pipeline provides the input of that name."""
    return dsl.IfPresentPlaceholder(
        input_name=flag, then=["--" + flag.replace("_", "-"), placeholder]
    )


def version(stage: str) -> str:
    """Returns a stage's version from its ``pyproject.toml``: it is the tag of its image."""
    project = tomllib.loads((COMPONENTS / stage / "pyproject.toml").read_text())["project"]
    return str(project["version"])
