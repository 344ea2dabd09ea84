"""The typed interface of ingest, compiled into component.yaml."""

from kfp import dsl

from components.interface import SentimentExamples, container, optional


@dsl.container_component
def ingest(
    examples: dsl.Output[SentimentExamples],
    previous_examples: dsl.Input[SentimentExamples] = None,
    source: str = "default",
    corpora: str = "amazon,tweets",
    text_column: str = "text",
    label_column: str = "",
    rating_column: str = "",
    id_column: str = "",
    group_column: str = "",
    source_column: str = "",
    created_at_column: str = "",
    rating_thresholds: str = "",
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
        corpora=corpora,
        text_column=text_column,
        label_column=label_column,
        rating_column=rating_column,
        id_column=id_column,
        group_column=group_column,
        source_column=source_column,
        created_at_column=created_at_column,
        rating_thresholds=rating_thresholds,
        near_duplicates=near_duplicates,
        validation_fraction=validation_fraction,
        test_fraction=test_fraction,
        seed=seed,
        out_examples=examples.path,
    )
