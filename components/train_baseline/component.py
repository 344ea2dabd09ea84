"""The typed interface of train_baseline, compiled into component.yaml."""

from kfp import dsl

from components.interface import (
    SentimentFeatures,
    SentimentModel,
    SentimentPredictions,
    SentimentTransformGraph,
    container,
)


@dsl.container_component
def train_baseline(
    train_features: dsl.Input[SentimentFeatures],
    transform_graph: dsl.Input[SentimentTransformGraph],
    model: dsl.Output[SentimentModel],
    predictions: dsl.Output[SentimentPredictions],
    search: str = "grid",
    trials: int = 20,
    c_grid: str = "0.5,1,2",
    softness_grid: str = "0,0.15",
    strength_grid: str = "0.8",
    balance: str = "class_weight",
    lexicon: str = "auto",
    word_ngrams: int = 2,
    piece_sizes: str = "2,5",
    min_rows: int = 2,
    folds: int = 5,
    seed: int = 13,
):
    """Trains a calibrated logistic regression on n-grams and lexicons."""
    return container(
        "train_baseline",
        train_features=train_features.path,
        transform_graph=transform_graph.path,
        search=search,
        trials=trials,
        c_grid=c_grid,
        softness_grid=softness_grid,
        strength_grid=strength_grid,
        balance=balance,
        lexicon=lexicon,
        word_ngrams=word_ngrams,
        piece_sizes=piece_sizes,
        min_rows=min_rows,
        folds=folds,
        seed=seed,
        out_model=model.path,
        out_predictions=predictions.path,
    )
