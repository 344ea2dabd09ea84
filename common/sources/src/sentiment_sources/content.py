"""A file's bytes, wherever they lie: what places give to formats."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True)
class Content:
    """One file of a source.

    Attributes:
        name: Name of the file without what compression appends, e.g. ``reviews.csv``; a variable
            that was put into it is not hidden, for its extension tells the format.
        place: Where it is, as messages and lineage name it: without secrets.
        open: Opens it from its beginning, uncompressed; may be called again.
        path: A file on this machine with exactly these bytes; None if there is none.
    """

    name: str
    place: str
    open: Callable[[], BinaryIO]
    path: Path | None = None
