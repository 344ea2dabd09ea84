"""The typed interface of monitor, compiled into component.yaml."""

from kfp import dsl

from components.interface import SentimentEvaluation, SentimentExamples, container


@dsl.container_component
def monitor(
    examples: dsl.Input[SentimentExamples],
    evaluation: dsl.Output[SentimentEvaluation],
    least_rows: int = 1,
):
    """Describe in one line what monitor does."""
    return container(
        "monitor",
        examples=examples.path,
        least_rows=least_rows,
        out_evaluation=evaluation.path,
    )
