"""The exploration pipeline: what is to be known of feedback before anything is trained."""

from kfp import dsl

from sentiment_pipelines.training import imported, load


@dsl.pipeline(
    name="sentiment-exploration",
    description="From feedback to a page about it: balance, telling words, doubtful labels.",
)
def exploration(
    previous_examples: str,
    previous_statistics: str,
    source: str = "default",
    query: str = "",
    encoding: str = "",
    delimiter: str = "",
    quotes: str = "",
    header: str = "",
    format: str = "",
    text_column: str = "text",
    label_column: str = "",
    labels: str = "",
    rating_column: str = "",
    rating_thresholds: str = "",
    id_column: str = "",
    group_column: str = "",
    source_column: str = "",
    created_at_column: str = "",
    date_format: str = "",
    since: str = "",
    redact: bool = False,
    schema: str = "auto",
    rules: str = "auto",
    accept: str = "",
    beam: str = "",
    seed: int = 13,
) -> None:
    """Reads and judges the data as the training pipeline does, and explores them whatever it says.

    Args:
        previous_examples: URI of the examples whose splits are kept, resolved before the run.
        previous_statistics: URI of the statistics that the data are compared with, resolved too.
        source: Where the feedback is: ``default``, a path, pattern or address, or several.
        query: What to ask of a database, in SQL.
        encoding: Of text files, where no guess is wanted.
        delimiter: Of their columns, likewise.
        quotes: How their quotation marks are written, likewise.
        header: Whether they have one, or the names of their columns.
        format: Of the files, whatever their extension says.
        text_column: Column with the text.
        label_column: Column with labels; empty for none.
        labels: What they mean, e.g. ``0=negative,1=positive``; empty if they say it themselves.
        rating_column: Column with a rating; empty for none.
        rating_thresholds: ``negative_to,positive_from``; empty for the source's own.
        id_column: Column with an id; empty for a hash of the text.
        group_column: Column whose equal values stay in one split, e.g. the customer.
        source_column: Column that names the source; empty for the file's name.
        created_at_column: Column with a date.
        date_format: How the dates are written, where they do not say it themselves.
        since: Only rows from this date on, or ``auto``: from where the previous examples end.
        redact: Whether personal data are replaced before anything is stored.
        schema: What the data is judged by: ``auto``, a shipped schema or a path.
        rules: Thresholds that no schema can hold: ``auto``, or the path of a TOML file.
        accept: ``RULE=REASON`` for each rule of validate that is not to refuse this time.
        beam: Options of a Beam runner for the statistics; empty for this machine.
        seed: Of the split and of the cross-fitting.
    """
    earlier = imported(previous_examples, "SentimentExamples", "previous-examples")
    measured = imported(previous_statistics, "SentimentStatistics", "previous-statistics")
    examples = load("ingest")(
        previous_examples=earlier,
        source=source,
        query=query,
        encoding=encoding,
        delimiter=delimiter,
        quotes=quotes,
        header=header,
        format=format,
        text_column=text_column,
        label_column=label_column,
        labels=labels,
        rating_column=rating_column,
        rating_thresholds=rating_thresholds,
        id_column=id_column,
        group_column=group_column,
        source_column=source_column,
        created_at_column=created_at_column,
        date_format=date_format,
        since=since,
        redact=redact,
        seed=seed,
    ).outputs["examples"]
    statistics = load("validate")(
        examples=examples,
        previous_statistics=measured,
        schema=schema,
        rules=rules,
        accept=accept,
        beam=beam,
    ).outputs["statistics"]
    load("explore")(examples=examples, statistics=statistics, seed=seed)
