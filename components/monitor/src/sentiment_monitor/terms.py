"""Which words come and go, by the shares of texts that have them.

Words of a text come together, so the changes of their shares are not independent and their squares
add up to no chi-square with as many degrees of freedom. Their sum is that of weighted chi-squares;
its second moment comes from pairs of texts (Chen and Qin, "A two-sample test for high-dimensional
data with applications to gene-set testing", Annals of Statistics 2010), and a chi-square with the
same two moments stands for it (Box 1954). Words that training did not have are tested one by one
against the rarest share that the reference still lists.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse, stats

from sentiment_models.reference import Examined, Reference
from sentiment_monitor.findings import Finding, found, too_few
from sentiment_monitor.policy import Policy
from sentiment_monitor.window import Array

TERMS, VOCABULARY = "terms", "vocabulary"
LEAST_EXPECTED = 5.0
"""Rarer words say nothing one by one, and are left to their likes."""
MOST_TEXTS = 2_000
"""Pairs of so many texts are looked at for how words come together."""
SHOWN = 20


@dataclass(frozen=True)
class Change:
    """A word whose share has changed.

    Attributes:
        term: The word, as the text specification makes it.
        expected: Share of the reference's texts that have it.
        actual: Share of the window's.
        z: The difference in standard errors.
    """

    term: str
    expected: float
    actual: float
    z: float


def changes(examined: Sequence[Examined], reference: Reference) -> list[Change]:
    """Returns the words whose shares have changed, those that surprise most first."""
    counts, rows = _counts(examined), len(examined)
    found = []
    for term in sorted({*reference.terms, *counts}):
        now, then = counts[term], reference.terms.get(term, 0)
        pooled = (now + then) / max(rows + reference.rows, 1)
        error = (pooled * (1 - pooled) * (1 / max(rows, 1) + 1 / reference.rows)) ** 0.5
        before, after = then / reference.rows, now / max(rows, 1)
        found.append(Change(term, before, after, (after - before) / error if error else 0.0))
    return sorted(found, key=lambda it: (-abs(it.z), it.term))


def find(
    examined: Sequence[Examined], reference: Reference, changed: Sequence[Change], policy: Policy
) -> Finding:
    """Says whether the shares of known words have changed.

    Args:
        examined: Texts of the window.
        reference: What they are held against.
        changed: The words that have, see ``changes``.
        policy: Has the thresholds.
    """
    rows = len(examined)
    if rows < policy.count("min_rows"):
        return too_few(TERMS, "terms", policy, rows)
    statistic, effect, chance = moved(examined, reference)
    most = [it for it in changed if it.term in reference.terms][:SHOWN]
    words = f"The shares of known words differ by {effect:.3f} standard deviations on average"
    if effect >= policy.thresholds(TERMS)[0]:
        words += f"; most of all {', '.join(_said(it) for it in most[:3])}"
    details = {"terms": [[it.term, it.expected, it.actual] for it in most]}
    return found(TERMS, "terms", policy, rows, f"{words}.", effect, chance, statistic,
                 details=details)  # fmt: skip


def moved(examined: Sequence[Examined], reference: Reference) -> tuple[float, float, float]:
    """Measures how the shares of known words have moved.

    Returns:
        The mean squared z-score of a word's share (1 by chance), the root mean square of the
        shares' differences in standard deviations of a text, chance taken off, and the p-value.
    """
    rows, column = len(examined), {}
    for term, count in reference.terms.items():
        if count * rows / (rows + reference.rows) >= LEAST_EXPECTED:
            column[term] = len(column)
    if not column:
        return 0.0, 0.0, 1.0
    has = _matrix(examined, column)
    now = np.asarray(has.sum(axis=0)).ravel()
    then = np.array([reference.terms[term] for term in column], float)
    pooled = (now + then) / (rows + reference.rows)
    spread = np.sqrt(pooled * (1 - pooled))
    difference = now / rows - then / reference.rows
    both = 1 / rows + 1 / reference.rows
    squares = (difference / np.maximum(spread, 1e-12)) ** 2 / both
    statistic = float(squares.mean())
    # The mean of weighted chi-squares is 1; their variance is 2 tr(R^2) / words^2.
    freedom = len(column) ** 2 / max(_trace(has, spread), float(len(column)))
    chance = float(stats.chi2.sf(statistic * freedom, freedom))
    return statistic, float(np.sqrt(max(0.0, statistic - 1) * both)), chance


def _trace(has: sparse.csr_matrix, spread: Array) -> float:
    """Estimates the trace of the words' squared correlation matrix from pairs of texts."""
    even = np.linspace(0, has.shape[0] - 1, min(has.shape[0], MOST_TEXTS)).astype(np.int64)
    scaled = has[even] @ sparse.diags(1 / np.maximum(spread, 1e-12))
    mean = np.asarray(scaled.mean(axis=0)).ravel()
    products = (scaled @ scaled.T).toarray()
    along = np.asarray(scaled @ mean).ravel()
    centred = products - along[:, None] - along[None, :] + mean @ mean
    np.fill_diagonal(centred, 0)
    count = len(even)
    return float((centred**2).sum() / max(count * (count - 1), 1))


def find_new(examined: Sequence[Examined], reference: Reference, policy: Policy) -> Finding:
    """Says whether words have come up that training did not have."""
    rows = len(examined)
    if rows < policy.count("min_rows"):
        return too_few(VOCABULARY, "vocabulary", policy, rows)
    counts = {term: n for term, n in _counts(examined).items() if term not in reference.terms}
    rarest = min(reference.terms.values(), default=0) / reference.rows
    # One call for all: there are thousands of such words, and each call takes 0.3 ms.
    sizes = np.fromiter(counts.values(), np.int64, len(counts))
    tails = dict(zip(counts, stats.binom.sf(sizes - 1, rows, rarest).tolist(), strict=True))
    chance = min(1.0, min(tails.values(), default=1.0) * max(len(tails), 1))
    new = {term for term, tail in tails.items() if tail * len(tails) < policy.number("level")}
    effect = sum(not new.isdisjoint(it.words) for it in examined) / rows
    ranked = sorted(new, key=lambda term: (-counts[term], term))[:SHOWN]
    words = f"{effect:.1%} of the texts have a word that training hardly had"
    if ranked:
        words += f": {', '.join(f'{term} ({counts[term] / rows:.1%})' for term in ranked[:3])}"
    details = {"terms": [[term, 0.0, counts[term] / rows] for term in ranked]}
    return found(VOCABULARY, "vocabulary", policy, rows, f"{words}.", effect, chance,
                 float(len(new)), details=details)  # fmt: skip


def _counts(examined: Sequence[Examined]) -> Counter[str]:
    return Counter(word for it in examined for word in it.words)


def _matrix(examined: Sequence[Examined], column: dict[str, int]) -> sparse.csr_matrix:
    rows, columns = [], []
    for row, it in enumerate(examined):
        for word in sorted(it.words & column.keys()):
            rows.append(row)
            columns.append(column[word])
    shape = (len(examined), len(column))
    return sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape)


def _said(change: Change) -> str:
    return f"{change.term} (from {change.expected:.1%} to {change.actual:.1%})"
