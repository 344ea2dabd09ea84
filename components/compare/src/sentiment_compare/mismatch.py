"""Sample-ratio mismatch: do the variants have the callers that their weights promise?

A sequential multinomial test against a Dirichlet mixture: Lindon and Malek, "Anytime-valid
inference for multinomial count data", NeurIPS 2022. Its level holds however often it is looked at.
A caller counts once, with the weights of the period in which it was first seen: what is multinomial
is the caller's hash, not its requests. Each period has its own mixture; evidence multiplies.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEVEL = 0.01
"""Below it the comparison is not to be trusted."""
CONCENTRATION = 1_000.0
"""Of the mixture around the promised weights: it expects deviations of a point or two."""


@dataclass(frozen=True)
class Arrivals:
    """Callers that were first seen between two looks of one period.

    Attributes:
        period: Number of the period.
        expected: Weight by variant that can be assigned in the period.
        counts: Callers by variant.
    """

    period: int
    expected: Mapping[str, float]
    counts: Mapping[str, int]


def p_values(arrivals: Sequence[Arrivals]) -> list[float]:
    """Returns the always-valid p-value after each batch of arrivals, the least so far."""
    totals: dict[int, dict[str, int]] = {}
    evidence: dict[int, float] = {}
    most, found = 0.0, []
    for batch in arrivals:
        seen = totals.setdefault(batch.period, dict.fromkeys(batch.expected, 0))
        for name in seen:
            seen[name] += batch.counts.get(name, 0)
        evidence[batch.period] = log_evidence(batch.expected, seen)
        most = max(most, sum(evidence.values()))
        found.append(math.exp(-most))
    return found


def log_evidence(expected: Mapping[str, float], counts: Mapping[str, int]) -> float:
    """Returns the logarithm of the likelihood ratio of the mixture to the promised weights.

    Args:
        expected: Weight by variant; those of weight 0 are passed over.
        counts: Callers by variant.
    """
    total = sum(expected.values())
    weights = {name: weight / total for name, weight in expected.items() if weight > 0}
    callers = sum(counts[name] for name in weights)
    found = math.lgamma(CONCENTRATION) - math.lgamma(CONCENTRATION + callers)
    for name, weight in weights.items():
        prior = CONCENTRATION * weight
        found += math.lgamma(prior + counts[name]) - math.lgamma(prior)
        found -= counts[name] * math.log(weight)
    return found
