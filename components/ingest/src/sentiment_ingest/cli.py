"""The command line of ingest."""

from __future__ import annotations

import gc
import logging
from collections import Counter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from sentiment_common.artifacts import EXAMPLES
from sentiment_common.cli import Input, Option, Output, Stage, Task
from sentiment_common.errors import InputError
from sentiment_common.source_options import SOURCE_OPTIONS, pins

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sentiment_ingest.examples import Ingested
    from sentiment_ingest.increments import Increment
    from sentiment_ingest.replay import Replayed
    from sentiment_ingest.rows import Columns, Dropped, Example

DEFAULT, OWN = "default", "own data"
JOIN, IGNORE = "join", "ignore"
DEFAULT_TEXT_COLUMN = "text"
ROLES = ("text", "label", "rating", "id", "group", "source", "created_at")
OF_OWN_DATA = (
    *(f"{role}_column" for role in ROLES),
    *(option.name for option in SOURCE_OPTIONS),
    "labels",
    "date_format",
    "since",
    "replay",
)
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
        Option(
            "source", str, DEFAULT,
            "paths, patterns, addresses (s3://, https://, SQL) or a TOML file of sources; several "
            "separated by ' | ', each NAME=URI if its rows are to have a name",
        ),
        *SOURCE_OPTIONS,
        Option(
            "corpora", str, "amazon,tweets",
            "parts of the default corpus, of amazon, tweets, movies, editorials",
        ),
        Option("text_column", str, DEFAULT_TEXT_COLUMN, "column with the text"),
        Option(
            "label_column", str, "",
            "column with labels; label if no column of ratings is given",
        ),
        Option(
            "labels", str, "",
            "what its values mean, e.g. 0=negative,1=positive,spam=drop; "
            "negative, neutral and positive mean themselves",
        ),
        Option("rating_column", str, "", "column with ratings: the labels if no column has them"),
        Option("id_column", str, "", "column with a unique id; a hash of source and text if empty"),
        Option("group_column", str, "", "column whose equal values stay in one split"),
        Option(
            "source_column", str, "", "column naming the source; the file's name if empty"
        ),
        Option("created_at_column", str, "", "column with a date"),
        Option(
            "date_format", str, "",
            "dmy, mdy or a pattern such as %d/%m/%y where dates can be read in two ways",
        ),
        Option(
            "rating_thresholds", str, "",
            "highest negative and lowest positive rating; 2,4 for ratings from 1 to 5 if empty",
        ),
        Option(
            "since", str, "",
            "carry previous_examples over and read only rows from this date on; auto: from the "
            "last date of each source in them",
        ),
        Option(
            "replay", str, "",
            "carry previous_examples over, of train only this share of the rows (0 to 1), and "
            "read all rows whatever their date; later labels count",
        ),
        Option("redact", bool, False, "take e-mail, phone, card, IBAN, IP, accounts out first"),
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
        "sentiment-ingest --source 'shop=s3://feedback/shop.csv.gz | app=app.jsonl' "
        "--labels 0=negative,1=neutral,2=positive --redact true --out-examples examples",
        "sentiment-ingest --source grown.csv --rating-column stars --created-at-column date "
        "--previous-examples examples --since auto --out-examples examples-2",
        "sentiment-ingest --source labelled.csv --id-column id --group-column group "
        "--previous-examples examples --replay 0.25 --out-examples examples-2",
    ),
)  # fmt: skip
logger = logging.getLogger(__name__)


def run(task: Task) -> None:
    """Reads the sources, labels their rows, splits them and writes the examples."""
    from sentiment_ingest import increments, placement, previous, replay, split

    # Millions of rows and no cycles: the collector would only walk them again and again.
    gc.disable()
    options = task.options
    earlier = task.inputs["previous_examples"]
    shares = split.fractions(options.validation_fraction, options.test_fraction)
    share = replay.parse_share(options.replay, options.since)
    _check(options)
    increment = increments.read_increment(
        earlier, options.since, redact=options.redact, replay=share is not None
    )
    ingested = _ingest(options, increment)
    task.sources += ingested.sources
    if options.near_duplicates == IGNORE:
        logger.warning("near-duplicates may stand in two splits: scores will be too good")
    replayed = replay.thin(ingested, increment, share)
    placed = placement.place(
        replayed.examples,
        previous.read_previous(earlier),
        join=options.near_duplicates == JOIN,
        share=min(shares.values()),
    )
    parts = split.split(
        placed.examples, shares, options.seed, placed.splits, replay.apart(increment, share)
    )
    dropped = increment.account(
        placed.examples, [*replayed.left_out, *ingested.dropped, *placed.dropped]
    )
    _write(task, parts, dropped, _facts(options, increment, ingested, placed.examples))
    carried, new = placed.carried, len(placed.examples) - placed.carried
    if share is not None:
        _tell_of_replay(increment, ingested, replayed)
    if carried:
        logger.info("kept the split of %s rows, placed %s new", f"{carried:,}", f"{new:,}")
    task.tracking.metrics({
        "rows_carried": carried, "rows_new": new,
        "rows_before": ingested.before, "rows_known": ingested.known,
        "rows_not_replayed": len(replayed.left_out), "rows_relabelled": ingested.relabelled,
    })  # fmt: skip


