"""Multinomial logistic regression on dense features, with targets that are probabilities."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

ITERATIONS = 500
TOLERANCE = 1e-3
LEXICON_SCALE = 3.0
"""The few features of the lexicons are scaled up, which regularizes them less than the vectors."""


@dataclass(frozen=True)
class Scaling:
    """Standardizes features.

    Attributes:
        mean: float64, shape (features,).
        scale: What a feature is divided by, float64, shape (features,).
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]

    def apply(self, features: NDArray[np.float64]) -> NDArray[np.float32]:
        """Returns standardized features; float32 is enough to fit with, and twice as fast."""
        return ((features - self.mean) / self.scale).astype(np.float32)


@dataclass(frozen=True)
class Weights:
    """What a head has learned, for features as they are.

    Attributes:
        coefficients: float64, shape (labels, features).
        intercept: float64, shape (labels,).
    """

    coefficients: NDArray[np.float64]
    intercept: NDArray[np.float64]

    def logits(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Returns logits, shape (rows, labels)."""
        logits: NDArray[np.float64] = features @ self.coefficients.T + self.intercept
        return logits


def scaling(features: NDArray[np.float64], figures: int) -> Scaling:
    """Fits the standardization of features, the last ``figures`` of which are the lexicons'."""
    scale = features.std(axis=0)
    scale[scale < 1e-9] = 1.0
    if figures:
        scale[-figures:] /= LEXICON_SCALE
    return Scaling(features.mean(axis=0), scale)


def label_weights(
    targets: NDArray[np.int64], labels: int, *, balanced: bool
) -> NDArray[np.float64]:
    """Returns the weight of each row; balanced gives every label the same sum."""
    if not balanced:
        return np.ones(len(targets))
    counts = np.bincount(targets, minlength=labels)
    weights: NDArray[np.float64] = len(targets) / (np.count_nonzero(counts) * counts[targets])
    return weights


class Problem:
    """Weighted cross-entropy plus the squared coefficients over 2 C, to be minimized.

    It is scikit-learn's objective, which takes no targets between 0 and 1. The vectors of an
    encoder are far from independent, so that L-BFGS on them needs hundreds of steps. In the basis
    of their principal components, each divided by the root of its curvature (an upper bound of it,
    Böhning 1992), it needs a few dozen.

    Args:
        features: Standardized, float32, shape (rows, features).
        targets: Probability of each label, shape (rows, labels).
        weights: Of each row, shape (rows,).
    """

    def __init__(
        self,
        features: NDArray[np.float32],
        targets: NDArray[np.float64],
        weights: NDArray[np.float64],
    ) -> None:
        self._targets, self._weights = targets, weights
        weighted = features * weights[:, None].astype(np.float32)
        spectrum, self._basis = np.linalg.eigh((weighted.T @ features).astype(np.float64))
        self._spectrum = np.maximum(spectrum, 0.0)
        self._rotated = features @ self._basis.astype(np.float32)

    def solve(self, c: float, start: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Returns coefficients and, last, intercepts, shape (labels, features + 1).

        Args:
            c: Inverse regularization strength.
            start: A solution for another strength.
        """
        shape = (self._targets.shape[1], self._rotated.shape[1] + 1)
        units = np.sqrt(np.append(self._spectrum / 2, self._weights.sum() / 2) + 1 / c)
        begin = np.zeros(shape)
        if start is not None:
            begin[:, :-1], begin[:, -1] = start[:, :-1] @ self._basis, start[:, -1]
        found = minimize(
            self._loss, (begin * units).ravel(), (c, units), "L-BFGS-B", jac=True,
            options={"maxiter": ITERATIONS, "gtol": TOLERANCE, "ftol": 1e-10},
        )  # fmt: skip
        solution: NDArray[np.float64] = found.x.reshape(shape) / units
        solution[:, :-1] = solution[:, :-1] @ self._basis.T
        return solution

    def _loss(
        self, flat: NDArray[np.float64], c: float, units: NDArray[np.float64]
    ) -> tuple[float, NDArray[np.float64]]:
        solution = flat.reshape(-1, len(units)) / units
        coefficients = solution[:, :-1]
        logits = self._rotated @ coefficients.T.astype(np.float32) + solution[:, -1]
        logits -= logits.max(axis=1, keepdims=True)
        powers = np.exp(logits)
        sums = powers.sum(axis=1, keepdims=True)
        likelihood = (self._weights * ((logits - np.log(sums)) * self._targets).sum(axis=1)).sum()
        error = (powers / sums - self._targets) * self._weights[:, None]
        gradient = np.empty_like(solution)
        gradient[:, :-1] = error.T.astype(np.float32) @ self._rotated + coefficients / c
        gradient[:, -1] = error.sum(axis=0)
        value = float((coefficients**2).sum() / (2 * c) - likelihood)
        return value, (gradient / units).ravel()


def unscaled(solution: NDArray[np.float64], by: Scaling, present: NDArray[np.bool_]) -> Weights:
    """Returns the weights for features as they are; labels without rows get minus infinity."""
    coefficients = solution[:, :-1] / by.scale
    intercept = np.where(present, solution[:, -1] - coefficients @ by.mean, -np.inf)
    return Weights(np.where(present[:, None], coefficients, 0.0), intercept)
