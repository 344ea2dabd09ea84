"""The typed interface of validate, compiled into component.yaml."""

from kfp import dsl

from components.interface import (
    SentimentAnomalies,
    SentimentExamples,
    SentimentSchema,
    SentimentStatistics,
    container,
    optional,
)


@dsl.container_component
def validate(
    examples: dsl.Input[SentimentExamples],
    statistics: dsl.Output[SentimentStatistics],
    used_schema: dsl.Output[SentimentSchema],
    anomalies: dsl.Output[SentimentAnomalies],
    report: dsl.Output[dsl.HTML],
    verdict: dsl.OutputPath(str),
    previous_statistics: dsl.Input[SentimentStatistics] = None,
    schema: str = "auto",
    rules: str = "auto",
    accept: str = "",
    beam: str = "",
):
    """Judges examples against a schema with TensorFlow Data Validation and finds leakage."""
    return container(
        "validate",
        examples=examples.path,
        previous_statistics=optional("previous_statistics", previous_statistics.path),
        schema=schema,
        rules=rules,
        accept=accept,
        beam=beam,
        out_statistics=statistics.path,
        out_used_schema=used_schema.path,
        out_anomalies=anomalies.path,
        out_report=report.path,
        out_verdict=verdict,
    )
