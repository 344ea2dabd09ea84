"""The batch pipeline: many texts scored by one model."""

from kfp import dsl

from sentiment_pipelines.training import imported, load


@dsl.pipeline(
    name="sentiment-batch",
    description="From texts, wherever they are, to their sentiment.",
)
def batch(
    model: str,
    source: str,
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
    workers: int = 0,
    beam: str = "",
) -> None:
    """Scores texts.

    Args:
        model: URI of the bundle, resolved before the run: the champion's if nobody names another.
        source: Where the texts are.
        text_column: Column with the text.
        id_column: Column with an id; empty for the row's place.
        keep_columns: Columns that are carried along, separated by commas.
        query: What to ask of a database.
        encoding: Of text files, where no guess is wanted.
        delimiter: Of their columns, likewise.
        quotes: How their quotation marks are written, likewise.
        header: Whether they have one, or the names of their columns.
        format: Of the files, whatever their extension says.
        output_format: ``parquet``, ``csv`` or ``jsonl``.
        csv_safe: Whether cells that a spreadsheet would execute are defused in CSV.
        redact: Whether personal data in the columns that are carried along are replaced.
        workers: Processes that score; 0 for as many as help.
        beam: Options of a Beam runner; empty for this machine.
    """
    load("batch_predict")(
        model=imported(model, "SentimentModel", "model"),
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
        workers=workers,
        beam=beam,
    )
