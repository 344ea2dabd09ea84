"""What readers give: one record per row of a source, before anything is known of labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a source.

    Attributes:
        file: Name of the file it stands in, with its extension.
        row: Where: the 1-based line on which it begins (text files) or the 1-based row (Parquet).
        values: The asked columns by name; None where the row has no value.
        problem: Why the row cannot be read, e.g. ``wrong number of columns``; empty if it can.
        detail: What exactly was found there.
    """

    file: str
    row: int
    values: Mapping[str, Any]
    problem: str = ""
    detail: str = ""

    @property
    def place(self) -> str:
        """Where the row stands, as messages say it."""
        return f"{self.file}, row {self.row}"
