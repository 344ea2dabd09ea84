"""What to read and how: one specification per source, from a line of text or a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class SourceSpec:
    """One source: where it is, which column holds what, and what is not to be guessed.

    Attributes:
        uri: Path, pattern of paths, or address. It never holds a secret: ``${NAME}`` in it stands
            for an environment variable and is put in only where it is opened.
        name: What its rows are called the origin of; empty for the file's stem.
        columns: Column by role, over those that all sources share.
        query: What to ask of a database, in SQL.
        pins: How to read it where no guess is wanted: ``encoding``, ``delimiter``, ``header``,
            ``format``.
        labels: What its labels mean, e.g. ``{"1": "positive"}``.
        rating_thresholds: What its ratings mean, ``NEGATIVE_TO,POSITIVE_FROM``.
    """

    uri: str
    name: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    pins: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    rating_thresholds: str = ""


def parse_sources(text: str) -> list[SourceSpec]:
    """Returns the sources that an option names.

    Args:
        text: A path, pattern or address.

    Raises:
        InputError: It names nothing that can be read.
    """
    return [SourceSpec(text)]
