"""Reads sources one after the other, and keeps account of what was read and what was guessed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

from sentiment_common.artifacts import Source
from sentiment_common.errors import InputError
from sentiment_sources import formats, places
from sentiment_sources.records import Record
from sentiment_sources.secrets import Secrets
from sentiment_sources.specification import SourceSpec


class Reading:
    """The records of some sources; iterate over it once.

    Attributes:
        sources: What was read, with digests and without secrets; complete when it has ended.
        guesses: What was guessed about how to read it, in words; complete when it has ended.
        skipped: Rows that a database left out as older than the watermark; complete when it has
            ended.
    """

    def __init__(
        self, specs: Sequence[SourceSpec], columns: Mapping[str, str], since: str = ""
    ) -> None:
        self.sources: list[Source] = []
        self.guesses: list[str] = []
        self.skipped = 0
        self._specs, self._columns, self._since = specs, columns, since

    def __iter__(self) -> Iterator[Record]:
        """Yields the records, source by source, each in the order of its file."""
        secrets = Secrets()
        try:
            # All secrets are looked up before the first row is read, which may be hours of work.
            uris = [secrets.resolve_uri(spec.uri) for spec in self._specs]
            queries = [secrets.resolve(spec.query) for spec in self._specs]
            secrets.hide_in_logs()
            for number, (spec, uri, query) in enumerate(
                zip(self._specs, uris, queries, strict=True)
            ):
                for record in self._records(spec, uri, query, secrets):
                    yield replace(record, spec=number)
        except InputError as error:
            raise secrets.hidden(error) from None
        except Exception as error:
            if told := secrets.traceback(error):
                raise RuntimeError(told) from None
            raise

    def _records(
        self, spec: SourceSpec, uri: str, query: str, secrets: Secrets
    ) -> Iterator[Record]:
        columns = {**self._columns, **spec.columns}
        if places.scheme(uri) not in places.PLACES:
            return self._rows(spec, columns, uri, query, secrets)
        if query:
            raise InputError("a query, and no database", where=spec.uri, mend="leave the query out")
        return self._files(spec, columns, uri, secrets)

    def _files(
        self, spec: SourceSpec, columns: Mapping[str, str], uri: str, secrets: Secrets
    ) -> Iterator[Record]:
        for content, source in places.contents(uri, secrets, self.guesses.append):
            if source not in self.sources[-1:]:
                self.sources.append(source)
            origin = spec.name or PurePath(content.name).stem.rpartition(".zip!")[2]
            for record in formats.records(content, columns, spec.pins, self.guesses.append):
                yield replace(record, origin=origin)

    def _rows(
        self, spec: SourceSpec, columns: Mapping[str, str], uri: str, query: str, secrets: Secrets
    ) -> Iterator[Record]:
        from sentiment_sources.places import databases

        shown = databases.shown(uri, query, secrets)
        rows = databases.Rows(uri, query, shown, columns, self._since, self.guesses.append)
        for record in rows.records():
            yield replace(record, origin=spec.name or rows.name)
        self.sources.append(rows.source())
        self.skipped += rows.skipped


def read(specs: Sequence[SourceSpec], columns: Mapping[str, str], since: str = "") -> Reading:
    """Reads sources row by row: nothing is held but the row at hand.

    Args:
        specs: The sources, see ``parse_sources``.
        columns: Column by role, e.g. ``{"text": "review", "rating": "stars"}``: what each source
            has unless its own specification says otherwise.
        since: A watermark that the caller filters by: it needs no row whose ``created_at`` is not
            later. A place may leave such rows out and counts them in ``Reading.skipped``, but need
            not (files never do), and leaves out none that could be later or has no date.

    Returns:
        The records; iterating raises InputError where a source cannot be read or lacks a column.
    """
    return Reading(specs, columns, since)
