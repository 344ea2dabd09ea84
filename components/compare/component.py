"""The typed interface of compare, compiled into component.yaml."""

from kfp import dsl

from components.interface import SentimentComparison, container


@dsl.container_component
def compare(
    comparison: dsl.Output[SentimentComparison],
    report: dsl.Output[dsl.HTML],
    verdict: dsl.OutputPath(str),
    log: str = "",
    experiment: str = "",
    state: str = "",
    metric: str = "",
    confidence: str = "",
    margin: str = "",
    until: str = "",
):
    """Judges an experiment on live traffic from the request log and its feedback."""
    return container(
        "compare",
        log=log,
        experiment=experiment,
        state=state,
        metric=metric,
        confidence=confidence,
        margin=margin,
        until=until,
        out_comparison=comparison.path,
        out_report=report.path,
        out_verdict=verdict,
    )
