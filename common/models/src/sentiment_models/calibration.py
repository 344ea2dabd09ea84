"""Probabilities from logits, and the temperature that calibrates them."""

import numpy as np
from numpy.typing import NDArray

SHARPEST, FLATTEST = 0.05, 20.0


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the softmax of each row; a logit of minus infinity gives probability 0.

    Args:
        logits: Shape (rows, classes).
    """
    powers: NDArray[np.float64] = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def negative_log_likelihood(logits: NDArray[np.float64], targets: NDArray[np.int64]) -> float:
    """Returns the mean negative log-likelihood of the targets in nats.

    Args:
        logits: Shape (rows, classes).
        targets: Column of the true class, shape (rows,).
    """
    shifted = logits - logits.max(axis=1, keepdims=True)
    chosen = shifted[np.arange(len(targets)), targets]
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - chosen))


def fit_temperature(logits: NDArray[np.float64], targets: NDArray[np.int64]) -> float:
    """Fits the temperature T of ``softmax(logits / T)`` (Guo et al. 2017, section 4.2).

    The negative log-likelihood is convex in 1/T, so its slope has one root; bisection finds it.

    Args:
        logits: Logits of rows the model was not trained on, shape (rows, classes).
        targets: Column of the true class, shape (rows,).

    Returns:
        The temperature that minimizes the negative log-likelihood, within 0.05 to 20.
    """
    centred = logits - logits.max(axis=1, keepdims=True)
    chosen = centred[np.arange(len(targets)), targets].mean()

    def slope(temperature: float) -> float:
        expected = (softmax(centred / temperature) * centred).sum(axis=1).mean()
        return float(expected - chosen)

    low, high = SHARPEST, FLATTEST
    for _ in range(60):
        middle = float(np.sqrt(low * high))
        # In 1/T the slope rises: positive means that T must grow.
        low, high = (middle, high) if slope(middle) > 0 else (low, middle)
    return float(np.sqrt(low * high))
