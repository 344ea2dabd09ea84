"""How far labellers agree, beyond what chance would do.

- Raw: the share of pairs of labels of one text that are the same.
- Cohen's kappa, for two labellers (J. Cohen, "A coefficient of agreement for nominal scales",
  Educational and Psychological Measurement 20, 1960).
- Krippendorff's alpha, for any number of labellers of whom each has labelled what they have
  (K. Krippendorff, "Computing Krippendorff's alpha-reliability", 2011). Nominal: a label is right
  or wrong. Ordinal: negative is further from positive than from neutral.

Intervals are percentiles of a bootstrap over texts (Efron and Tibshirani, "An introduction to the
bootstrap", 1993, chapter 13): texts are drawn, and each brings all its labels. Krippendorff takes
.800 as reliable, and .667 as the least for tentative conclusions.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

from sentiment_models.bundle import LABELS
from sentiment_pipelines.labelling.store import Row

RESAMPLES, SEED = 1_000, 13
RELIABLE, TENTATIVE = 0.8, 2 / 3
Unit = TypeVar("Unit")
Counts = tuple[int, ...]
"""Of one text: how many chose each category, in their order."""


@dataclass(frozen=True)
class Figure:
    """A figure with its 95% interval; None where it has none.

    Attributes:
        value: None where nothing varies: with one label alone there is nothing to agree on.
        low: Lower end.
        high: Upper end.
    """

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Labeller:
    """One labeller beside the others.

    Attributes:
        name: Who.
        texts: How many texts they have labelled.
        compared: Labels of others on the same texts that theirs were compared with.
        agreed: Share of those that are the same as theirs; None without any.
        bias: Mean of their label less another's, negative as -1 and positive as 1; None likewise.
            Above 0 they see texts in a brighter light than others do.
        shares: Share of each label among theirs.
    """

    name: str
    texts: int
    compared: int
    agreed: float | None
    bias: float | None
    shares: Mapping[str, float]


@dataclass(frozen=True)
class Agreement:
    """What labellers have in common.

    Attributes:
        texts: Texts with the labels of two labellers or more.
        raw: Share of equal pairs.
        kappa: Cohen's; None unless there are exactly two labellers.
        nominal: Krippendorff's alpha of labels without an order.
        ordinal: The same of labels in their order.
        pairs: By label, by label: pairs of labels of one text, each pair counted once.
        labellers: Each of them, in alphabetical order.
    """

    texts: int
    raw: Figure
    kappa: Figure | None
    nominal: Figure
    ordinal: Figure
    pairs: Mapping[str, Mapping[str, int]]
    labellers: Sequence[Labeller]


def measure(rows: Iterable[Row]) -> Agreement:
    """Measures agreement.

    Args:
        rows: One per text and labeller, as ``store.read`` returns them.
    """
    texts: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        texts[row.text][row.by] = LABELS.index(row.label)
    several = [said for said in texts.values() if len(said) > 1]
    units = [_counted(said.values(), len(LABELS)) for said in several]
    names = sorted({name for said in texts.values() for name in said})
    kappa = None
    if len(names) == 2:
        couples = [(said[names[0]], said[names[1]]) for said in several]
        kappa = _with_interval(cohens_kappa, couples)
    return Agreement(
        len(units),
        _with_interval(raw_agreement, units),
        kappa,
        _with_interval(lambda drawn: krippendorffs_alpha(drawn, nominal), units),
        _with_interval(lambda drawn: krippendorffs_alpha(drawn, ordinal), units),
        _pairs(several),
        [_labeller(name, list(texts.values())) for name in names],
    )


def raw_agreement(units: Iterable[Counts]) -> float | None:
    """Returns the share of pairs of labels of one text that are the same; None without a pair."""
    found = Counter(units)
    same = sum(times * n * (n - 1) for unit, times in found.items() for n in unit)
    pairs = sum(times * sum(unit) * (sum(unit) - 1) for unit, times in found.items())
    return same / pairs if pairs else None


def cohens_kappa(couples: Iterable[tuple[int, int]]) -> float | None:
    """Returns Cohen's kappa of two labellers; None where chance alone would always agree.

    Args:
        couples: Category of the one and of the other, for each text.
    """
    cells = Counter(couples)
    total = sum(cells.values())
    one, other = Counter[int](), Counter[int]()
    for (mine, theirs), times in cells.items():
        one[mine] += times
        other[theirs] += times
    by_chance = sum(one[it] * other[it] for it in one)
    if total * total == by_chance:
        return None
    same = sum(times for (mine, theirs), times in cells.items() if mine == theirs)
    return (same * total - by_chance) / (total * total - by_chance)


def krippendorffs_alpha(
    units: Iterable[Counts], distance: Callable[[int, int, Sequence[float]], float]
) -> float | None:
    """Returns Krippendorff's alpha; None where nothing varies.

    Args:
        units: Of each text how many chose each category; those of one label alone do not count.
        distance: Squared difference of two categories: ``nominal`` or ``ordinal``.
    """
    found = {unit: times for unit, times in Counter(units).items() if sum(unit) > 1}
    size = len(next(iter(found), ()))
    both = [(a, b) for a in range(size) for b in range(size) if a != b]
    totals = [float(sum(times * unit[it] for unit, times in found.items())) for it in range(size)]
    apart = {pair: distance(*pair, totals) for pair in both}
    expected = sum(apart[a, b] * totals[a] * totals[b] for a, b in both)
    if not expected:
        return None
    observed = sum(
        times * apart[a, b] * unit[a] * unit[b] / (sum(unit) - 1)
        for unit, times in found.items()
        for a, b in both
    )
    return 1 - (sum(totals) - 1) * observed / expected


def nominal(one: int, other: int, totals: Sequence[float]) -> float:
    """Returns how far apart two categories without an order are, squared."""
    return float(one != other)


def ordinal(one: int, other: int, totals: Sequence[float]) -> float:
    """Returns how far apart two ranks are, squared: as many values as lie between them.

    Args:
        one: A category.
        other: Another.
        totals: Values of each category.
    """
    low, high = min(one, other), max(one, other)
    return (sum(totals[low : high + 1]) - (totals[low] + totals[high]) / 2) ** 2


def _with_interval(
    figure: Callable[[Iterable[Unit]], float | None], units: Sequence[Unit]
) -> Figure:
    drawn = random.Random(SEED)  # noqa: S311 (a bootstrap)
    values = (figure(drawn.choices(units, k=len(units))) for _ in range(RESAMPLES if units else 0))
    found = sorted(value for value in values if value is not None)
    value = figure(units)
    if value is None or len(found) < RESAMPLES // 2:
        return Figure(value, None, None)
    return Figure(value, found[int(0.025 * len(found))], found[int(0.975 * len(found))])


def _counted(categories: Iterable[int], size: int) -> Counts:
    found = Counter(categories)
    return tuple(found[it] for it in range(size))


def _pairs(texts: Iterable[Mapping[str, int]]) -> dict[str, dict[str, int]]:
    found = Counter(
        tuple(sorted(pair)) for said in texts for pair in combinations(said.values(), 2)
    )
    return {
        one: {other: found[min(a, b), max(a, b)] for b, other in enumerate(LABELS)}
        for a, one in enumerate(LABELS)
    }


def _labeller(name: str, texts: Sequence[Mapping[str, int]]) -> Labeller:
    mine = [said for said in texts if name in said]
    differences = [
        said[name] - theirs for said in mine for other, theirs in said.items() if other != name
    ]
    shares = Counter(said[name] for said in mine)
    compared = len(differences)
    return Labeller(
        name, len(mine), compared,
        differences.count(0) / compared if compared else None,
        sum(differences) / compared if compared else None,
        {label: shares[place] / len(mine) for place, label in enumerate(LABELS)},
    )  # fmt: skip
