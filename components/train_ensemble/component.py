"""The typed interface of train_ensemble, compiled into component.yaml."""

from kfp import dsl

from components.interface import SentimentEvaluation, SentimentExamples, container


@dsl.container_component
def train_ensemble(
    examples: dsl.Input[SentimentExamples],
    evaluation: dsl.Output[SentimentEvaluation],
    least_rows: int = 1,
):
    """Describe in one line what train_ensemble does."""
    return container(
        "train_ensemble",
        examples=examples.path,
        least_rows=least_rows,
        out_evaluation=evaluation.path,
    )
