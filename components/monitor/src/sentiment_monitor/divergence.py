"""How far the counts of a window lie from those of the reference, and whether by chance.

The population stability index is the symmetrised Kullback-Leibler divergence of two histograms
(Kullback and Leibler 1951; as an index: Siddiqi, "Credit risk scorecards", 2006). Where nothing has
changed it is not 0 but some (bins - 1) (1/n + 1/m): its distribution is that of a chi-square,
scaled (Yurdakul and Naranjo, "Statistical properties of the population stability index", Journal of
Risk Model Validation 2020). That much is taken off, so that a threshold means the same for a
hundred rows and for a million. Whether the rest is chance is told by the chi-square test of
homogeneity.
"""

import numpy as np
from scipy import stats

from sentiment_monitor.findings import Finding, Signal, found, too_few
from sentiment_monitor.policy import Policy
from sentiment_monitor.window import Array

SMOOTHING = 0.5
"""Added to each bin (Krichevsky and Trofimov 1981): an empty one makes no index infinite."""
LEAST_EXPECTED = 5.0
"""Rarer bins are tested as one: below it the chi-square is no chi-square (Cochran 1954)."""


def psi(expected: Array, actual: Array) -> float:
    """Returns the population stability index of two histograms with the same bins; from 0 on.

    Args:
        expected: Counts of the reference, shape (bins,).
        actual: Counts of the window, shape (bins,).
    """
    one, other = _shares(expected), _shares(actual)
    return float(((other - one) * np.log(other / one)).sum())


def psi_by_chance(expected: Array, actual: Array) -> float:
    """Returns what the index is on average where nothing has changed."""
    used = int(((np.asarray(expected) + np.asarray(actual)) > 0).sum())
    rows = np.asarray(expected).sum(), np.asarray(actual).sum()
    return float(max(used - 1, 0) * sum(1 / max(count, 1) for count in rows))


def jensen_shannon(expected: Array, actual: Array) -> float:
    """Returns the Jensen-Shannon divergence of two histograms in bits, 0 to 1 (Lin 1991)."""
    one, other = (np.asarray(it) / max(np.asarray(it).sum(), 1) for it in (expected, actual))
    middle = (one + other) / 2
    parts = [
        np.where(it > 0, it * np.log2(np.where(it > 0, it, 1) / np.where(middle > 0, middle, 1)), 0)
        for it in (one, other)
    ]
    return float(min(1.0, max(0.0, (parts[0].sum() + parts[1].sum()) / 2)))


def p_value(expected: Array, actual: Array) -> float:
    """Returns how likely counts so far apart are where both are of one distribution."""
    table = np.stack([np.asarray(expected), np.asarray(actual)]).astype(float)
    table = _pooled(table[:, table.sum(axis=0) > 0])
    if table.shape[1] < 2 or not table.sum(axis=1).all():
        return 1.0
    return float(stats.chi2_contingency(table, correction=False).pvalue)


def _shares(counts: Array) -> Array:
    smoothed = np.asarray(counts, float) + SMOOTHING
    return np.asarray(smoothed / smoothed.sum())


def _pooled(table: Array) -> Array:
    """Returns a table of counts, shape (2, bins), with its rarest bins as one."""
    table = table[:, np.argsort(table.sum(axis=0), kind="stable")]
    smaller = table.sum(axis=1).min() / max(table.sum(), 1)
    together = np.cumsum(table.sum(axis=0)) * smaller
    rare = np.asarray(table.sum(axis=0) * smaller < LEAST_EXPECTED)
    # The pool itself must be large enough: it takes in the next bin until it is.
    count = int(rare.sum())
    while 0 < count < table.shape[1] and together[count - 1] < LEAST_EXPECTED:
        count += 1
    return np.column_stack([table[:, :count].sum(axis=1), table[:, count:]]) if count else table


def find(signal: Signal, policy: Policy, what: str) -> Finding:
    """Says how far a signal has moved.

    Args:
        signal: Its counts.
        policy: Has the thresholds.
        what: What the signal is, as a sentence begins: ``The confidence of answers``.
    """
    expected, actual = np.asarray(signal.expected), np.asarray(signal.actual)
    rows = int(actual.sum())
    if rows < policy.count("min_rows"):
        return too_few(signal.name, "psi", policy, rows)
    index = psi(expected, actual)
    effect = max(0.0, index - psi_by_chance(expected, actual))
    far = effect >= policy.thresholds(signal.name)[0]
    said = f"has changed; most of all {moved(signal)}" if far else "is much as in training"
    return found(
        signal.name, "psi", policy, rows, f"{what} {said} (PSI {effect:.3f}).",
        effect, p_value(expected, actual), index,
        details={"jensen_shannon": jensen_shannon(expected, actual)},
    )  # fmt: skip


def moved(signal: Signal) -> str:
    """Returns which bin has changed most, in words."""
    one, other = (np.asarray(it) / max(sum(it), 1) for it in (signal.expected, signal.actual))
    most = int(np.argmax(np.abs(other - one)))
    return f"{signal.bins[most]}, {one[most]:.1%} in training and {other[most]:.1%} now"
