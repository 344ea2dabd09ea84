"""The typed interface of train_transfer, compiled into component.yaml."""

from kfp import dsl

from components.interface import (
    SentimentFeatures,
    SentimentModel,
    SentimentPredictions,
    SentimentTransformGraph,
    container,
)


@dsl.container_component
def train_transfer(
    train_features: dsl.Input[SentimentFeatures],
    validation_features: dsl.Input[SentimentFeatures],
    transform_graph: dsl.Input[SentimentTransformGraph],
    model: dsl.Output[SentimentModel],
    predictions: dsl.Output[SentimentPredictions],
    encoder: str = "minilm",
    layers: str = "auto",
    max_tokens: int = 128,
    lexicon: str = "auto",
    rating_noise: float = 0.2,
    c_grid: str = "0.0003,0.001,0.003",
    folds: int = 5,
    class_weight: str = "balanced",
    seed: int = 13,
):
    """Trains a head on a frozen sentence encoder and calibrates its probabilities."""
    return container(
        "train_transfer",
        train_features=train_features.path,
        validation_features=validation_features.path,
        transform_graph=transform_graph.path,
        encoder=encoder,
        layers=layers,
        max_tokens=max_tokens,
        lexicon=lexicon,
        rating_noise=rating_noise,
        c_grid=c_grid,
        folds=folds,
        class_weight=class_weight,
        seed=seed,
        out_model=model.path,
        out_predictions=predictions.path,
    )
