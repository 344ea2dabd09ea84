"""The typed interface of transform, compiled into component.yaml."""

from kfp import dsl

from components.interface import (
    SentimentExamples,
    SentimentFeatures,
    SentimentTransformGraph,
    container,
)


@dsl.container_component
def transform(
    examples: dsl.Input[SentimentExamples],
    transform_graph: dsl.Output[SentimentTransformGraph],
    train_features: dsl.Output[SentimentFeatures],
    validation_features: dsl.Output[SentimentFeatures],
    ngram_max: int = 2,
    min_count: int = 2,
    max_ngrams: int = 20_000,
    max_tokens: int = 10_000,
    lemmas: bool = True,
    stop_words: bool = False,
    beam: str = "",
):
    """Turns text into features with TensorFlow Transform, analysed on the training split."""
    return container(
        "transform",
        examples=examples.path,
        ngram_max=ngram_max,
        min_count=min_count,
        max_ngrams=max_ngrams,
        max_tokens=max_tokens,
        lemmas=lemmas,
        stop_words=stop_words,
        beam=beam,
        out_transform_graph=transform_graph.path,
        out_train_features=train_features.path,
        out_validation_features=validation_features.path,
    )
