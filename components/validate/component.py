"""The typed interface of validate, compiled into component.yaml."""

from kfp import dsl

from components.interface import (
    SentimentAnomalies,
    SentimentExamples,
    SentimentSchema,
    SentimentStatistics,
    container,
)


@dsl.container_component
def validate(
    examples: dsl.Input[SentimentExamples],
    statistics: dsl.Output[SentimentStatistics],
    used_schema: dsl.Output[SentimentSchema],
    anomalies: dsl.Output[SentimentAnomalies],
    report: dsl.Output[dsl.HTML],
    verdict: dsl.OutputPath(str),
    schema: str = "auto",
):
    """Judges examples against a schema with TensorFlow Data Validation and finds leakage."""
    return container(
        "validate",
        examples=examples.path,
        schema=schema,
        out_statistics=statistics.path,
        out_used_schema=used_schema.path,
        out_anomalies=anomalies.path,
        out_report=report.path,
        out_verdict=verdict,
    )
