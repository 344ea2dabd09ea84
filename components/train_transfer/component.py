"""The typed interface of train_transfer, compiled into component.yaml."""

from kfp import dsl

from components.interface import SentimentEvaluation, SentimentExamples, container


@dsl.container_component
def train_transfer(
    examples: dsl.Input[SentimentExamples],
    evaluation: dsl.Output[SentimentEvaluation],
    least_rows: int = 1,
):
    """Describe in one line what train_transfer does."""
    return container(
        "train_transfer",
        examples=examples.path,
        least_rows=least_rows,
        out_evaluation=evaluation.path,
    )
