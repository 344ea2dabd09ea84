"""A window of the request log: what one model answered between two times."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from sentiment_common.request_log import Account

Array = npt.NDArray[Any]
NO_LABEL, NO_TEXT = -1, -1


@dataclass(frozen=True)
class Answers:
    """What a model answered, in order of time; arrays of one length, shadows left out.

    Attributes:
        time: When each text was answered, in seconds since 1970.
        key: Hash of request id and position.
        unit: Hash of the caller; of the request where there is no caller.
        label: Column of the answered label, as in ``sentiment_models.bundle.LABELS``.
        probabilities: float32, shape (rows, labels).
        length: Characters of the text as it was logged; ``NO_TEXT`` if it was not.
        variant: Number of the variant, see ``Window.variants``.
        truth: Column of the label that the last feedback names; ``NO_LABEL`` without feedback.
        judged: When that feedback arrived, in seconds since 1970; NaN without.
    """

    time: Array
    key: Array
    unit: Array
    label: Array
    probabilities: Array
    length: Array
    variant: Array
    truth: Array
    judged: Array

    def __len__(self) -> int:
        """Returns how many there are."""
        return len(self.time)

    @property
    def confidence(self) -> Array:
        """The highest probability of each."""
        return np.asarray(self.probabilities.max(axis=1, initial=0.0))

    def only(self, chosen: Array | slice) -> "Answers":
        """Returns some of them."""
        return Answers(*(getattr(self, name)[chosen] for name in COLUMNS))


COLUMNS = tuple(Answers.__dataclass_fields__)


@dataclass(frozen=True)
class Doubts:
    """What of a log was not counted, or is not as it should be.

    Attributes:
        damaged: Lines that are no line of a request log, and files that could not be read on.
        shadows: Entries of shadows: nobody was given these answers.
        models: Entries in the window by other models, by name and digest.
        disordered: Entries that are earlier than the one before them in their file by more than
            some seconds: a clock was set back.
        future: Entries later than the time of reading: a clock was ahead.
        labels: Feedback on the window that names a label which no model answers with.
        unmatched: Feedback that arrived in the window on no answer that was read.
    """

    damaged: int = 0
    shadows: int = 0
    models: Counter[str] = field(default_factory=Counter)
    disordered: int = 0
    future: int = 0
    labels: int = 0
    unmatched: int = 0


@dataclass(frozen=True)
class Window:
    """What a model answered between two times.

    Attributes:
        since: Begin, in seconds since 1970.
        until: End, itself outside.
        model: What the service calls it; the bundle's own name if it answered nothing.
        digest: Digest of the bundle.
        answers: All answers in the window.
        judgeable: The answers that quality rests on, those of the window among them: labels arrive
            late, so it begins earlier.
        sample: Rows of ``answers`` whose texts were kept: every text has the same chance, and the
            same log gives the same sample.
        texts: Their texts, as logged.
        text_kept: How texts were logged: Counter of ``none``, ``redacted``, ``raw``.
        variants: Names of the variants, by their numbers; ``""`` outside of experiments.
        account: What the log holds and lacks.
        doubts: What was not counted, or is not as it should be.
        known: Last moment that the log knows of: of an answer, of feedback, or the window's end.
    """

    since: float
    until: float
    model: str
    digest: str
    answers: Answers
    judgeable: Answers
    sample: Array
    texts: tuple[str, ...]
    text_kept: Counter[str]
    variants: tuple[str, ...]
    account: Account
    doubts: Doubts
    known: float
