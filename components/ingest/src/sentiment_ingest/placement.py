"""What belongs together, and the split that it is bound to by what stood where before.

A group is what the user calls one, joined with others by near-duplicates. Rows keep their split as
the data grows; what is near to them, or of their group, follows them. Where that cannot be, because
it ties rows of two splits together, rows are dropped rather than let one split leak into another.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sentiment_ingest.groups import join_groups
from sentiment_ingest.near_duplicates import NearDuplicates
from sentiment_ingest.previous import Previous
from sentiment_ingest.rows import Dropped, Example
from sentiment_ingest.settlement import Rows, settle

FEW = 4
"""Up to one in so many rows is dropped to keep a user's groups from growing into one."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Placement:
    """Examples whose groups are whole.

    Attributes:
        examples: The rows that are kept, in their order, each with the name of its joined group.
        dropped: The rows that no split can have without a leak.
        splits: The split of each group that is bound to one.
        carried: How many of the kept rows have stood in their split before.
    """

    examples: list[Example]
    dropped: list[Dropped]
    splits: dict[str, str]
    carried: int


def place(
    examples: Sequence[Example], previous: Iterable[Previous], *, join: bool, share: float
) -> Placement:
    """Joins groups by near-duplicates and binds them to the splits of earlier examples.

    What was in a split stays there, and new rows follow their group and their near-duplicates,
    also those that are no more. Who is tied to two splits is dropped, see ``settle``.

    Near-duplicates can also tie many groups of the user's into one that is larger than the smallest
    split. Then each cluster of them keeps the rows of one group, if that costs few rows.

    Args:
        examples: Labelled rows.
        previous: The rows of the earlier examples.
        join: Whether near-duplicates join groups. If not, they may stand in two splits.
        share: Share of the smallest split.
    """
    rows = _rows(examples, previous, join)
    limit = share * len(examples)
    dropped: dict[int, Dropped] = {}
    groups: list[list[int]] = []
    splits: dict[int, str] = {}
    for whole in _components(rows, range(len(rows.bound)), rows.near):
        surplus = _surplus(rows, whole, limit)
        dropped.update(surplus)
        for part in _without(rows, whole, surplus):
            bound = {split for row in part if (split := rows.bound[row])}
            if len(bound) > 1:
                settled = settle(rows, part)
                splits.update(settled.splits)
                dropped.update(settled.dropped)
            elif bound:
                splits.update(dict.fromkeys(part, bound.pop()))
            out = {row for row in part if row in dropped or not rows.present(row)}
            groups += _without(rows, part, out)
    _warn_of_size(rows, groups, limit)
    return _placement(rows, groups, splits, dropped)


def _rows(examples: Sequence[Example], previous: Iterable[Previous], join: bool) -> Rows:
    present = {example.id: example.text for example in examples}
    known: dict[str, str] = {}
    gone: list[Previous] = []
    for row in previous:
        text = present.get(row.id)
        if text is not None:
            known[row.id] = row.split
        # Where the text of a row was changed, the text of then is one that is no more.
        if row.text is not None and row.text != text:
            gone.append(row)
    bound = [*(known.get(example.id) for example in examples), *(row.split for row in gone)]
    # A text without words is nobody's near-duplicate.
    texts = [(row.text or "") if join else "" for row in (*examples, *gone)]
    return Rows(examples, gone, bound, texts, NearDuplicates(texts))


def _components(rows: Rows, part: Sequence[int], near: NearDuplicates) -> list[list[int]]:
    """Returns rows that are tied by their groups or as near-duplicates, each part in its order."""
    parts: dict[str, list[int]] = defaultdict(list)
    names = join_groups([rows.group(row) for row in part], near.clusters)
    for row, name in zip(part, names, strict=True):
        parts[name].append(row)
    return list(parts.values())


def _without(rows: Rows, part: list[int], out: Collection[int]) -> list[list[int]]:
    """Returns what a part falls into when some of its rows are taken out."""
    if not out:
        return [part]
    rest = [row for row in part if row not in out]
    return _components(rows, rest, NearDuplicates(rows.texts[row] for row in rest))


def _surplus(rows: Rows, part: Sequence[int], limit: float) -> dict[int, Dropped]:
    """Returns the new rows that tie groups into one above the limit, if there are few of them."""
    present = [row for row in part if rows.present(row)]
    if len(present) <= limit:
        return {}
    clusters: dict[int, list[int]] = defaultdict(list)
    for row in present:
        clusters[rows.near.clusters[row]].append(row)
    surplus: dict[int, Dropped] = {}
    for cluster in clusters.values():
        keeper = next((row for row in cluster if rows.bound[row]), cluster[0])
        kept = rows.examples[keeper]
        for row in cluster:
            example = rows.examples[row]
            if example.group != kept.group and not rows.bound[row]:
                surplus[row] = Dropped(
                    example.file, example.row, "near-duplicate in another group",
                    f"of {kept.id!r}", example.id, kept.id,
                )  # fmt: skip
    if not surplus or FEW * len(surplus) > len(present):
        return {}
    logger.warning(
        "dropping %s near-duplicates that tie %s rows into one group",
        f"{len(surplus):,}", f"{len(present):,}",
    )  # fmt: skip
    return surplus


def _placement(
    rows: Rows,
    groups: Sequence[Sequence[int]],
    splits: Mapping[int, str],
    dropped: Mapping[int, Dropped],
) -> Placement:
    names = {row: rows.group(group[0]) for group in groups for row in group}
    return Placement(
        [
            example if example.group == names[row] else replace(example, group=names[row])
            for row, example in enumerate(rows.examples)
            if row in names
        ],
        [dropped[row] for row in sorted(dropped)],
        {names[row]: split for row, split in splits.items() if row in names},
        sum(rows.bound[row] is not None for row in names),
    )


def _warn_of_size(rows: Rows, groups: Sequence[Sequence[int]], limit: float) -> None:
    largest = max(groups, key=len, default=[])
    if len(largest) > max(limit, 1):
        logger.warning(
            "group %r has %s of %s rows, more than the smallest split",
            rows.group(largest[0]), f"{len(largest):,}", f"{len(rows.examples):,}",
        )  # fmt: skip
