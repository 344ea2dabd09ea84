"""What is to be known of each variant: its traffic, its feedback, its answers, its speed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sentiment_common.experiment import Experiment, Variant
from sentiment_compare.collecting import NO_LABEL, Answers, Array, Collected
from sentiment_compare.joining import Judgements


@dataclass(frozen=True)
class Figures:
    """A variant's figures.

    Attributes:
        name: Its name.
        model: Name of its model.
        shadow: Whether nobody was told its answers.
        texts: Texts it has scored.
        requests: Requests they came in.
        callers: Callers they came from.
        judged: Answers with feedback; of a shadow those of the control on the same texts.
        confirmed: Those that the last feedback confirms.
        labels: Share of each label among its answers.
        confidence: Mean of its highest probabilities.
        latency_p50: Median of the milliseconds to an answer, of requests.
        latency_p95: Their 95th percentile.
        digests: Answers by bundle.
    """

    name: str
    model: str
    shadow: bool
    texts: int
    requests: int
    callers: int
    judged: int
    confirmed: int
    labels: dict[str, float]
    confidence: float
    latency_p50: float
    latency_p95: float
    digests: dict[str, int]


def figures(
    experiment: Experiment, collected: Collected, judgements: Judgements, paired: dict[str, Array]
) -> list[Figures]:
    """Returns the figures of all variants, in the file's order.

    Args:
        experiment: The variants.
        collected: What the log says.
        judgements: Feedback on live answers.
        paired: By shadow, its label of each live answer.
    """
    last = last_words(len(collected.live), judgements)
    return [
        _figures(it, number, collected, last, paired.get(it.name))
        for number, it in enumerate(experiment.variants)
    ]


def last_words(answers: int, judgements: Judgements) -> Array:
    """Returns the label that the last feedback gives each answer, or ``NO_LABEL``."""
    last = np.full(answers, NO_LABEL, dtype=np.int64)
    # Of equal places numpy keeps the last, and judgements are in order of time.
    last[judgements.answer] = judgements.label
    return last


def _figures(
    variant: Variant, number: int, collected: Collected, last: Array, paired: Array | None
) -> Figures:
    whole = collected.live if paired is None else collected.shadow
    mine = whole.only(whole.variant == number)
    answered = collected.live.label if paired is None else paired
    here = collected.live.variant == number if paired is None else paired != NO_LABEL
    judged = here & (last != NO_LABEL)
    latency = _by_request(mine)
    return Figures(
        variant.name, variant.model, variant.shadow, len(mine), len(latency),
        len(np.unique(mine.unit)), int(judged.sum()), int((answered == last)[judged].sum()),
        _shares(mine.label, collected.labels),
        float(mine.confidence.mean()) if len(mine) else float("nan"),
        _percentile(latency, 50), _percentile(latency, 95),
        dict(sorted(collected.digests.get(variant.name, {}).items())),
    )  # fmt: skip


def _by_request(answers: Answers) -> Array:
    _, first = np.unique(answers.request, return_index=True)
    return answers.latency[first]


def _percentile(values: Array, share: float) -> float:
    return float(np.percentile(values, share)) if len(values) else float("nan")


def _shares(label: Array, names: Sequence[str]) -> dict[str, float]:
    counts = np.bincount(label, minlength=len(names))
    shares = (counts / max(1, len(label))).tolist()
    return dict(zip(names, shares, strict=True))
