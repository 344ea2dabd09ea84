"""The typed interface of train_ensemble, compiled into component.yaml."""

from kfp import dsl

from components.interface import SentimentModel, SentimentPredictions, container, optional


@dsl.container_component
def train_ensemble(
    model: dsl.Input[SentimentModel],
    predictions: dsl.Input[SentimentPredictions],
    model_2: dsl.Input[SentimentModel],
    predictions_2: dsl.Input[SentimentPredictions],
    ensemble: dsl.Output[SentimentModel],
    model_3: dsl.Input[SentimentModel] = None,
    predictions_3: dsl.Input[SentimentPredictions] = None,
    model_4: dsl.Input[SentimentModel] = None,
    predictions_4: dsl.Input[SentimentPredictions] = None,
    method: str = "auto",
    min_gain: float = 0.001,
    folds: int = 5,
    seed: int = 13,
):
    """Blends two to four models, and leaves out those that do not pay for their latency."""
    return container(
        "train_ensemble",
        model=model.path,
        predictions=predictions.path,
        model_2=model_2.path,
        predictions_2=predictions_2.path,
        model_3=optional("model_3", model_3.path),
        predictions_3=optional("predictions_3", predictions_3.path),
        model_4=optional("model_4", model_4.path),
        predictions_4=optional("predictions_4", predictions_4.path),
        method=method,
        min_gain=min_gain,
        folds=folds,
        seed=seed,
        out_ensemble=ensemble.path,
    )
