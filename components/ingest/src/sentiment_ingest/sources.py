"""Where feedback comes from: the default corpus, or the user's own files."""

from dataclasses import replace

from sentiment_common.packages import fetch
from sentiment_ingest import corpus, readers
from sentiment_ingest.examples import Columns, Ingested, label_records
from sentiment_ingest.groups import join_near_duplicates
from sentiment_ingest.labels import Thresholds


def default_corpus(corpora: str, thresholds: Thresholds | None) -> Ingested:
    """Fetches the default corpus and labels its rows.

    Args:
        corpora: Parts, separated by commas.
        thresholds: What its ratings (-4..4) mean, if not what the corpus says itself.

    Raises:
        InputError: A part does not exist, or the package cannot be fetched.
    """
    parts = corpus.parse_corpora(corpora)
    records = corpus.read_corpus(fetch(corpus.PACKAGE), parts)
    ingested = label_records(records, corpus.COLUMNS, thresholds or corpus.THRESHOLDS)
    return replace(ingested, examples=join_near_duplicates(ingested.examples))


def own_data(source: str, columns: Columns, thresholds: Thresholds | None) -> Ingested:
    """Reads the files that a path or a glob names and labels their rows.

    Where the user names no groups, near-duplicates are a group. Where there are groups they
    stay as they are: two customers who write "Great product!" are not to be joined.

    Args:
        source: Path or glob.
        columns: Which column holds what.
        thresholds: What ratings mean; None if they are five-star ratings.

    Raises:
        InputError: A file cannot be read, lacks a column, or its labels cannot be understood.
    """
    files = readers.find_files(source)
    ingested = label_records(readers.read_files(files, columns.names()), columns, thresholds)
    if columns.group:
        return ingested
    return replace(ingested, examples=join_near_duplicates(ingested.examples))
