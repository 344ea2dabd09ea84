"""The behavioural suite: what every model of opinions should do, whatever the data say.

After CheckList (Ribeiro et al., Beyond Accuracy: Behavioral Testing of NLP Models, 2020): minimum
functionality (texts whose label is beyond doubt), invariance (changes that mean nothing) and
direction (changes that mean something).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sentiment_evaluate.metrics import Floats
from sentiment_models import LABELS

IS, SAME = "is", "same"
DIRECTIONS = ("rises", "falls")


@dataclass(frozen=True)
class Case:
    """One thing to check.

    Attributes:
        capability: Kind of test and capability, e.g. ``minimum: negated praise``.
        texts: One text, or one and what it was changed to.
        expectation: ``is``: the label is one of ``labels``; ``same``: both texts have the same
            label; ``rises`` or ``falls``: what the label's probability does by the change.
        labels: What the expectation is about.
        tolerance: By how much the probability may go the other way.
    """

    capability: str
    texts: tuple[str, ...]
    expectation: str
    labels: tuple[str, ...] = ()
    tolerance: float = 0.0

    @property
    def wanted(self) -> str:
        """What is expected, in words."""
        labels = " or ".join(self.labels)
        if self.expectation == IS:
            return labels
        return "the same label" if self.expectation == SAME else f"{labels} {self.expectation}"


@dataclass(frozen=True)
class Failure:
    """A case that a model failed.

    Attributes:
        case: What was checked.
        said: What the model said, in words.
        severity: How wrong that is, above 0: worse failures have more.
    """

    case: Case
    said: str
    severity: float


@dataclass(frozen=True)
class Capability:
    """How a model did at one capability.

    Attributes:
        name: Kind of test and capability, e.g. ``minimum: negated praise``.
        cases: Number of cases; the same ones, in the same order, for every model.
        failures: How many of them the model failed.
        failed: Their positions among the capability's cases, ascending.
        worst: The failures, the worst first.
    """

    name: str
    cases: int
    failures: int
    failed: tuple[int, ...] = ()
    worst: tuple[Failure, ...] = ()

    @property
    def failure_rate(self) -> float:
        """Share of the cases that failed."""
        return self.failures / self.cases


def texts(cases: Sequence[Case]) -> list[str]:
    """Returns every text of the cases once, in the order in which they occur."""
    return list(dict.fromkeys(text for case in cases for text in case.texts))


def judge(cases: Sequence[Case], probabilities: Floats) -> list[Capability]:
    """Checks what a model said.

    Args:
        cases: What to check.
        probabilities: The model's probabilities for ``texts(cases)``, [texts, 3].

    Returns:
        The capabilities in the order in which they occur.
    """
    said = dict(zip(texts(cases), probabilities, strict=True))
    checked: dict[str, list[Failure | None]] = {}
    for case in cases:
        failure = _failure(case, [said[text] for text in case.texts])
        checked.setdefault(case.capability, []).append(failure)
    return [_capability(name, found) for name, found in checked.items()]


def _capability(name: str, found: Sequence[Failure | None]) -> Capability:
    failures = [it for it in found if it]
    return Capability(
        name,
        len(found),
        len(failures),
        tuple(position for position, it in enumerate(found) if it),
        tuple(sorted(failures, key=lambda it: -it.severity)),
    )


def _failure(case: Case, said: Sequence[Floats]) -> Failure | None:
    labels = [LABELS[int(it.argmax())] for it in said]
    if case.expectation == IS:
        if labels[0] in case.labels:
            return None
        return Failure(case, _label(said[0]), float(said[0].max()))
    if case.expectation == SAME:
        severity = float(np.abs(said[1] - said[0]).sum() / 2)
        words = f"{_label(said[0])}, then {_label(said[1])}"
        return None if labels[0] == labels[1] else Failure(case, words, severity)
    place = LABELS.index(case.labels[0])
    before, after = float(said[0][place]), float(said[1][place])
    wrong_way = before - after if case.expectation == "rises" else after - before
    if wrong_way <= case.tolerance:
        return None
    return Failure(case, f"{case.labels[0]} {before:.0%}, then {after:.0%}", wrong_way)


def _label(probabilities: Floats) -> str:
    return f"{LABELS[int(probabilities.argmax())]} ({probabilities.max():.0%})"
