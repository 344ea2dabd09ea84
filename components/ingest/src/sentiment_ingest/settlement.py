"""Where rows of two splits are tied together: who stays, who follows, and who has to go."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from sentiment_ingest.near_duplicates import NearDuplicates
from sentiment_ingest.previous import Previous
from sentiment_ingest.rows import Dropped, Example

STRONGEST_FIRST = ("test", "validation", "train")
"""Of two rows that must not stand in two splits, that of train goes: it has most of them."""

NAMED = 2
"""So many of a dropped row's near-duplicates are named."""


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
    out = set(contested)
    kept = [row for row in part if rows.present(row) and row not in out]
    for row in sorted(contested):
        settled.dropped[row] = _dropped(rows, row, kept, standing.home(row))
    return settled


def _dropped(rows: Rows, row: int, kept: Sequence[int], home: str | None) -> Dropped:
    """Returns the entry of a row that has no place, with the kept rows that it is tied to.

    It does not say where these are: some may not have their split yet.
    """
    example, bound, near = rows.examples[row], rows.bound[row], rows.near
    cluster = near.clusters[row]
    similar = (it for it in kept if near.clusters[it] == cluster and near.similar(row, it))
    detail = [f"near {rows.examples[other].id!r}" for other in islice(similar, NAMED)]
    mates = (it for it in kept if rows.group(it) == example.group)
    detail += [f"of the group of {rows.examples[other].id!r}" for other in islice(mates, 1)]
    misplaced = bound and home and home != bound
    reason = "group in another split" if misplaced else "near-duplicate in another split"
    return Dropped(example.file, example.row, reason, ", ".join(detail), example.id, split=bound)


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
        home = self.home(row)
        return found | {home} if home else found

    def first_split(self, row: int) -> set[str]:
        """Returns one of a row's splits, if it has any."""
        found = self.splits(row)
        return {next(split for split in STRONGEST_FIRST if split in found)} if found else set()

    def home(self, row: int) -> str | None:
        """Returns the split of a row's group, if it has one."""
        return self._homes.get(self._rows.group(row))

    def _has_near(self, row: int, split: str) -> bool:
        return next(self._near(row, split), None) is not None

    def _near(self, row: int, split: str) -> Iterator[int]:
        near = self._rows.near
        for other in self._clusters.get((near.clusters[row], split), ()):
            if near.similar(row, other):
                yield other
