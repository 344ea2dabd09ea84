"""What was answered lately, so that feedback which comes soon is counted for its variant."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sentiment_common.request_log import Feedback

MOST_TEXTS = 200_000
DONE = 255
"""In the place of a label that feedback was counted for: a second word changes no count."""
Side = tuple[str, str]
"""An experiment and one of its variants; or nothing, and a model."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What feedback said of one variant's answer.

    Attributes:
        experiment: The experiment; empty for all traffic of a model.
        variant: The variant, or the model.
        confirmed: Whether the label was the right one.
    """

    experiment: str
    variant: str
    confirmed: bool


class Recent:
    """The latest answers of one worker, the oldest forgotten first.

    Args:
        labels: All labels there are.
        most_texts: Texts that are remembered; each takes a byte, each request some hundred.
    """

    def __init__(self, labels: Sequence[str], most_texts: int = MOST_TEXTS) -> None:
        self._numbers = {label: number for number, label in enumerate(labels)}
        self._most, self._texts = most_texts, 0
        self._answers: dict[str, dict[Side, bytearray]] = {}

    def remember(
        self, request_id: str, experiment: str, variant: str, labels: Sequence[str]
    ) -> None:
        """Remembers the labels of a request that a variant has answered, or scored as a shadow."""
        answers, side = self._answers.setdefault(request_id, {}), (experiment, variant)
        # Of requests with the same id the last is meant, as in the analysis of the log.
        self._texts += len(labels) - len(answers.get(side, b""))
        answers[side] = bytearray(self._numbers[label] for label in labels)
        while self._texts > self._most:
            oldest = self._answers.pop(next(iter(self._answers)))
            self._texts -= sum(map(len, oldest.values()))

    def told(self, feedback: Feedback) -> Iterator[Outcome]:
        """Yields what feedback says of each variant, once for each text."""
        for (experiment, variant), labels in self._answers.get(feedback.request_id, {}).items():
            if feedback.position >= len(labels):
                continue
            given = labels[feedback.position]
            if given != DONE:
                labels[feedback.position] = DONE
                confirmed = given == self._numbers.get(feedback.label)
                yield Outcome(experiment, variant, confirmed)
