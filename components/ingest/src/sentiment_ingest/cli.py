"""The command line of ingest."""

from __future__ import annotations

import gc
import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING

from sentiment_common.artifacts import EXAMPLES
from sentiment_common.cli import Input, Option, Output, Stage, Task
from sentiment_common.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sentiment_ingest.examples import Columns, Dropped, Example, Ingested

DEFAULT, OWN = "default", "own data"
JOIN, IGNORE = "join", "ignore"
DEFAULT_TEXT_COLUMN, DEFAULT_LABEL_COLUMN = "text", "label"
STAGE = Stage(
    name="sentiment-ingest",
    summary="Reads customer feedback, labels it and splits it into train, validation and test.",
    inputs=(
        Input(
            "previous_examples", EXAMPLES,
            "earlier examples, whose rows keep their splits; an empty artifact is none",
            optional=True,
        ),
    ),
    outputs=(Output("examples", EXAMPLES, "labelled feedback in three splits"),),
    options=(
        Option("source", str, DEFAULT, "a CSV, TSV, JSON lines or Parquet file, or a glob of them"),
        Option(
            "corpora", str, "amazon,tweets",
            "parts of the default corpus, of amazon, tweets, movies, editorials",
        ),
        Option("text_column", str, DEFAULT_TEXT_COLUMN, "column with the text"),
        Option(
            "label_column", str, "",
            "column with negative, neutral or positive; label if no column of ratings is given",
        ),
        Option("rating_column", str, "", "column with numbers: the labels if no column has them"),
        Option("id_column", str, "", "column with a unique id; a hash of source and text if empty"),
        Option("group_column", str, "", "column whose equal values stay in one split"),
        Option("source_column", str, "", "column naming the source; the file's stem if empty"),
        Option("created_at_column", str, "", "column with a date in ISO 8601"),
        Option(
            "rating_thresholds", str, "",
            "highest negative and lowest positive rating; 2,4 for ratings from 1 to 5 if empty",
        ),
        Option(
            "near_duplicates", str, JOIN,
            "join: they share a split; ignore: they may not, to measure what that leak is worth",
            (JOIN, IGNORE),
        ),
        Option("validation_fraction", float, 0.1, "share of the validation split"),
        Option("test_fraction", float, 0.2, "share of the test split"),
        Option("seed", int, 13, "seed of the split"),
    ),
    examples=(
        "sentiment-ingest --out-examples examples",
        "sentiment-ingest --source 'reviews/*.csv' --text-column review --rating-column stars "
        "--out-examples examples",
        "sentiment-ingest --source grown.csv --rating-column stars --previous-examples examples "
        "--out-examples examples-2",
    ),
)  # fmt: skip
logger = logging.getLogger(__name__)


def run(task: Task) -> None:
    """Reads the source, labels its rows, splits them and writes the examples."""
    from sentiment_ingest import placement, previous, split

    # Millions of rows and no cycles: the collector would only walk them again and again.
    gc.disable()
    options = task.options
    shares = split.fractions(options.validation_fraction, options.test_fraction)
    ingested = _ingest(options)
    task.sources += ingested.sources
    if options.near_duplicates == IGNORE:
        logger.warning("near-duplicates may stand in two splits: scores will be too good")
    placed = placement.place(
        ingested.examples,
        previous.read_previous(task.inputs["previous_examples"]),
        join=options.near_duplicates == JOIN,
        share=min(shares.values()),
    )
    parts = split.split(placed.examples, shares, options.seed, placed.splits)
    _write(task, parts, [*ingested.dropped, *placed.dropped])
    carried, new = placed.carried, len(placed.examples) - placed.carried
    if carried:
        logger.info("kept the split of %s rows, placed %s new", f"{carried:,}", f"{new:,}")
    task.tracking.metrics({"rows_carried": carried, "rows_new": new})


def _ingest(options: SimpleNamespace) -> Ingested:
    from sentiment_ingest import sources
    from sentiment_ingest.labels import parse_thresholds

    thresholds = parse_thresholds(options.rating_thresholds)
    columns = _columns(options)
    if options.source == DEFAULT:
        return sources.default_corpus(options.corpora, thresholds)
    return sources.own_data(options.source, columns, thresholds)


def _write(task: Task, parts: Mapping[str, Sequence[Example]], dropped: Sequence[Dropped]) -> None:
    from sentiment_ingest import storage

    folder = task.outputs["examples"]
    for name, rows in parts.items():
        storage.write_examples(folder / name / "examples.parquet", rows)
    storage.write_dropped(folder / "dropped.jsonl", dropped)
    # Where the files lie is in the manifest, for equal rows are to have equal digests.
    source = DEFAULT if task.options.source == DEFAULT else OWN
    counts = storage.write_summary(folder / "summary.json", source, parts, dropped)["rows"]
    logger.info("rows: %s", ", ".join(f"{name} {count:,}" for name, count in counts.items()))
    task.tracking.metrics({f"rows_{name}": count for name, count in counts.items()})
    task.metadata["examples"] = {f"rows_{name}": count for name, count in counts.items()}


def _columns(options: SimpleNamespace) -> Columns:
    """Returns the columns the options name; the default corpus has none to choose."""
    from sentiment_ingest.examples import Columns

    roles = ("text", "label", "rating", "id", "group", "source", "created_at")
    chosen = {role: getattr(options, f"{role}_column") for role in roles}
    if options.source == DEFAULT:
        for role, name in chosen.items():
            if name != (DEFAULT_TEXT_COLUMN if role == "text" else ""):
                raise InputError(
                    "the default corpus has no columns to choose",
                    where=f"--{role.replace('_', '-')}-column",
                    mend="leave it out, or give your own file with --source",
                )
    elif not (chosen["label"] or chosen["rating"]):
        logger.info(
            "no option says where the labels are: taking the column %r", DEFAULT_LABEL_COLUMN
        )
        chosen["label"] = DEFAULT_LABEL_COLUMN
    return Columns(**chosen)


def main() -> None:
    """Entry point of ``sentiment-ingest``."""
    STAGE.main(run)
