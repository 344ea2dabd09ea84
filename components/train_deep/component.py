"""The typed interface of train_deep, compiled into component.yaml."""

from kfp import dsl

from components.interface import (
    SentimentFeatures,
    SentimentModel,
    SentimentPredictions,
    SentimentTransformGraph,
    container,
)


@dsl.container_component
def train_deep(
    train_features: dsl.Input[SentimentFeatures],
    validation_features: dsl.Input[SentimentFeatures],
    transform_graph: dsl.Input[SentimentTransformGraph],
    model: dsl.Output[SentimentModel],
    predictions: dsl.Output[SentimentPredictions],
    architecture: str = "lstm",
    embeddings: str = "glove-6b-50d",
    lexicon: str = "auto",
    units: int = 32,
    layers: int = 1,
    dropout: float = 0.5,
    learning_rate: float = 0.003,
    label_smoothing: float = 0.1,
    rating_weight: float = 1.0,
    batch_size: int = 128,
    epochs: int = 30,
    patience: int = 3,
    max_length: int = 64,
    class_weight: str = "balanced",
    search_trials: int = 0,
    cross_fit_folds: int = 3,
    seed: int = 13,
):
    """Trains an LSTM or a Transformer on word embeddings and calibrates its probabilities."""
    return container(
        "train_deep",
        train_features=train_features.path,
        validation_features=validation_features.path,
        transform_graph=transform_graph.path,
        architecture=architecture,
        embeddings=embeddings,
        lexicon=lexicon,
        units=units,
        layers=layers,
        dropout=dropout,
        learning_rate=learning_rate,
        label_smoothing=label_smoothing,
        rating_weight=rating_weight,
        batch_size=batch_size,
        epochs=epochs,
        patience=patience,
        max_length=max_length,
        class_weight=class_weight,
        search_trials=search_trials,
        cross_fit_folds=cross_fit_folds,
        seed=seed,
        out_model=model.path,
        out_predictions=predictions.path,
    )
