"""Fits a blend of members to their cross-fitted probabilities."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from sentiment_models import LABELS
from sentiment_models.calibration import softmax
from sentiment_models.ensemble import Blend, log_probabilities
from sentiment_train_ensemble.settings import WEIGHTS

RIDGE = 10.0
"""Weight of the squared distance between a stacked regression and the plain geometric mean."""
LARGEST_WEIGHT = 10.0
Probabilities = Sequence[NDArray[np.float64]]


def fit(
    method: str, names: Sequence[str], probabilities: Probabilities, targets: NDArray[np.int64]
) -> Blend:
    """Fits a blend.

    A single member stays as it is: there is nothing to blend.

    Args:
        method: ``weights`` or ``stacking``.
        names: Of the members.
        probabilities: Of each member, shape (rows, labels), by models that had not seen the rows.
        targets: Position of each row's label in LABELS, shape (rows,).
    """
    members = tuple(names)
    if len(members) == 1:
        return Blend(members, np.eye(len(LABELS)), np.zeros(len(LABELS)))
    if method == WEIGHTS:
        shares = _shares(probabilities, targets)
        return Blend(members, _blocks(shares), np.zeros(len(LABELS)))
    return Blend(members, *_regression(probabilities, targets))


def shares(blend: Blend) -> dict[str, float]:
    """Returns each member's share in a blend: the sum of its weights for the label itself."""
    size = len(LABELS)
    blocks = [
        float(np.trace(blend.coefficients[:, at * size : (at + 1) * size]))
        for at in range(len(blend.members))
    ]
    whole = sum(map(abs, blocks)) or 1.0
    return {name: block / whole for name, block in zip(blend.members, blocks, strict=True)}


def _blocks(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([share * np.eye(len(LABELS)) for share in shares], axis=1)


def _shares(probabilities: Probabilities, targets: NDArray[np.int64]) -> NDArray[np.float64]:
    """Returns the weights of least log loss; their sum, which sharpens or flattens, is free."""
    logarithms = np.stack([log_probabilities([member]) for member in probabilities])
    chosen = logarithms[:, np.arange(len(targets)), targets].mean(axis=1)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = np.tensordot(weights, logarithms, axes=1)
        top = logits.max(axis=1)
        sums = np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top
        expected = np.einsum("rl,mrl->m", softmax(logits), logarithms) / len(targets)
        return float(sums.mean() - weights @ chosen), expected - chosen

    begin = np.full(len(logarithms), 1 / len(logarithms))
    bounds = [(0.0, LARGEST_WEIGHT)] * len(logarithms)
    found = minimize(loss, begin, jac=True, method="L-BFGS-B", bounds=bounds)
    weights: NDArray[np.float64] = found.x
    return weights if weights.sum() > 0 else begin


def _regression(
    probabilities: Probabilities, targets: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns coefficients and intercept of a logistic regression on all log-probabilities.

    It is drawn towards the geometric mean of all members, as if that had been seen before.
    """
    size, count = len(LABELS), len(probabilities)
    logarithms = log_probabilities(probabilities)
    prior = np.zeros((size, size * count + 1))
    prior[:, :-1] = _blocks(np.full(count, 1 / count))
    wanted = np.eye(size)[targets]

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        solution = flat.reshape(prior.shape)
        logits = logarithms @ solution[:, :-1].T + solution[:, -1]
        logits -= logits.max(axis=1, keepdims=True)
        sums = np.log(np.exp(logits).sum(axis=1, keepdims=True))
        error = softmax(logits) - wanted
        away = solution - prior
        gradient = np.empty(prior.shape)
        gradient[:, :-1] = error.T @ logarithms
        gradient[:, -1] = error.sum(axis=0)
        likelihood = float(((logits - sums) * wanted).sum())
        value = RIDGE * float((away**2).sum()) / 2 - likelihood
        return value / len(targets), (gradient + RIDGE * away).ravel() / len(targets)

    found = minimize(loss, prior.ravel(), jac=True, method="L-BFGS-B")
    solution: NDArray[np.float64] = found.x.reshape(prior.shape)
    # A label without rows would drift away for ever; its members give it no probability anyway.
    return solution[:, :-1], solution[:, -1]
