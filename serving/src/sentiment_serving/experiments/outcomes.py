"""What was answered lately, so that feedback which comes soon is counted for its variant."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sentiment_common.request_log import Feedback

MOST_TEXTS = 200_000
DONE = 255
"""In the place of a label that feedback was counted for: a second word changes no count."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What feedback said of one variant's answer.

    Attributes:
        experiment: The experiment.
        variant: The variant.
        confirmed: Whether the label was the right one.
    """

    experiment: str
    variant: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class _Answer:
    experiment: str
    variant: str
    labels: bytearray


class Recent:
    """The latest answers of one worker, the oldest forgotten first.

    Args:
        labels: All labels there are.
        most_texts: Texts that are remembered; each takes a byte, each request some hundred.
    """

    def __init__(self, labels: Sequence[str], most_texts: int = MOST_TEXTS) -> None:
        self._numbers = {label: number for number, label in enumerate(labels)}
        self._most, self._texts = most_texts, 0
        self._answers: dict[str, list[_Answer]] = {}

    def remember(
        self, request_id: str, experiment: str, variant: str, labels: Sequence[str]
    ) -> None:
        """Remembers the labels of a request that a variant has answered, or scored as a shadow."""
        answer = _Answer(experiment, variant, bytearray(self._numbers[label] for label in labels))
        self._answers.setdefault(request_id, []).append(answer)
        self._texts += len(labels)
        while self._texts > self._most:
            oldest = self._answers.pop(next(iter(self._answers)))
            self._texts -= sum(len(answer.labels) for answer in oldest)

    def told(self, feedback: Feedback) -> Iterator[Outcome]:
        """Yields what feedback says of each variant, once for each text."""
        for answer in self._answers.get(feedback.request_id, ()):
            if feedback.position >= len(answer.labels):
                continue
            given = answer.labels[feedback.position]
            if given != DONE:
                answer.labels[feedback.position] = DONE
                confirmed = given == self._numbers[feedback.label]
                yield Outcome(answer.experiment, answer.variant, confirmed)
