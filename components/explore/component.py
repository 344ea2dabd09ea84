"""The typed interface of explore, compiled into component.yaml."""

from kfp import dsl

from components.interface import (
    SentimentExamples,
    SentimentExploration,
    SentimentStatistics,
    container,
    optional,
)


@dsl.container_component
def explore(
    examples: dsl.Input[SentimentExamples],
    exploration: dsl.Output[SentimentExploration],
    report: dsl.Output[dsl.HTML],
    statistics: dsl.Input[SentimentStatistics] = None,
    top_terms: int = 20,
    sample_rows: int = 60_000,
    folds: int = 5,
    seed: int = 13,
):
    """Shows what is in the feedback before anything is trained on it, as one web page."""
    return container(
        "explore",
        examples=examples.path,
        statistics=optional("statistics", statistics.path),
        top_terms=top_terms,
        sample_rows=sample_rows,
        folds=folds,
        seed=seed,
        out_exploration=exploration.path,
        out_report=report.path,
    )
