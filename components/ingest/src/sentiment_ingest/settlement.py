"""Where rows of two splits are tied together: who stays, who follows, and who has to go."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sentiment_ingest.examples import Dropped, Example
from sentiment_ingest.near_duplicates import NearDuplicates
from sentiment_ingest.previous import Previous

STRONGEST_FIRST = ("test", "validation", "train")
"""Of two rows that must not stand in two splits, that of train goes: it has most of them."""


@dataclass(frozen=True)
class Rows:
    """Rows by number: the examples first, then the earlier rows that are no more.

    Attributes:
        examples: The rows of the source.
        gone: Earlier rows that are no more, or had another text.
        bound: For each row the split where it stood, or None.
        texts: For each row the text by which near-duplicates are recognised.
        near: Which of their texts are near-duplicates.
    """

    examples: Sequence[Example]
    gone: Sequence[Previous]
    bound: Sequence[str | None]
    texts: Sequence[str]
    near: NearDuplicates

    def group(self, row: int) -> str:
        """Returns the user's group of a row."""
        count = len(self.examples)
        return (self.examples[row] if row < count else self.gone[row - count]).group

    def present(self, row: int) -> bool:
        """Tells whether a row is one of the source."""
        return row < len(self.examples)


@dataclass(frozen=True)
class Settled:
    """Rows by number: the splits of those that are bound to one, and those that are dropped."""

    splits: dict[int, str] = field(default_factory=dict)
    dropped: dict[int, Dropped] = field(default_factory=dict)


def settle(rows: Rows, part: Sequence[int]) -> Settled:
    """Settles rows that are tied together although some stood in one split and some in another.

    A row that stood in a split stays there, or is dropped if its group or a near-duplicate stands
    in another one (after a change of its text, its group, or of what counts as near). New rows
    follow their group and their near-duplicates, and are dropped where these are in two splits.
    Rows that are tied to nobody who stays are left free.
    """
    old = [row for row in part if rows.present(row) and rows.bound[row]]
    standing = _Standing(rows, _homes(rows, old))
    settled = Settled()
    contested: list[int] = []
    for row in sorted(old, key=lambda row: (STRONGEST_FIRST.index(str(rows.bound[row])), row)):
        split = str(rows.bound[row])
        if standing.splits(row) <= {split}:
            standing.add(row, split)
            settled.splits[row] = split
        else:
            contested.append(row)
    gone = _Standing(rows, {})
    for row in part:
        if not rows.present(row):
            gone.add(row, str(rows.bound[row]))
    new = [row for row in part if rows.present(row) and not rows.bound[row]]
    contested += _follow(new, standing, gone, settled.splits)
    for row in sorted(contested):
        settled.dropped[row] = standing.dropped(row)
    return settled


def _homes(rows: Rows, old: Sequence[int]) -> dict[str, str]:
    """Returns for each group the split where most of its rows stood."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in old:
        counts[rows.group(row)][str(rows.bound[row])] += 1
    return {
        group: max(STRONGEST_FIRST, key=lambda split: found[split])
        for group, found in counts.items()
    }


def _follow(
    new: Sequence[int], standing: "_Standing", gone: "_Standing", splits: dict[int, str]
) -> list[int]:
    """Places new rows beside those they belong to, and returns those that would have two places."""
    contested: list[int] = []
    waiting = list(new)
    while waiting:
        unplaced: list[int] = []
        for row in waiting:
            # Who is no more counts only for rows that nobody else binds.
            found = standing.splits(row) or gone.first_split(row)
            if len(found) == 1:
                splits[row] = next(iter(found))
                standing.add(row, splits[row])
            else:
                (contested if found else unplaced).append(row)
        if len(unplaced) == len(waiting):
            break
        waiting = unplaced
    return contested


class _Standing:
    """Rows that have their split, and what that means for others."""

    def __init__(self, rows: Rows, homes: dict[str, str]) -> None:
        self._rows, self._homes = rows, homes
        self._clusters: dict[tuple[int, str], list[int]] = defaultdict(list)

    def add(self, row: int, split: str) -> None:
        """Lets a row stand in a split."""
        self._clusters[self._rows.near.clusters[row], split].append(row)
        self._homes.setdefault(self._rows.group(row), split)

    def splits(self, row: int) -> set[str]:
        """Returns the splits of a row's group and near-duplicates."""
        found = {split for split in STRONGEST_FIRST if self._has_near(row, split)}
        home = self._homes.get(self._rows.group(row))
        return found | {home} if home else found

    def first_split(self, row: int) -> set[str]:
        """Returns one of a row's splits, if it has any."""
        found = self.splits(row)
        return {next(split for split in STRONGEST_FIRST if split in found)} if found else set()

    def dropped(self, row: int) -> Dropped:
        """Returns the entry of a row that has no place."""
        example, bound = self._rows.examples[row], self._rows.bound[row]
        near = {split: min(self._near(row, split), default=None) for split in STRONGEST_FIRST}
        ties = [
            f"of {self._rows.examples[other].id!r} in {split}"
            for split, other in near.items()
            if other is not None
        ]
        elsewhere = any(other is not None for split, other in near.items() if split != bound)
        reason = "near-duplicate in another split" if elsewhere else "group in another split"
        home = self._homes.get(example.group)
        detail = ", ".join([*ties, f"its group in {home}"] if home else ties)
        return Dropped(example.file, example.row, reason, detail, example.id, split=bound)

    def _has_near(self, row: int, split: str) -> bool:
        return next(self._near(row, split), None) is not None

    def _near(self, row: int, split: str) -> Iterator[int]:
        near = self._rows.near
        for other in self._clusters.get((near.clusters[row], split), ()):
            if near.similar(row, other):
                yield other
