"""The typed interface of monitor, compiled into component.yaml."""

from kfp import dsl

from components.interface import (
    SentimentDrift,
    SentimentEvaluation,
    SentimentExamples,
    SentimentModel,
    SentimentStatistics,
    container,
    optional,
)


@dsl.container_component
def monitor(
    model: dsl.Input[SentimentModel],
    drift: dsl.Output[SentimentDrift],
    report: dsl.Output[dsl.HTML],
    decision: dsl.OutputPath(str),
    metrics: dsl.OutputPath(str),
    examples: dsl.Input[SentimentExamples] = None,
    statistics: dsl.Input[SentimentStatistics] = None,
    evaluation: dsl.Input[SentimentEvaluation] = None,
    log: str = "",
    since: str = "",
    until: str = "",
    window: str = "24h",
    policy: str = "auto",
    history: str = "",
    show_texts: bool = False,
):
    """Watches a model on live traffic: drift, quality, and what should follow."""
    return container(
        "monitor",
        model=model.path,
        examples=optional("examples", examples.path),
        statistics=optional("statistics", statistics.path),
        evaluation=optional("evaluation", evaluation.path),
        log=log,
        since=since,
        until=until,
        window=window,
        policy=policy,
        history=history,
        show_texts=show_texts,
        out_drift=drift.path,
        out_report=report.path,
        out_decision=decision,
        out_metrics=metrics,
    )
