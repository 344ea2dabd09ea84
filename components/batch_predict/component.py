"""The typed interface of batch_predict, compiled into component.yaml."""

from kfp import dsl

from components.interface import SentimentEvaluation, SentimentExamples, container


@dsl.container_component
def batch_predict(
    examples: dsl.Input[SentimentExamples],
    evaluation: dsl.Output[SentimentEvaluation],
    least_rows: int = 1,
):
    """Describe in one line what batch_predict does."""
    return container(
        "batch_predict",
        examples=examples.path,
        least_rows=least_rows,
        out_evaluation=evaluation.path,
    )
