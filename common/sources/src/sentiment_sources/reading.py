"""Reads sources one after the other, and keeps account of what was read and what was guessed."""

from collections.abc import Iterator, Mapping, Sequence
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
        self._secrets = Secrets()
        self._first: dict[str, str] = {}

    def __iter__(self) -> Iterator[Record]:
        """Yields the records, source by source, each in the order of its file."""
        secrets = self._secrets
        try:
            # All secrets are looked up before the first row is read, which may be hours of work.
            uris = [secrets.resolve_uri(spec.uri) for spec in self._specs]
            queries = [secrets.resolve(spec.query) for spec in self._specs]
            secrets.hide_in_logs()
            for number, (spec, uri, query) in enumerate(
                zip(self._specs, uris, queries, strict=True)
            ):
                for name, origin, record in self._records(spec, uri, query):
                    # The first five are what a format says of a row.
                    yield Record(name, *record[1:5], origin, number)
        except InputError as error:
            raise secrets.hidden(error) from None
        except Exception as error:
            if told := secrets.traceback(error):
                raise RuntimeError(told) from None
            raise

    def _records(self, spec: SourceSpec, uri: str, query: str) -> Iterator[tuple[str, str, Record]]:
        """Yields what is to be said of its file, its origin, and the record."""
        columns = {**self._columns, **spec.columns}
        if places.scheme(uri) not in places.PLACES:
            return self._rows(spec, columns, uri, query)
        if query:
            raise InputError("a query, and no database", where=spec.uri, mend="leave the query out")
        return self._files(spec, columns, uri)

    def _files(
        self, spec: SourceSpec, columns: Mapping[str, str], uri: str
    ) -> Iterator[tuple[str, str, Record]]:
        for content, source in places.contents(uri, self._secrets, self._tell):
            self._note(source)
            name = self._secrets.hide(content.name)
            origin = spec.name or PurePath(name).stem.rpartition(".zip!")[2]
            for record in formats.records(content, columns, spec.pins, self._tell):
                yield name, origin, record

    def _rows(
        self, spec: SourceSpec, columns: Mapping[str, str], uri: str, query: str
    ) -> Iterator[tuple[str, str, Record]]:
        from sentiment_sources.places import databases

        # As it was given: no secret was ever in it, not even one that is too short to be hidden.
        shown = databases.shown(spec.uri, spec.query)
        rows = databases.Rows(uri, query, shown, columns, self._since, self._tell)
        name = self._secrets.hide(rows.name)
        for record in rows.records():
            yield name, spec.name or name, record
        self.sources.append(rows.source())
        self.skipped += rows.skipped

    def _tell(self, guess: str) -> None:
        self.guesses.append(self._secrets.hide(guess))

    def _note(self, source: Source) -> None:
        """Takes note of a file, and tells where its bytes have been read before."""
        if self.sources and self.sources[-1] is source:  # the next member of an archive
            return
        self.sources.append(source)
        if source.sha256 in self._first:
            first = self._first[source.sha256]
            self._tell(f"{source.uri}: the same bytes as {first}: its rows come again")
        self._first.setdefault(source.sha256, source.uri)


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
