"""The typed interface of push, compiled into component.yaml."""

from kfp import dsl

from components.interface import (
    SentimentBlessing,
    SentimentEvaluation,
    SentimentExamples,
    SentimentModel,
    SentimentPushedModel,
    container,
)


@dsl.container_component
def push(
    model: dsl.Input[SentimentModel],
    blessing: dsl.Input[SentimentBlessing],
    evaluation: dsl.Input[SentimentEvaluation],
    examples: dsl.Input[SentimentExamples],
    pushed_model: dsl.Output[SentimentPushedModel],
    model_version: dsl.OutputPath(str),
    registered_model: str = "sentiment",
    alias: str = "champion",
    model_license: str = "",
):
    """Registers a blessed model after a smoke test and moves the alias to it."""
    return container(
        "push",
        model=model.path,
        blessing=blessing.path,
        evaluation=evaluation.path,
        examples=examples.path,
        registered_model=registered_model,
        alias=alias,
        model_license=model_license,
        out_pushed_model=pushed_model.path,
        out_model_version=model_version,
    )
