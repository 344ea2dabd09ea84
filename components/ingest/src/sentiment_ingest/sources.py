"""Where feedback comes from: the default corpus, or the user's own files."""

from dataclasses import replace

from sentiment_common.artifacts import Source
from sentiment_common.packages import fetch
from sentiment_ingest import corpus
from sentiment_ingest.examples import Columns, Ingested, label_records
from sentiment_ingest.labels import Thresholds
from sentiment_sources import parse_sources, read


def default_corpus(corpora: str, thresholds: Thresholds | None) -> Ingested:
    """Fetches the default corpus and labels its rows.

    Args:
        corpora: Parts, separated by commas.
        thresholds: What its ratings (-4..4) mean, if not what the corpus says itself.

    Raises:
        InputError: A part does not exist, or the package cannot be fetched.
    """
    parts = corpus.parse_corpora(corpora)
    package = fetch(corpus.PACKAGE)
    source = Source(corpus.PACKAGE.requirement, corpus.PACKAGE.sha256, package.stat().st_size)
    records = corpus.read_corpus(package, parts)
    ingested = label_records(records, corpus.COLUMNS, thresholds or corpus.THRESHOLDS)
    return replace(ingested, sources=(source,))


def own_data(source: str, columns: Columns, thresholds: Thresholds | None) -> Ingested:
    """Reads the files that a path or a glob names and labels their rows.

    Args:
        source: Path or glob.
        columns: Which column holds what.
        thresholds: What ratings mean; None if they are five-star ratings.

    Raises:
        InputError: A file cannot be read, lacks a column, or its labels cannot be understood.
    """
    reading = read(parse_sources(source), columns.by_role())
    ingested = label_records(reading, columns, thresholds)
    return replace(ingested, sources=tuple(reading.sources))
