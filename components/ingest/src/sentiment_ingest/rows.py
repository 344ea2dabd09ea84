"""Rows on their way from a source to the examples artifact."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from sentiment_ingest.ratings import Thresholds


@dataclass(frozen=True)
class Columns:
    """Which column holds what; an empty name means that there is none."""

    text: str
    label: str = ""
    rating: str = ""
    id: str = ""
    group: str = ""
    source: str = ""
    created_at: str = ""

    def by_role(self) -> dict[str, str]:
        """Returns the columns to read by role."""
        return {role: name for role, name in asdict(self).items() if name}


@dataclass(frozen=True)
class Rules:
    """How the cells of one source are understood.

    Attributes:
        columns: Which column holds what: text, and a label or a rating.
        labels: What values of the label column mean, see ``check_mapping``.
        thresholds: What ratings mean; None if they have to be five-star ratings.
        date_format: How dates are written where they could be read in two ways.
        name: Name of the source where there are several.
    """

    columns: Columns
    labels: Mapping[str, str] = field(default_factory=dict)
    thresholds: Thresholds | None = None
    date_format: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled text, with the fields of the examples artifact and where it stands in the source.

    Attributes:
        file: Name of the file it stands in; empty if it was carried over.
        row: Its row there, as in ``Record``.
    """

    id: str
    text: str
    label: str
    rating: float | None
    source: str
    group: str
    created_at: str | None
    file: str = ""
    row: int = 0

    @property
    def place(self) -> str:
        """Where the row stands, as messages say it."""
        return f"{self.file}, row {self.row}" if self.file else "an earlier row"


@dataclass(frozen=True, slots=True)
class Dropped:
    """A row that is left out.

    Attributes:
        file: Name of the file it stands in.
        row: Its row there, as in ``Record``.
        reason: One of a few fixed phrases, counted in ``summary.json``.
        detail: What was found in this row.
        id: Its id, if the source gives one.
        kept_id: Id of the row that is kept in its stead.
        split: The split it has stood in until now, which stays its own should it come back.
    """

    file: str
    row: int
    reason: str
    detail: str = ""
    id: str | None = None
    kept_id: str | None = None
    split: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A record whose cells are read.

    Attributes:
        spec: Place of its source among those that are read.
        label: Its label; None if its rating says it.
        created_at: A date as ``DateColumn.read`` gives it.
        personal: What personal data were taken out of it, by kind.
    """

    file: str
    row: int
    spec: int
    text: str
    label: str | None
    rating: float | None
    id: str | None
    group: str | None
    source: str
    created_at: str | None
    personal: Mapping[str, int] | None


class UnusableError(Exception):
    """A row is to be dropped, for this reason."""

    def __init__(self, reason: str, detail: str = "", kept_id: str | None = None) -> None:
        super().__init__(reason)
        self.reason, self.detail, self.kept_id = reason, detail, kept_id
