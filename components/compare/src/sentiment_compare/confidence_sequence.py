"""Intervals and p-values that hold at every time at once, so that anybody may look at any time.

The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas,
"Time-uniform central limit theory and asymptotic confidence sequences", Annals of Statistics 52
(2024), with Robbins' normal mixture. Its clock is information, the inverse of the estimate's
squared standard error, as in group sequential designs: there every efficient estimate moves like a
Brownian motion with drift, whatever the sizes, weights and clusters behind it (Jennison and
Turnbull, "Group-sequential analysis incorporating covariate information", JASA 92, 1997).

The p-value is the same mixture turned round, the mixture sequential probability ratio test of
Johari, Koomen, Pekelis and Walsh, "Always valid inference", Operations Research 70 (2022).

Callers come back, so increments are not independent. With callers of equal zeal and a constant
correlation the covariance of two estimates is still the variance of the later one, which is all
that the clock asks for. With callers of very different zeal it may be less; then no theorem helps,
and what does are the effective callers that ``comparison`` asks for, and simulations.
"""

import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def fixed_information(effect: float, alpha: float, power: float) -> float:
    """Returns the information that a two-sided test with one look needs.

    Args:
        effect: The difference that it shall find.
        alpha: Its level.
        power: How often it shall find the difference.
    """
    normal = NormalDist()
    return ((normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)) / effect) ** 2


def mixture(alpha: float, information: float) -> float:
    """Returns the variance of the mixture whose interval is tightest at an information.

    It must not depend on the data. As Waudby-Smith et al. (2024) tune it, by an expansion.

    Args:
        alpha: One minus the confidence.
        information: Where the interval shall be tightest.
    """
    level = -2 * math.log(alpha)
    return (level + math.log(level) + 1) / information


def half_width(variance: Floats, alpha: float, mixed: float) -> Floats:
    """Returns how far the interval reaches to either side.

    Args:
        variance: Squared standard error of each estimate; infinite where there is none.
        alpha: One minus the confidence.
        mixed: The mixture's variance.
    """
    with np.errstate(invalid="ignore"):
        reach = (variance**2 / mixed + variance) * (np.log1p(mixed / variance) - 2 * np.log(alpha))
    return np.where(np.isfinite(variance), np.sqrt(reach), np.inf)


def log_evidence(difference: Floats, variance: Floats, mixed: float) -> Floats:
    """Returns the logarithm of the mixture's likelihood ratio against no difference.

    Args:
        difference: The estimates.
        variance: Their squared standard errors; infinite where there is no estimate.
        mixed: The mixture's variance.
    """
    with np.errstate(invalid="ignore"):
        ratio = difference**2 / (2 * variance) * mixed / (variance + mixed)
    return np.where(np.isfinite(variance), ratio - np.log1p(mixed / variance) / 2, 0.0)


def p_values(evidence: Floats) -> Floats:
    """Returns the always-valid p-value after each look: the least so far.

    Args:
        evidence: Logarithms of likelihood ratios, in the order of the looks along the last axis.
    """
    return np.exp(-np.maximum(np.maximum.accumulate(evidence, axis=-1), 0.0))
