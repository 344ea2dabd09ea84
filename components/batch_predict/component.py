"""The typed interface of batch_predict, compiled into component.yaml."""

from kfp import dsl

from components.interface import SentimentModel, SentimentScored, container


@dsl.container_component
def batch_predict(
    model: dsl.Input[SentimentModel],
    scored: dsl.Output[SentimentScored],
    source: str = "",
    text_column: str = "text",
    id_column: str = "",
    keep_columns: str = "",
    query: str = "",
    encoding: str = "",
    delimiter: str = "",
    quotes: str = "",
    header: str = "",
    format: str = "",
    output_format: str = "parquet",
    csv_safe: bool = True,
    redact: bool = False,
    longest_text: int = 100_000,
    batch_size: int = 256,
    workers: int = 0,
    beam: str = "",
):
    """Scores feedback by the million with a trained model."""
    return container(
        "batch_predict",
        model=model.path,
        source=source,
        text_column=text_column,
        id_column=id_column,
        keep_columns=keep_columns,
        query=query,
        encoding=encoding,
        delimiter=delimiter,
        quotes=quotes,
        header=header,
        format=format,
        output_format=output_format,
        csv_safe=csv_safe,
        redact=redact,
        longest_text=longest_text,
        batch_size=batch_size,
        workers=workers,
        beam=beam,
        out_scored=scored.path,
    )