def _ingest(options: SimpleNamespace, increment: Increment) -> Ingested:
    from sentiment_ingest import sources
    from sentiment_ingest.dates import check_pattern
    from sentiment_ingest.labels import parse_mapping
    from sentiment_ingest.ratings import parse_thresholds

    thresholds = parse_thresholds(options.rating_thresholds)
    if options.source == DEFAULT:
        return sources.default_corpus(options.corpora, thresholds, redact=options.redact)
    settings = sources.Settings(
        columns=_columns(options),
        labels=parse_mapping(options.labels),
        thresholds=thresholds,
        date_format=check_pattern(options.date_format),
        query=options.query,
        pins=pins(options),
        redact=options.redact,
    )
    ingested = sources.own_data(options.source, settings, increment)
    for guess in ingested.guesses:
        logger.info("guessed: %s", guess)
    if options.since:
        logger.info(
            "carried over %s rows; of those read now %s are from before, %s known",
            f"{len(increment.examples):,}", f"{ingested.before:,}", f"{ingested.known:,}",
        )  # fmt: skip
    if increment.examples and ingested.late:
        logger.warning(
            "left out %s rows from before that are not among those carried over: they came late or "
            "were changed; read them with an earlier date in --since, or all without it",
            f"{ingested.late:,}",
        )
    return ingested


def _tell_of_replay(increment: Increment, ingested: Ingested, replayed: Replayed) -> None:
    logger.info(
        "carried over %s rows and left out %s of train; of those read now %s are known",
        f"{len(increment.examples) - len(replayed.left_out):,}", f"{len(replayed.left_out):,}",
        f"{ingested.known:,}",
    )  # fmt: skip
    if ingested.relabelled:
        logger.warning(
            "%s texts have another label than before: the later one counts",
            f"{ingested.relabelled:,}",
        )


def _facts(
    options: SimpleNamespace, increment: Increment, ingested: Ingested, kept: Sequence[Example]
) -> dict[str, Any]:
    """Returns what the summary says beside its counts."""
    from sentiment_ingest.increments import AUTO, watermarks

    personal = Counter(increment.personal)
    for row in kept:
        personal.update(ingested.personal.get(row.id, {}))
    if options.redact:
        logger.info(
            "personal data taken out: %s", _listed(dict(sorted(personal.items()))) or "none"
        )
    return {
        "guesses": list(dict.fromkeys([*increment.guesses, *ingested.guesses])),
        "personal_data": dict(personal),
        "watermarks": watermarks(kept),
        "before_since": ingested.before if options.since not in ("", AUTO) else 0,
    }


def _write(
    task: Task,
    parts: Mapping[str, Sequence[Example]],
    dropped: Sequence[Dropped],
    facts: Mapping[str, Any],
) -> None:
    from sentiment_ingest import storage

    folder = task.outputs["examples"]
    for name, rows in parts.items():
        storage.write_examples(folder / name / "examples.parquet", rows)
    storage.write_dropped(folder / "dropped.jsonl", dropped)
    # Where the files lie is in the manifest, for equal rows are to have equal digests.
    source = DEFAULT if task.options.source == DEFAULT else OWN
    summary = storage.write_summary(folder / "summary.json", source, parts, dropped, facts)
    counts = summary["rows"]
    logger.info("rows: %s", _listed(counts))
    if dropped:
        logger.info("dropped.jsonl lists them: %s", _listed(summary["dropped_reasons"]))
    task.tracking.metrics({f"rows_{name}": count for name, count in counts.items()})
    task.metadata["examples"] = {f"rows_{name}": count for name, count in counts.items()}
    if facts["guesses"]:
        task.metadata["examples"]["guesses"] = "; ".join(facts["guesses"])


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _check(options: SimpleNamespace) -> None:
    """Refuses what an option says about own data where the default corpus is read."""
    if options.source == DEFAULT:
        defaults = {option.name: option.default for option in STAGE.options}
        for name in OF_OWN_DATA:
            if getattr(options, name) != defaults[name]:
                raise InputError(
                    "the default corpus has no columns to choose"
                    if name.endswith("_column")
                    else "it says nothing about the default corpus",
                    where=f"--{name.replace('_', '-')}",
                    mend="leave it out, or give your own data with --source",
                )


def _columns(options: SimpleNamespace) -> Columns:
    from sentiment_ingest.rows import Columns

    return Columns(**{role: getattr(options, f"{role}_column") for role in ROLES})


def main() -> None:
    """Entry point of ``sentiment-ingest``."""
    STAGE.main(run)
