"""Feedback from wherever it is, row by row: what ingest and batch prediction read."""

from sentiment_sources.reading import Reading, read
from sentiment_sources.records import Record
from sentiment_sources.specification import SourceSpec, parse_sources

__all__ = ["Reading", "Record", "SourceSpec", "parse_sources", "read"]
