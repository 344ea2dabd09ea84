"""The typed interface of train_deep, compiled into component.yaml."""

from kfp import dsl

from components.interface import (
    SentimentFeatures,
    SentimentModel,
    SentimentTransformGraph,
    container,
)


@dsl.container_component
def train_deep(
    train_features: dsl.Input[SentimentFeatures],
    validation_features: dsl.Input[SentimentFeatures],
    transform_graph: dsl.Input[SentimentTransformGraph],
    model: dsl.Output[SentimentModel],
    embeddings: str = "glove-6b-50d",
    units: int = 64,
    dropout: float = 0.4,
    learning_rate: float = 0.002,
    batch_size: int = 64,
    epochs: int = 20,
    patience: int = 3,
    max_length: int = 64,
    class_weight: str = "balanced",
    seed: int = 13,
):
    """Trains a bidirectional LSTM on word embeddings and calibrates its probabilities."""
    return container(
        "train_deep",
        train_features=train_features.path,
        validation_features=validation_features.path,
        transform_graph=transform_graph.path,
        embeddings=embeddings,
        units=units,
        dropout=dropout,
        learning_rate=learning_rate,
        batch_size=batch_size,
        epochs=epochs,
        patience=patience,
        max_length=max_length,
        class_weight=class_weight,
        seed=seed,
        out_model=model.path,
    )
