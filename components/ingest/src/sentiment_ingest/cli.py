"""The command line of ingest."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING

from sentiment_common.artifacts import EXAMPLES
from sentiment_common.cli import Option, Output, Stage, Task
from sentiment_common.errors import InputError

if TYPE_CHECKING:
    from sentiment_ingest.examples import Columns

DEFAULT = "default"
DEFAULT_TEXT_COLUMN = "text"
STAGE = Stage(
    name="sentiment-ingest",
    summary="Reads customer feedback, labels it and splits it into train, validation and test.",
    outputs=(Output("examples", EXAMPLES, "labelled feedback in three splits"),),
    options=(
        Option("source", str, DEFAULT, "a CSV, TSV, JSON lines or Parquet file, or a glob of them"),
        Option(
            "corpora", str, "amazon,tweets",
            "parts of the default corpus, of amazon, tweets, movies, editorials",
        ),
        Option("text_column", str, DEFAULT_TEXT_COLUMN, "column with the text"),
        Option("label_column", str, "", "column with negative, neutral or positive"),
        Option("rating_column", str, "", "column with numbers: the labels if no column has them"),
        Option("id_column", str, "", "column with a unique id; a hash of source and text if empty"),
        Option("group_column", str, "", "column whose equal values stay in one split"),
        Option("source_column", str, "", "column naming the source; the file's stem if empty"),
        Option("created_at_column", str, "", "column with a date in ISO 8601"),
        Option(
            "rating_thresholds", str, "",
            "highest negative and lowest positive rating; 2,4 for ratings from 1 to 5 if empty",
        ),
        Option("validation_fraction", float, 0.1, "share of the validation split"),
        Option("test_fraction", float, 0.2, "share of the test split"),
        Option("seed", int, 13, "seed of the split"),
    ),
    examples=(
        "sentiment-ingest --out-examples examples",
        "sentiment-ingest --source 'reviews/*.csv' --text-column review --rating-column stars "
        "--out-examples examples",
    ),
)  # fmt: skip
logger = logging.getLogger(__name__)


def run(task: Task) -> None:
    """Reads the source, labels its rows, splits them and writes the examples."""
    from sentiment_ingest import sources, split, storage
    from sentiment_ingest.labels import parse_thresholds

    options, folder = task.options, task.outputs["examples"]
    shares = split.fractions(options.validation_fraction, options.test_fraction)
    thresholds = parse_thresholds(options.rating_thresholds)
    columns = _columns(options)
    if options.source == DEFAULT:
        ingested = sources.default_corpus(options.corpora, thresholds)
    else:
        ingested = sources.own_data(options.source, columns, thresholds)
    parts = split.split(ingested.examples, shares, options.seed)
    for name, rows in parts.items():
        storage.write_examples(folder / name / "examples.parquet", rows)
    storage.write_dropped(folder / "dropped.jsonl", ingested.dropped)
    counts = storage.write_summary(
        folder / "summary.json", options.source, parts, ingested.dropped
    )["rows"]
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
        raise InputError(
            "nothing says where the labels are",
            where="--label-column",
            mend="name a column of labels, or a column of numbers with --rating-column",
        )
    return Columns(**chosen)


def main() -> None:
    """Entry point of ``sentiment-ingest``."""
    STAGE.main(run)
