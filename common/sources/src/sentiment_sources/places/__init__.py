"""Where sources lie: one registry, by the scheme of an address.

A place of files is a function of an address, with its secrets in it, and of the secrets to hide in
what it says; it yields each file as a content and what lineage is to know of it. A new one is a
module with such a function and its schemes in ``PLACES``. What is no place of files is a database.
"""

from collections.abc import Callable, Iterator, Mapping

from sentiment_common.artifacts import Source
from sentiment_sources.content import Content
from sentiment_sources.places import compression, local, stores, web
from sentiment_sources.secrets import Secrets

Place = Callable[[str, Secrets], Iterator[tuple[Content, Source]]]

PLACES: Mapping[str, Place] = {
    "": local.files,
    "file": local.files,
    "http": web.files,
    "https": web.files,
    "s3": stores.files,
    "gs": stores.files,
    "gcs": stores.files,
    "hf": stores.files,
}


def scheme(uri: str) -> str:
    """Returns the scheme of an address in lower case; empty for a path."""
    before, separator, _ = uri.partition("://")
    return before.lower() if separator else ""


def contents(
    uri: str, secrets: Secrets, tell: Callable[[str], None]
) -> Iterator[tuple[Content, Source]]:
    """Yields the files of a source, unpacked, each with the file that lineage is to know of.

    The members of an archive share theirs. A content can be opened until the next one is asked for.

    Args:
        uri: Path, pattern or address, with its secrets in it.
        secrets: What to hide in names, messages and lineage.
        tell: Is told each guess, in words.

    Raises:
        InputError: There is nothing, it cannot be had, or it cannot be unpacked.
    """
    for content, source in PLACES[scheme(uri)](uri, secrets):
        for member in compression.unpacked(content, source.size, tell):
            yield member, source
