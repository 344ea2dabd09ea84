"""The split: stratified by label and source, with whole groups, the same for the same seed."""

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain

from sentiment_common.errors import InputError
from sentiment_ingest.labels import LABELS
from sentiment_ingest.rows import Example

TRAIN = "train"
SPLITS = (TRAIN, "validation", "test")
Cell = tuple[str, ...]


def fractions(validation: float, test: float) -> dict[str, float]:
    """Returns the share of each split.

    Raises:
        InputError: A share is not between 0 and 1, or nothing is left to train on.
    """
    for name, share in (("--validation-fraction", validation), ("--test-fraction", test)):
        if not 0 < share < 1:
            raise InputError(f"{share:g} is not between 0 and 1", where=name)
    if validation + test >= 1:
        raise InputError(
            f"{validation:g} and {test:g} leave nothing to train on",
            where="--validation-fraction and --test-fraction",
            mend="give shares of less than 1 together, e.g. 0.1 and 0.2",
        )
    return {"train": 1 - validation - test, "validation": validation, "test": test}


def split(
    examples: Sequence[Example],
    shares: Mapping[str, float],
    seed: int,
    bound: Mapping[str, str] | None = None,
    apart: Collection[str] = (),
) -> dict[str, list[Example]]:
    """Splits examples so that no group stands in two splits.

    Groups that are bound to a split go there and count towards its share. The others go one by
    one, the largest first and equals in an order drawn from the seed, where they bring the counts
    of all rows, of each label and of each label within its source closest to their shares. It is
    the greedy method of scikit-learn's StratifiedGroupKFold with splits of unequal size; a group's
    place in the order depends on its name and the seed alone.

    Args:
        examples: Labelled rows; their order is kept within each split.
        shares: Share of each split, as ``fractions`` gives them.
        seed: Draws the order of groups of one size.
        bound: Split of each group that has one already.
        apart: Ids of rows in such groups that count towards nobody's share.

    Raises:
        InputError: A label has no rows, or too few rows or groups for one of the splits.
    """
    _check_labels(label_counts(examples))
    members: dict[str, list[Example]] = defaultdict(list)
    counted = [example for example in examples if example.id not in apart] if apart else examples
    for example in counted:
        members[example.group].append(example)
    place = dict(bound or {})
    balance = _Balance(counted, shares)
    for group, name in place.items():
        balance.add(members.get(group, ()), name)
    free = members.keys() - place.keys()
    for group in sorted(free, key=lambda group: (-len(members[group]), _draw(seed, group))):
        place[group] = balance.put(members[group])
    parts: dict[str, list[Example]] = {name: [] for name in SPLITS}
    for example in examples:
        parts[place[example.group]].append(example)
    _check_parts(parts)
    return parts


def label_counts(examples: Sequence[Example]) -> dict[str, int]:
    """Counts rows by label, in the order of ``LABELS``."""
    counts = Counter(example.label for example in examples)
    return {label: counts[label] for label in LABELS}


class _Balance:
    """How far the counts of each split are from what they shall be."""

    def __init__(self, examples: Sequence[Example], shares: Mapping[str, float]) -> None:
        totals = _count(examples)
        self._targets = {
            name: {cell: count * share for cell, count in totals.items()}
            for name, share in shares.items()
        }
        self._counts: dict[str, Counter[Cell]] = {name: Counter() for name in shares}

    def add(self, group: Sequence[Example], name: str) -> None:
        """Counts a group in a split."""
        self._counts[name].update(_count(group))

    def put(self, group: Sequence[Example]) -> str:
        """Puts a group where it fits best, and says where."""
        added = _count(group)
        best = min(SPLITS, key=lambda name: self._cost(name, added))
        self._counts[best].update(added)
        return best

    def _cost(self, name: str, added: Mapping[Cell, int]) -> float:
        """Change of the sum of (count - target)^2 / target, were the group put there."""
        counts, targets = self._counts[name], self._targets[name]
        # An exact sum, for the order of a group's rows must not decide.
        return math.fsum(
            rows * (rows + 2 * (counts[cell] - targets[cell])) / targets[cell]
            for cell, rows in added.items()
        )


def _count(examples: Iterable[Example]) -> Counter[Cell]:
    return Counter(chain.from_iterable(map(_cells, examples)))


def _cells(example: Example) -> tuple[Cell, ...]:
    return (), (example.label,), (example.label, example.source)


def _draw(seed: int, group: str) -> bytes:
    return hashlib.sha256(f"{seed}\0{group}".encode()).digest()


def _check_labels(counts: Mapping[str, int]) -> None:
    missing = [label for label, count in counts.items() if not count]
    if missing:
        there = ", ".join(f"{count} {label}" for label, count in counts.items() if count)
        raise InputError(
            f"no row is {' or '.join(missing)} (usable rows: {there or 'none'})",
            where="labels",
            mend="models and their evaluation need all three labels: add a source that has them: "
            "--source 'own.csv | more.csv', or give other --labels or --rating-thresholds",
        )


def _check_parts(parts: Mapping[str, Sequence[Example]]) -> None:
    counts = {name: label_counts(rows) for name, rows in parts.items()}
    for label in LABELS:
        lacking = [name for name in SPLITS if not counts[name][label]]
        if lacking:
            rows = sum(count[label] for count in counts.values())
            raise InputError(
                f"{rows} rows are {label}, too few for the {' and the '.join(lacking)} split",
                where="labels",
                mend="give more rows of that label, or put them into more groups",
            )
