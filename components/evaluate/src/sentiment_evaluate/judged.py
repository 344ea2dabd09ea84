"""What the gate sees of a model, and what one rule says of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentiment_evaluate.behaviour import Capability
from sentiment_evaluate.cost import Cost
from sentiment_evaluate.outcome import AGAINST_POLICY
from sentiment_evaluate.resampling import Figures
from sentiment_evaluate.slices import Slice

CALIBRATION = "expected_calibration_error"


@dataclass(frozen=True)
class Rule:
    """One rule and what came of it.

    Attributes:
        section: Section of the policy it belongs to.
        rule: What is held against the threshold, and how.
        threshold: Where the rule draws the line; None where there is no number.
        figure: What was found; None where there is no number.
        passed: Whether the rule lets the candidate through.
        reason: One sentence with both.
        against: ``policy`` or ``champion``: what the candidate is held against.
        measured: Whether the figure is a time or a size: it differs from run to run, so neither
            the reason nor the payload of an artifact has it.
    """

    section: str
    rule: str
    threshold: float | None
    figure: float | None
    passed: bool
    reason: str
    against: str = AGAINST_POLICY
    measured: bool = False

    def as_json(self) -> dict[str, Any]:
        """Returns the rule as a payload may hold it."""
        return asdict(replace(self, figure=None) if self.measured else self)


@dataclass(frozen=True)
class Answers:
    """On which test rows a model is right.

    Attributes:
        right: One a row, [n].
        groups: Group number of each row, [n].
    """

    right: NDArray[np.bool_]
    groups: NDArray[np.int64]


@dataclass(frozen=True)
class Focus:
    """A model on the rows that decide.

    Attributes:
        name: What they are, e.g. ``traffic/*``.
        figures: Its figures on them; None where there are too few to tell anything.
        answers: On which of them it is right.
        rest: Its figures on all other rows; None where there are too few.
        rest_rows: How many these are.
    """

    name: str
    figures: Figures | None
    answers: Answers
    rest: Figures | None = None
    rest_rows: int = 0

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.answers.right)


@dataclass(frozen=True)
class Judged:
    """What the gate sees of a model.

    Attributes:
        digest: Digest of its bundle.
        figures: Its figures on the test split.
        slices: Its figures on slices of the test split.
        out_of_domain: Its figures on sources it was not trained for.
        behaviour: What came of the behavioural suite.
        cost: Time, size and memory, as measured; None where nothing was.
        answers: On which test rows it is right; a policy with McNemar's test needs it.
        focus: The same on the rows that decide; None where all do.
    """

    digest: str
    figures: Figures
    slices: Sequence[Slice]
    out_of_domain: Sequence[Slice] = ()
    behaviour: Sequence[Capability] = ()
    cost: Cost | None = None
    answers: Answers | None = None
    focus: Focus | None = None
