"""Reads sources one after the other, and keeps account of what was read and what was guessed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from sentiment_common.artifacts import Source
from sentiment_sources import formats, places
from sentiment_sources.records import Record
from sentiment_sources.specification import SourceSpec


class Reading:
    """The records of some sources; iterate over it once.

    Attributes:
        sources: What was read, with digests and without secrets; complete when it has ended.
        guesses: What was guessed about how to read it, in words; complete when it has ended.
    """

    def __init__(self, specs: Sequence[SourceSpec], columns: Mapping[str, str]) -> None:
        self.sources: list[Source] = []
        self.guesses: list[str] = []
        self._specs, self._columns = specs, columns

    def __iter__(self) -> Iterator[Record]:
        """Yields the records, source by source, each in the order of its file."""
        for number, spec in enumerate(self._specs):
            columns = {**self._columns, **spec.columns}
            for content, source in places.contents(spec.uri):
                self.sources.append(source)
                origin = spec.name or PurePath(content.name).stem
                for record in formats.records(content, columns, spec.pins, self.guesses.append):
                    yield replace(record, origin=origin, spec=number)


def read(specs: Sequence[SourceSpec], columns: Mapping[str, str]) -> Reading:
    """Reads sources row by row: nothing is held but the row at hand.

    Args:
        specs: The sources, see ``parse_sources``.
        columns: Column by role, e.g. ``{"text": "review", "rating": "stars"}``: what each source
            has unless its own specification says otherwise.

    Returns:
        The records; iterating raises InputError where a source cannot be read or lacks a column.
    """
    return Reading(specs, columns)
