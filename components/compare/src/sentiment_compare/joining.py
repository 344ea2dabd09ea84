"""Joins feedback and shadows to the answers that they are about."""

from dataclasses import dataclass

import numpy as np

from sentiment_compare.collecting import NO_LABEL, Answers, Array, Opinions

SKEW_SECONDS = 1.0
"""Clocks of machines in one network agree better than this."""
NOBODY = -1


@dataclass(frozen=True)
class Judgements:
    """Feedback on answers of the experiment, in the order in which it counts.

    Attributes:
        time: When it counts: when it arrived, or when its answer was given if clocks disagree.
        answer: Number of the answer.
        label: Number of the label that it should have had.
        before: Number of the label that the feedback before it gave; ``NO_LABEL`` if it is first.
        skewed: How much of it is older than its answer.
        unmatched: How much is about no answer of this experiment.
        unknown: How much names a label that no model answers with.
        ambiguous: How much is about a request id that several requests bear.
    """

    time: Array
    answer: Array
    label: Array
    before: Array
    skewed: int
    unmatched: int
    unknown: int
    ambiguous: int

    @property
    def first(self) -> Array:
        """Whether each is the first on its answer."""
        return np.asarray(self.before == NO_LABEL)


def judge(answers: Answers, opinions: Opinions) -> Judgements:
    """Joins feedback to answers; of several answers to one name the last is meant."""
    known = opinions.label != NO_LABEL
    time, label = opinions.time[known], opinions.label[known]
    answer = find(answers.key, opinions.key[known])
    found = answer != NOBODY
    time, label, answer = time[found], label[found], answer[found]
    names, count = np.unique(answers.key, return_counts=True)
    ambiguous = np.isin(answers.key[answer], names[count > 1]).sum()
    given = answers.time[answer]
    skewed = int((time < given - SKEW_SECONDS).sum())
    order = np.argsort(counted := np.maximum(time, given), kind="stable")
    answer, label = answer[order], label[order]
    return Judgements(
        counted[order], answer, label, _before(answer, label), skewed,
        int((~found).sum()), int((~known).sum()), int(ambiguous),
    )  # fmt: skip


def find(keys: Array, wanted: Array) -> Array:
    """Returns where each wanted key is last among the keys; ``NOBODY`` where it is not."""
    order = np.argsort(keys, kind="stable")
    place = np.searchsorted(keys[order], wanted, side="right") - 1
    if not len(keys):
        return np.full(len(wanted), NOBODY)
    row = order[np.maximum(place, 0)]
    return np.where((place >= 0) & (keys[row] == wanted), row, NOBODY)


def _before(answer: Array, label: Array) -> Array:
    """Returns the label of the feedback before, on the same answer."""
    order = np.argsort(answer, kind="stable")
    same = answer[order][1:] == answer[order][:-1]
    before = np.full(len(answer), NO_LABEL, dtype=np.int64)
    before[order[1:][same]] = label[order[:-1][same]]
    return before
