"""What readers give: one record per row of a source, before anything is known of its meaning."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Record(NamedTuple):
    """One row of a source.

    Attributes:
        file: Name of the file it stands in, with its extension; of a database, the table's.
        row: Where: the 1-based line on which it begins (text files) or the 1-based row.
        values: What the row has by role (``text``, ``rating``, see ``Columns``); None where it has
            no value; empty if it cannot be read.
        problem: Why the row cannot be read, e.g. ``wrong number of columns``; empty if it can.
        detail: What exactly was found there.
        origin: Name of the source, else the file's stem.
        spec: Place of its source among those that are read, from 0.
    """

    file: str
    row: int
    values: Mapping[str, Any]
    problem: str = ""
    detail: str = ""
    origin: str = ""
    spec: int = 0

    @property
    def place(self) -> str:
        """Where the row stands, as messages say it."""
        return f"{self.file}, row {self.row}"
