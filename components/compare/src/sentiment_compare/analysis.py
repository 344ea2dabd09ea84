"""The whole analysis: reads, joins, compares, and says what is to be thought of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from sentiment_common.experiment import Experiment
from sentiment_compare import comparison, joining, periods, sample_ratio, stops, variants
from sentiment_compare.collecting import NO_LABEL, Array, Collected, collect
from sentiment_compare.comparison import Comparison
from sentiment_compare.difference import Design, Look, Outcomes, looks
from sentiment_compare.joining import Judgements
from sentiment_compare.periods import Periods, Stop
from sentiment_compare.sample_ratio import Ratio
from sentiment_compare.settings import Settings
from sentiment_compare.variants import Figures

STEPS = (1, 5, 15, 60, 300, 900, 3_600, 21_600, 86_400)
"""Seconds between two looks: the least that gives no more than ``MOST_LOOKS``."""
MOST_LOOKS = 100


@dataclass(frozen=True)
class Analysis:
    """What was found.

    Attributes:
        experiment: What was tried.
        settings: What the verdict is about.
        collected: What the log says.
        judgements: Feedback on live answers.
        figures: Of all variants, in the file's order.
        comparisons: Of each live challenger, then of each shadow.
        feedback: By live challenger, the difference of the shares of answers with feedback.
        plain: By live challenger, the difference with all periods thrown together.
        agreement: By shadow, answers by the control's label (rows) and its own (columns).
        ratio: Callers against weights.
        periods: In which the weights stayed.
        stops: Variants that were taken out.
    """

    experiment: Experiment
    settings: Settings
    collected: Collected
    judgements: Judgements
    figures: Sequence[Figures]
    comparisons: Sequence[Comparison]
    feedback: Mapping[str, Comparison]
    plain: Mapping[str, Look]
    agreement: Mapping[str, Array]
    ratio: Ratio
    periods: Periods
    stops: Sequence[Stop]

    @property
    def begin(self) -> float:
        """Time of the first answer, in seconds since 1970."""
        return _span(self.collected, self.judgements)[0]

    @property
    def end(self) -> float:
        """Time of the last look."""
        return float(self.comparisons[0].now.time)


def analyse(
    log: Path, file: Path, experiment: Experiment, settings: Settings, state: Path | None = None
) -> Analysis:
    """Analyses an experiment.

    Args:
        log: Folder of the request log with its feedback.
        file: The experiment's file.
        experiment: What it says.
        settings: What the verdict is about.
        state: Folder of the service's state; None for beside the file.

    Raises:
        InputError: The log cannot be used, or holds nothing of the experiment.
    """
    collected = collect(log, experiment, settings.until)
    judgements = joining.judge(collected.live, collected.opinions)
    begin, end = _span(collected, judgements)
    stopped = stops.read_stops(file, state, experiment, collected.live, settings.until)
    divided = periods.divide(experiment, stopped, begin, end)
    times = look_times(begin, end)
    made = _Comparing(experiment, settings, collected, judgements, divided, times)
    return Analysis(
        experiment, settings, collected, judgements,
        variants.figures(experiment, collected, judgements, made.partners),
        [*made.live(), *made.shadows()], made.feedback(), made.plain(), made.agreement(),
        sample_ratio.check(experiment, collected.live, divided, times), divided, stopped,
    )  # fmt: skip


def look_times(begin: float, end: float) -> Array:
    """Returns when the log is looked at: at round times in UTC, and at its end."""
    step = next((it for it in STEPS if (end - begin) / it <= MOST_LOOKS), None)
    step = step or STEPS[-1] * int(np.ceil((end - begin) / STEPS[-1] / MOST_LOOKS))
    first = np.floor(begin / step) + 1
    return np.append(np.arange(first * step, end, step), end)


def _span(collected: Collected, judgements: Judgements) -> tuple[float, float]:
    times = [it.time for it in (collected.live, collected.shadow, judgements) if len(it.time)]
    return float(min(it[0] for it in times)), float(max(it[-1] for it in times))


@dataclass(frozen=True)
class _Comparing:
    """What all comparisons have in common."""

    experiment: Experiment
    settings: Settings
    collected: Collected
    judgements: Judgements
    divided: Periods
    times: Array

    def _numbers(self, shadow: bool) -> dict[str, int]:
        listed = enumerate(self.experiment.variants)
        return {it.name: number for number, it in listed if number and it.shadow == shadow}

    @cached_property
    def partners(self) -> dict[str, Array]:
        """By shadow, its label of each live answer."""
        live, shadow = self.collected.live, self.collected.shadow
        return {
            name: comparison.partners(live, shadow, number)
            for name, number in self._numbers(True).items()
        }

    def live(self) -> list[Comparison]:
        """Compares what callers said of the control's answers and of each challenger's."""
        labels, numbers = len(self.collected.labels), self._numbers(False)
        design = comparison.design(self.settings, labels, len(self.divided.weights))
        return [
            comparison.compare(
                name, "live", self._outcomes(number), design, self.times, self.settings,
                len(numbers),
            )
            for name, number in numbers.items()
        ]  # fmt: skip

    def shadows(self) -> list[Comparison]:
        """Compares the control's and each shadow's answers to the same texts."""
        labels, partners = len(self.collected.labels), self.partners
        design = comparison.design(self.settings, labels, 1)
        design = Design(design.parts, paired=True)
        return [
            comparison.compare(
                name, "shadow",
                comparison.pairs(
                    self.collected.live, self.judgements, partner, self.settings, labels
                ),
                design, self.times, self.settings, len(partners),
            )
            for name, partner in partners.items()
        ]  # fmt: skip

    def feedback(self) -> dict[str, Comparison]:
        """Compares the shares of answers that have feedback."""
        judged = np.zeros(len(self.collected.live), dtype=bool)
        judged[self.judgements.answer] = True
        design = Design(np.zeros(len(self.divided.weights), dtype=np.int64))
        found, numbers = {}, self._numbers(False)
        for name, number in numbers.items():
            rates = comparison.feedback_rates(self.collected.live, judged, self.divided, number)
            found[name] = comparison.compare(
                name, "live", rates, design, self.times[-1:], self.settings, len(numbers)
            )
        return found

    def plain(self) -> dict[str, Look]:
        """Compares with all periods thrown together, as a check on the strata."""
        together = Periods([], [{}])
        design = comparison.design(self.settings, len(self.collected.labels), 1)
        return {
            name: next(looks(self._outcomes(number, together), design, self.times[-1:]))
            for name, number in self._numbers(False).items()
        }

    def agreement(self) -> dict[str, Array]:
        """Counts which label a shadow gave where the control gave which."""
        labels = len(self.collected.labels)
        found = {}
        for name, partner in self.partners.items():
            paired = partner != NO_LABEL
            place = self.collected.live.label[paired].astype(np.int64) * labels + partner[paired]
            found[name] = np.bincount(place, minlength=labels**2).reshape(labels, labels)
        return found

    def _outcomes(self, number: int, divided: Periods | None = None) -> Outcomes:
        return comparison.live(
            self.collected.live, self.judgements, divided or self.divided, number, self.settings,
            len(self.collected.labels),
        )  # fmt: skip
