"""What the lexicon says of a row: valences turned by negations, and their sums."""

from typing import Any

from keras import ops

NEGATED = -0.74
"""Factor of a valence after a negation, and REACH the words it reaches (Hutto and Gilbert 2014)."""
REACH = 3
DAMPING = 2.0  # sums of long rows grow ever slower


def channels(told: Any) -> Any:
    """Returns valences, turned valences and negation, shape (rows, time, 2 * lexicons + 1).

    Args:
        told: Valence of each word in each lexicon, and at last whether it is a negation, float32,
            shape (rows, time, lexicons + 1).
    """
    valences, negation = told[..., :-1], told[..., -1:]
    turned = ops.where(_reached(negation) > 0, NEGATED * valences, valences)
    return ops.concatenate([valences, turned, negation], axis=-1)


def summary(told: Any) -> Any:
    """Returns figures of each row, shape (rows, 5 * lexicons + 1).

    For each lexicon they are the sums of the good, of the bad and of all turned valences, damped,
    the best and the worst one; at last how many words are negations, damped.

    Args:
        told: What ``channels`` returns.
    """
    lexicons = told.shape[-1] // 2
    turned, negation = told[..., lexicons:-1], told[..., -1:]
    good, bad = ops.maximum(turned, 0.0), ops.minimum(turned, 0.0)
    sums = [_damped(ops.sum(part, axis=1)) for part in (good, bad, turned, negation)]
    return ops.concatenate([ops.max(good, axis=1), ops.min(bad, axis=1), *sums], axis=-1)


def _reached(negation: Any) -> Any:
    """Returns for each word how many of the REACH words before it are negations."""
    length = ops.shape(negation)[1]
    before = ops.pad(negation, [[0, 0], [REACH, 0], [0, 0]])
    return sum(before[:, start : start + length] for start in range(REACH))


def _damped(value: Any) -> Any:
    return value / ops.sqrt(value * value + DAMPING)
