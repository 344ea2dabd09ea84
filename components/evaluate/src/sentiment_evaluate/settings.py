"""How candidates are compared and judged, put together from options and the champion's artifact."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sentiment_evaluate.contenders import Withdrawal
from sentiment_evaluate.policy import Force, Policy


@dataclass(frozen=True)
class Settings:
    """How to compare and judge.

    Attributes:
        policy: What the gate asks.
        seed: Seed of the resamples.
        withdrawn: Models that were taken back out of production, by digest.
        force: Who wants the candidate blessed whatever the rules say.
    """

    policy: Policy
    seed: int
    withdrawn: Mapping[str, Withdrawal] = field(default_factory=dict)
    force: Force | None = None

    @property
    def confidence(self) -> float:
        """Level of every interval."""
        return self.policy.comparison.confidence

    @property
    def samples(self) -> int:
        """Resamples behind an interval."""
        return self.policy.comparison.samples
