"""The default corpus: rated sentences and tweets of Hutto & Gilbert (ICWSM 2014), MIT licence.

The source distribution of vaderSentiment 3.3.2 carries it. Each row has the mean of about 20
people's ratings from -4 (extremely negative) to 4 (extremely positive).
"""

import io
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sentiment_common.errors import InputError
from sentiment_common.packages import PinnedPackage
from sentiment_ingest.ratings import Thresholds
from sentiment_ingest.rows import Columns
from sentiment_sources import Record

PACKAGE = PinnedPackage(
    requirement="vaderSentiment==3.3.2",
    filename="vaderSentiment-3.3.2.tar.gz",
    sha256="5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
    source=True,
)
ARCHIVE = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
FILES: Mapping[str, str] = {
    "amazon": "amazonReviewSnippets_GroundTruth.txt",
    "tweets": "tweets_GroundTruth.txt",
    "movies": "movieReviewSnippets_GroundTruth.txt",
    "editorials": "nytEditorialSnippets_GroundTruth.txt",
}
COLUMNS = Columns(text="text", rating="rating", id="id", group="group", source="source")
THRESHOLDS = Thresholds(-0.5, 0.5)
"""The paper's ±0.05 leaves almost no neutral class."""


def parse_corpora(text: str) -> list[str]:
    """Returns the parts named in a comma-separated option, e.g. ``amazon,tweets``.

    Raises:
        InputError: A part does not exist, or none is named.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in FILES]
    if unknown or not names:
        raise InputError(
            f"no corpus {', '.join(unknown)!r}" if unknown else "no corpus is named",
            where="--corpora",
            mend=f"choose from {', '.join(FILES)}",
        )
    return list(dict.fromkeys(names))


def read_corpus(package: Path, corpora: Sequence[str]) -> Iterator[Record]:
    """Yields the records of the named parts.

    Their columns are ``COLUMNS``; ids are unique over all parts. The sentences of one review or
    editorial share the id before ``_``: they are one group.

    Args:
        package: The source distribution, as ``sentiment_common.packages.fetch`` returns it.
        corpora: Parts, each a key of ``FILES``.
    """
    with tarfile.open(package) as outer:
        inner = _member(outer, ARCHIVE)
    with tarfile.open(fileobj=io.BytesIO(inner)) as archive:
        for source in corpora:
            content = _member(archive, f"hutto_ICWSM_2014/{FILES[source]}")
            yield from _records(source, content.decode("utf-8-sig"))


def _records(source: str, content: str) -> Iterator[Record]:
    for line, row in enumerate(content.split("\n"), start=1):
        number, rating, text = row.removesuffix("\r").split("\t")
        values = {
            "id": f"{source}-{number}",
            "text": text,
            "rating": rating,
            "source": source,
            "group": f"{source}-{number.partition('_')[0]}",
        }
        yield Record(FILES[source], line, values)


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    stream = archive.extractfile(name)
    if stream is None:
        raise KeyError(name)
    return stream.read()
