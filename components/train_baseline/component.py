"""The typed interface of train_baseline, compiled into component.yaml."""

from kfp import dsl

from components.interface import (
    SentimentFeatures,
    SentimentModel,
    SentimentTransformGraph,
    container,
)


@dsl.container_component
def train_baseline(
    train_features: dsl.Input[SentimentFeatures],
    transform_graph: dsl.Input[SentimentTransformGraph],
    model: dsl.Output[SentimentModel],
    c_grid: str = "0.25,0.5,1,2,4,8",
    folds: int = 5,
    class_weight: str = "balanced",
    seed: int = 13,
):
    """Trains a calibrated logistic regression on TF-IDF, its C chosen by cross-validation."""
    return container(
        "train_baseline",
        train_features=train_features.path,
        transform_graph=transform_graph.path,
        c_grid=c_grid,
        folds=folds,
        class_weight=class_weight,
        seed=seed,
        out_model=model.path,
    )
