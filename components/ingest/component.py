"""The typed interface of ingest, compiled into component.yaml."""

from kfp import dsl

from components.interface import SentimentExamples, container, optional


@dsl.container_component
def ingest(
    examples: dsl.Output[SentimentExamples],
    previous_examples: dsl.Input[SentimentExamples] = None,
    source: str = "default",
    query: str = "",
    encoding: str = "",
    delimiter: str = "",
    quotes: str = "",
    header: str = "",
    format: str = "",
    corpora: str = "amazon,tweets",
    text_column: str = "text",
    label_column: str = "",
    labels: str = "",
    rating_column: str = "",
    id_column: str = "",
    group_column: str = "",
    source_column: str = "",
    created_at_column: str = "",
    date_format: str = "",
    rating_thresholds: str = "",
    since: str = "",
    replay: str = "",
    redact: bool = False,
    near_duplicates: str = "join",
    validation_fraction: float = 0.1,
    test_fraction: float = 0.2,
    seed: int = 13,
):
    """Reads customer feedback, labels it and splits it into train, validation and test."""
    return container(
        "ingest",
        previous_examples=optional("previous_examples", previous_examples.path),
        source=source,
        query=query,
        encoding=encoding,
        delimiter=delimiter,
        quotes=quotes,
        header=header,
        format=format,
        corpora=corpora,
        text_column=text_column,
        label_column=label_column,
        labels=labels,
        rating_column=rating_column,
        id_column=id_column,
        group_column=group_column,
        source_column=source_column,
        created_at_column=created_at_column,
        date_format=date_format,
        rating_thresholds=rating_thresholds,
        since=since,
        replay=replay,
        redact=redact,
        near_duplicates=near_duplicates,
        validation_fraction=validation_fraction,
        test_fraction=test_fraction,
        seed=seed,
        out_examples=examples.path,
    )
