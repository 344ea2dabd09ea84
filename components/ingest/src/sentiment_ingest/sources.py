"""Where feedback comes from: the default corpus, or the user's own sources."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sentiment_common.artifacts import Source
from sentiment_common.errors import InputError
from sentiment_common.packages import fetch
from sentiment_ingest import capacity, corpus
from sentiment_ingest.examples import Ingested, label_records
from sentiment_ingest.increments import NOTHING, Increment
from sentiment_ingest.labels import check_mapping
from sentiment_ingest.ratings import Thresholds, parse_thresholds
from sentiment_ingest.rows import Columns, Rules
from sentiment_sources import SourceSpec, parse_sources, read

DEFAULT_LABEL_COLUMN = "label"
FOLDERS = re.compile(r"(?<![\w/])/{1,2}(?:[^/\s:,;]+/)+|(?<=:///)/?(?:[^/\s:,;]+/)+")


@dataclass(frozen=True)
class Settings:
    """What holds for every source that does not say otherwise itself.

    Attributes:
        columns: Which column holds what.
        labels: What values of the label column mean.
        thresholds: What ratings mean; None if they are five-star ratings.
        date_format: How dates are written where they could be read in two ways.
        query: What to ask of a database.
        pins: How to read it where no guess is wanted.
        redact: Whether personal data are taken out.
    """

    columns: Columns
    labels: Mapping[str, str] = field(default_factory=dict)
    thresholds: Thresholds | None = None
    date_format: str = ""
    query: str = ""
    pins: Mapping[str, str] = field(default_factory=dict)
    redact: bool = False


def default_corpus(
    corpora: str, thresholds: Thresholds | None, *, redact: bool = False
) -> Ingested:
    """Fetches the default corpus and labels its rows.

    Args:
        corpora: Parts, separated by commas.
        thresholds: What its ratings (-4..4) mean, if not what the corpus says itself.
        redact: Whether personal data are taken out.

    Raises:
        InputError: A part does not exist, or the package cannot be fetched.
    """
    parts = corpus.parse_corpora(corpora)
    package = fetch(corpus.PACKAGE)
    source = Source(corpus.PACKAGE.requirement, corpus.PACKAGE.sha256, package.stat().st_size)
    rules = Rules(corpus.COLUMNS, thresholds=thresholds or corpus.THRESHOLDS)
    ingested = label_records(corpus.read_corpus(package, parts), [rules], redact=redact)
    ingested.sources = (source,)
    return ingested


def own_data(source: str, settings: Settings, increment: Increment = NOTHING) -> Ingested:
    """Reads the sources that an option names and labels their rows.

    Args:
        source: Paths, patterns or addresses, see ``parse_sources``.
        settings: What holds for all of them.
        increment: What is carried over, and which rows are old.

    Raises:
        InputError: A source cannot be read, lacks a column, or its labels cannot be understood.
    """
    guesses: list[str] = []
    specs = [_complete(spec, settings, guesses) for spec in parse_sources(source)]
    rules = [_rules(spec, settings, several=len(specs) > 1) for spec in specs]
    if increment.active:
        _check_dates(specs)
    memory = capacity.available_memory()
    capacity.warn_of_size(specs, memory)
    reading = read(specs, {}, increment.oldest([_origin(spec) for spec in specs]))
    records = capacity.watched(reading, memory)
    ingested = label_records(records, rules, redact=settings.redact, increment=increment)
    ingested.sources = tuple(reading.sources)
    ingested.before += reading.skipped
    told = [*guesses, *(without_folders(guess) for guess in reading.guesses), *ingested.guesses]
    ingested.guesses = list(dict.fromkeys(told))
    return ingested


def without_folders(guess: str) -> str:
    """Returns a guess without the folders in it, for where files lie is no part of an artifact."""
    return FOLDERS.sub("", guess)


def _complete(spec: SourceSpec, settings: Settings, guesses: list[str]) -> SourceSpec:
    """Returns a source with what all have in common; an empty column of its own is none."""
    columns = {**settings.columns.by_role(), **spec.columns}
    columns = {role: name for role, name in columns.items() if name}
    if not {"label", "rating"} & columns.keys():
        columns["label"] = DEFAULT_LABEL_COLUMN
        guesses.append(
            f"no option says where the labels are: taking the column {DEFAULT_LABEL_COLUMN!r}"
        )
    return replace(
        spec,
        columns=columns,
        query=spec.query or settings.query,
        pins={**settings.pins, **spec.pins},
    )


def _check_dates(specs: Sequence[SourceSpec]) -> None:
    for spec in specs:
        if "created_at" not in spec.columns:
            raise InputError(
                "no column of dates, which an increment needs",
                where=spec.name or spec.uri,
                mend="name it with --created-at-column, or leave --since out",
            )


def _rules(spec: SourceSpec, settings: Settings, *, several: bool) -> Rules:
    where = f"the source {spec.name or without_folders(spec.uri)}"
    thresholds = parse_thresholds(spec.rating_thresholds, f"{where}, rating_thresholds")
    return Rules(
        Columns(**{"text": "", **spec.columns}),
        check_mapping(spec.labels, f"{where}, labels") or settings.labels,
        thresholds or settings.thresholds,
        settings.date_format,
        (spec.name or without_folders(spec.uri)) if several else "",
    )


def _origin(spec: SourceSpec) -> str:
    """Returns what a source's rows are called the source of; empty if only they say so."""
    return "" if spec.columns.get("source") else spec.name
