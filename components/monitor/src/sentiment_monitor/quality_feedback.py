"""Who is judged, and when: what must be known before feedback is believed.

Feedback is not a random sample. Answers are judged late, so young ones less often than old ones;
and people write when something is wrong. What differs by what the model knows can be weighed out,
what differs by whether the model was right cannot.
"""

from dataclasses import dataclass

import numpy as np

from sentiment_monitor.quality_intervals import Floats, Integers

HOUR = 3_600.0
LANDMARKS = {
    "1 hour": HOUR,
    "6 hours": 6 * HOUR,
    "1 day": 24 * HOUR,
    "3 days": 72 * HOUR,
    "7 days": 168 * HOUR,
    "30 days": 720 * HOUR,
}
PARTS_OF_CONFIDENCE, PARTS_OF_TIME = 3, 4
LEAST_JUDGED = 5
"""A cell with fewer judged answers is not spoken for by them."""
ROUNDS, CLOSE = 100, 1e-9


@dataclass(frozen=True)
class Maturity:
    """Which share of answers is judged after a time, whatever their age is now.

    Attributes:
        after: E.g. ``1 day``.
        share: Of all answers; NaN where no answer is that old yet.
        accuracy: Share of confirmed ones among those judged by then; NaN where there is none.
    """

    after: str
    share: float
    accuracy: float


def maturities(delay: Floats, age: Floats, right: Floats) -> list[Maturity]:
    """Returns how feedback arrives over time, by the estimator of Kaplan and Meier (JASA 1958).

    An answer without feedback is not one that is never judged: it is judged later than its age.

    Args:
        delay: Seconds from the answer to its feedback, [n]; NaN without any.
        age: Seconds from the answer to the last moment that the log knows of, [n].
        right: Whether feedback confirmed it, [n]; only looked at where there is any.
    """
    judged = ~np.isnan(delay)
    time = np.where(judged, delay, age)
    order = np.lexsort((~judged, time))
    at_risk = len(time) - np.arange(len(time))
    remaining = np.cumprod(1 - judged[order] / np.maximum(at_risk, 1))
    found = []
    for name, after in LANDMARKS.items():
        until = int(np.searchsorted(time[order], after, side="right"))
        reached = bool((age >= after).any())
        early = right[judged & (delay <= after)]
        found.append(Maturity(
            name,
            float(1 - remaining[until - 1]) if reached and until else 0.0 if reached else np.nan,
            float(early.mean()) if reached and len(early) else np.nan,
        ))  # fmt: skip
    return found


@dataclass(frozen=True)
class Selection:
    """Which answers are judged, and how their feedback is weighed to speak for all.

    Attributes:
        cell: Number of the cell of each answer, [n]: label times third of confidence.
        answers: Answers by cell, [cells].
        judged: Of them with feedback, [cells].
        weights: Weight of each judged answer, in their order; mean 1 among those that count.
        uncovered: Share of answers in cells of which hardly any is judged: nothing speaks for them.
        edges: Between the parts of the confidence.
    """

    cell: Integers
    answers: Integers
    judged: Integers
    weights: Floats
    uncovered: float
    edges: tuple[float, ...]


def select(
    label: Integers, confidence: Floats, time: Floats, judged: np.ndarray, labels: int
) -> Selection:
    """Weighs judged answers so that they resemble all answers of the window.

    Judged answers are raked (Deming and Stephan, "On a least squares adjustment of a sampled
    frequency table", Annals of Mathematical Statistics 11, 1940) to two margins of all answers:
    label by third of confidence, and quarter of the window's answers by time. Within a cell that
    is the inverse of the chance to be judged (Horvitz and Thompson, JASA 1952; weighting cells for
    non-response: Little, International Statistical Review 54, 1986). It takes out what differs by
    label, confidence and time; what differs by whether the answer was right stays in.

    Args:
        label: Number of the answered label, [n].
        confidence: Its probability, [n].
        time: Seconds since 1970, [n].
        judged: Whether there is feedback, [n].
        labels: How many labels there are.
    """
    edges = np.quantile(confidence, np.linspace(0, 1, PARTS_OF_CONFIDENCE + 1)[1:-1])
    cell = label * PARTS_OF_CONFIDENCE + np.searchsorted(edges, confidence, side="right")
    bounds = np.quantile(time, np.linspace(0, 1, PARTS_OF_TIME + 1)[1:-1])
    part = np.searchsorted(bounds, time, side="right")
    cells = labels * PARTS_OF_CONFIDENCE
    answers, known = np.bincount(cell, minlength=cells), np.bincount(cell[judged], minlength=cells)
    covered = known >= LEAST_JUDGED
    mine = covered[cell]
    weights = np.zeros(int(judged.sum()))
    chosen = mine[judged]
    if chosen.any():
        weights[chosen] = _raked(
            (cell[judged][chosen], part[judged][chosen]), (cell[mine], part[mine])
        )
    return Selection(
        cell, answers, known, weights, float(answers[~covered].sum() / max(1, len(cell))),
        tuple(edges.tolist()),
    )  # fmt: skip


def _raked(sample: tuple[Integers, Integers], population: tuple[Integers, Integers]) -> Floats:
    weights = np.ones(len(sample[0]))
    for _ in range(ROUNDS):
        before = weights
        for mine, everyone in zip(sample, population, strict=True):
            size = int(everyone.max()) + 1
            have = np.bincount(mine, weights, size)
            wanted = np.bincount(everyone, minlength=size) * (have > 0)
            ratio = np.divide(
                wanted * len(mine), have * wanted.sum(), out=np.zeros(size), where=have > 0
            )
            weights = weights * ratio[mine]
        if np.abs(weights - before).max() < CLOSE:
            break
    return np.asarray(weights)
