"""What a fit is made of: how sure each label is, and how rare labels are brought up."""

from dataclasses import dataclass

import numpy as np
from imblearn.over_sampling import SMOTE, RandomOverSampler
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from sentiment_common.errors import InputError
from sentiment_models import LABELS

LEAST_SHARE = 0.02
BINS_A_DEVIATION = 8
NEIGHBOURS = 5


@dataclass(frozen=True)
class Weighted:
    """Rows as an estimator takes them; a row with two labels is there twice.

    Attributes:
        matrix: Shape (rows, features).
        targets: Position of each row's label in LABELS.
        weights: Weight of each row.
    """

    matrix: csr_matrix
    targets: NDArray[np.int64]
    weights: NDArray[np.float64]


def soft_targets(
    targets: NDArray[np.int64], ratings: NDArray[np.float64], softness: float
) -> NDArray[np.float64]:
    """Spreads each label over the labels that rows with ratings nearby have.

    A rating just beside the bound between two labels might have fallen on the other side with
    other raters, so its label is worth less than that of a rating far away. The shares are a kernel
    regression (Nadaraya 1964, Watson 1964) of the labels on the ratings, so no bound need be known.

    Args:
        targets: Position of each row's label in LABELS.
        ratings: Rating of each row, nan where unknown: there the label stays as it is.
        softness: Standard deviation of the Gaussian kernel, in those of the ratings.

    Returns:
        Shares of the labels, shape (rows, labels); rows sum to 1.
    """
    shares = np.eye(len(LABELS))[targets]
    known = np.isfinite(ratings)
    spread = float(ratings[known].std()) if known.any() else 0.0
    if softness * spread == 0:
        return shares
    width = softness * spread
    # Ratings are counted in bins far narrower than the kernel: time stays linear in the rows.
    bins, place = np.unique(
        np.round(ratings[known] * (BINS_A_DEVIATION / width)), return_inverse=True
    )
    table = np.zeros((len(bins), len(LABELS)))
    np.add.at(table, place, shares[known])
    distances = (bins[:, None] - bins[None, :]) / BINS_A_DEVIATION
    smoothed = np.exp(-0.5 * distances * distances) @ table
    shares[known] = (smoothed / smoothed.sum(axis=1, keepdims=True))[place]
    return shares


def weighted(
    matrix: csr_matrix,
    targets: NDArray[np.int64],
    shares: NDArray[np.float64],
    balance: str,
    strength: float,
    seed: int,
) -> Weighted:
    """Brings rare labels up, and turns shares of labels into weighted rows.

    Args:
        matrix: Features of the rows of a fit.
        targets: Position of each row's label in LABELS.
        shares: Shares of the labels, see ``soft_targets``.
        balance: ``none``; ``class_weight``; ``oversample``, rows drawn again; or ``smote``, rows
            made up between neighbours of one label (Chawla et al. 2002).
        strength: From 0, as they are, to 1, all labels with the same total weight.
        seed: Seed of sampling.

    Raises:
        InputError: SMOTE finds no neighbours.
    """
    if balance == "oversample":
        sampler = RandomOverSampler(sampling_strategy=_wanted(targets, strength), random_state=seed)
        sampler.fit_resample(np.zeros((len(targets), 1)), targets)
        drawn = sampler.sample_indices_
        matrix, shares = matrix[drawn], shares[drawn]
    elif balance == "smote":
        matrix, shares = _smote(matrix, targets, shares, strength, seed)
    factors = np.ones(len(LABELS))
    if balance == "class_weight":
        totals = shares.sum(axis=0)
        present = totals > 0
        even = totals.sum() / present.sum()
        factors[present] = (even / totals[present]) ** strength
    return _rows(matrix, shares, factors)


def _rows(
    matrix: csr_matrix, shares: NDArray[np.float64], factors: NDArray[np.float64]
) -> Weighted:
    # Weights this small cost time and change nothing; the largest share of a row always stays.
    kept = np.where(shares >= LEAST_SHARE, shares, 0)
    row, label = np.nonzero(kept)
    return Weighted(matrix[row], label, kept[row, label] * factors[label])


def _wanted(targets: NDArray[np.int64], strength: float) -> dict[int, int]:
    counts = np.bincount(targets, minlength=len(LABELS))
    return {
        int(label): round(counts.max() ** strength * counts[label] ** (1 - strength))
        for label in np.flatnonzero(counts)
    }


def _smote(
    matrix: csr_matrix,
    targets: NDArray[np.int64],
    shares: NDArray[np.float64],
    strength: float,
    seed: int,
) -> tuple[csr_matrix, NDArray[np.float64]]:
    wanted = _wanted(targets, strength)
    for label, count in wanted.items():
        rows = int(np.sum(targets == label))
        if rows <= NEIGHBOURS and count > rows:
            raise InputError(
                f"{rows} rows with the label {LABELS[label]} are too few for SMOTE",
                where="--balance",
                mend=f"give more than {NEIGHBOURS} a fold, or another --balance",
            )
    sampler = SMOTE(sampling_strategy=wanted, k_neighbors=NEIGHBOURS, random_state=seed)
    features, labels = sampler.fit_resample(matrix, targets)
    # The rows that were there come first and keep their shares.
    made = np.eye(len(LABELS))[labels[len(targets) :]]
    return csr_matrix(vstack([matrix, features[len(targets) :]])), np.vstack([shares, made])
