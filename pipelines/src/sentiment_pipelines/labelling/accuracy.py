"""How often the model is right, from the random part of a batch alone.

Each answer of the window was as likely to be drawn, so the share of right ones among the drawn
estimates that of all without bias; what was chosen for being uncertain or strange is not counted.
The interval is Wilson's score interval (E. B. Wilson, JASA 22, 1927), which keeps what it promises
for few answers and shares near 1 as well (Brown, Cai and DasGupta, Statistical Science 16, 2001).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sentiment_pipelines.labelling.batches import Batch, Draw
from sentiment_pipelines.labelling.store import Settled

Z95 = 1.959964


@dataclass(frozen=True)
class Estimate:
    """How often one model was right in a window.

    Attributes:
        digest: Digest of its bundle.
        drawn: Its answers in the random sample.
        judged: Those whose text has a settled label.
        right: Those that are that label.
        low: Lower end of the 95% interval of the share of right ones.
        high: Upper end.
    """

    digest: str
    drawn: int
    judged: int
    right: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share of right ones; NaN if none is judged."""
        return self.right / self.judged if self.judged else math.nan


def estimate(batch: Batch, settled: Iterable[Settled]) -> list[Estimate]:
    """Estimates the accuracy of each model that answered in a batch's window.

    Args:
        batch: The batch.
        settled: One label per text.
    """
    labels = {it.text: it.label for it in settled}
    by_model: dict[str, list[Draw]] = defaultdict(list)
    for draw in batch.draws:
        by_model[draw.digest].append(draw)
    return [_estimate(digest, draws, labels) for digest, draws in sorted(by_model.items())]


def wilson(right: int, total: int) -> tuple[float, float]:
    """Returns the 95% score interval of a share; all of 0 to 1 if nothing was counted."""
    if not total:
        return 0.0, 1.0
    share, squared = right / total, Z95**2 / total
    middle = share + squared / 2
    spread = Z95 * math.sqrt(share * (1 - share) / total + squared / (4 * total))
    # In floating point the ends of 0 and of all would stray by a bit.
    low = (middle - spread) / (1 + squared) if right else 0.0
    high = (middle + spread) / (1 + squared) if right < total else 1.0
    return low, high


def _estimate(digest: str, draws: list[Draw], labels: Mapping[str, str]) -> Estimate:
    judged = [draw for draw in draws if draw.text in labels]
    right = sum(labels[draw.text] == draw.answer for draw in judged)
    return Estimate(digest, len(draws), len(judged), right, *wilson(right, len(judged)))
