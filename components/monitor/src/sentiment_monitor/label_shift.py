"""Which labels the texts have, estimated from the answers: the model errs, but in a known way.

Two estimates, which agree if only the labels' shares have changed and each label's texts are as
they were. By maximum likelihood from calibrated scores: Saerens, Latinne and Decaestecker,
"Adjusting the outputs of a classifier to new a priori probabilities", Neural Computation 2002;
and from the answered labels through the reference's confusion matrix, black-box shift estimation:
Lipton, Wang and Smola, "Detecting and correcting for label shift with black box predictors", ICML
2018, whose test whether the shares have changed is that of the answered labels.
"""

import numpy as np

from sentiment_models.bundle import LABELS
from sentiment_models.reference import Reference
from sentiment_monitor.divergence import p_value
from sentiment_monitor.findings import Finding, found, too_few
from sentiment_monitor.policy import Policy
from sentiment_monitor.window import Answers, Array

NAME = "label_shift"
ROUNDS, CLOSE = 1_000, 1e-7
LEAST_SHARE = 1e-6
DISAGREEMENT = 0.1
"""Estimates further apart say that not only the labels' shares have changed."""
MOST_ROWS = 100_000
"""More answers make no estimate better that is compared with a few thousand texts of training."""


def find(answers: Answers, reference: Reference, policy: Policy) -> Finding:
    """Says by how much the shares of the true labels have changed."""
    rows = len(answers)
    if rows < policy.count("min_rows"):
        return too_few(NAME, "label-shift", policy, rows)
    prior = np.array([max(reference.labels[it], 1) for it in LABELS], float)
    prior /= prior.sum()
    even = np.linspace(0, rows - 1, min(rows, MOST_ROWS)).astype(np.int64)
    likeliest, _, ratio = by_likelihood(answers.probabilities[even].astype(float), prior)
    answered = np.bincount(answers.label.astype(np.int64), minlength=len(LABELS))
    through = by_confusion(answered, reference)
    # The milder of the two: scores that are off by a little move the first, sampling the second.
    shares = min((likeliest, through), key=lambda it: float(np.abs(it - prior).max()))
    most = int(np.argmax(np.abs(shares - prior)))
    effect = float(np.abs(shares - prior)[most])
    words = (
        f"{LABELS[most].capitalize()} texts are estimated at {shares[most]:.1%}; "
        f"in training they were {prior[most]:.1%}."
    )
    if float(np.abs(likeliest - through).max()) > DISAGREEMENT:
        words += " Two estimates disagree, so not the labels' shares alone have changed."
    # The ratio is no test here: it takes scores for calibrated that were trained with weights for
    # rare labels. Answers are distributed as in the reference whatever the model's faults are.
    predicted = np.array([reference.predicted[it] for it in LABELS])
    return found(
        NAME, "label-shift", policy, rows, words, effect, p_value(predicted, answered), ratio,
        details={
            "training": _by_label(prior), "likelihood": _by_label(likeliest),
            "confusion": _by_label(through),
        },
    )  # fmt: skip


def by_likelihood(scores: Array, prior: Array) -> tuple[Array, Array, float]:
    """Estimates the shares of labels by expectation maximisation (Saerens et al. 2002).

    Args:
        scores: Calibrated probabilities under the prior, shape (rows, labels).
        prior: Shares of the labels that the scores were calibrated for.

    Returns:
        The shares, their standard errors, and the likelihood ratio against the prior.
    """
    likelihood = np.maximum(scores, LEAST_SHARE) / prior
    shares = prior.copy()
    for _ in range(ROUNDS):
        weighted = likelihood * shares
        fresh = (weighted / weighted.sum(axis=1, keepdims=True)).mean(axis=0)
        done = np.abs(fresh - shares).max() < CLOSE
        shares = fresh
        if done:
            break
    mixture, before = likelihood @ shares, likelihood @ prior
    ratio = 2 * float((np.log(mixture) - np.log(before)).sum())
    # Fisher's information of all shares but the last, which the others leave.
    slope = (likelihood[:, :-1] - likelihood[:, -1:]) / mixture[:, None]
    covariance = np.linalg.pinv(slope.T @ slope)
    last = covariance.sum()
    error = np.sqrt(np.maximum([*np.diagonal(covariance), last], 0))
    return shares, error, max(0.0, ratio)


def by_confusion(predicted: Array, reference: Reference) -> Array:
    """Estimates the shares of labels from answers and a confusion matrix (Lipton et al. 2018).

    Args:
        predicted: Answers of each label.
        reference: Has the confusion matrix.

    Returns:
        The shares; clipped to what shares can be.
    """
    joint = np.array(
        [[reference.confusion[true][found] for true in LABELS] for found in LABELS], float
    )
    given_true = joint / np.maximum(joint.sum(axis=0), 1)
    answered = predicted / max(predicted.sum(), 1)
    # A label that is never answered makes the matrix singular: the nearest solution then.
    shares = np.maximum(np.linalg.lstsq(given_true, answered, rcond=None)[0], 0)
    return np.asarray(shares / shares.sum())


def _by_label(shares: Array) -> dict[str, float]:
    return {label: float(share) for label, share in zip(LABELS, shares, strict=True)}
