"""What a reader should know before trusting the figures; each doubt is a sentence."""

from collections.abc import Iterator

import numpy as np

from sentiment_compare.analysis import Analysis
from sentiment_compare.comparison import Comparison
from sentiment_compare.periods import Stop
from sentiment_compare.variants import Figures
from sentiment_compare.wording import listed, moment, percent, plural, points

LARGEST_SHARE = 0.1
"""A caller with more of the feedback could turn the verdict alone."""
STOP_SECONDS = 60
"""By then a stop has reached every worker that shares the experiment's state."""
LATE_SECONDS = 3_600
"""A log that begins later than this after the start has probably lost its oldest files."""


def doubts(analysis: Analysis) -> list[str]:
    """Returns what makes the figures doubtful, the gravest first."""
    return [
        *_missing_feedback(analysis),
        *_reversal(analysis),
        *_callers(analysis),
        *_models(analysis),
        *_feedback(analysis),
        *_log(analysis),
        *_notes(analysis),
    ]


def _missing_feedback(analysis: Analysis) -> Iterator[str]:
    control = analysis.experiment.control.name
    for name, it in analysis.feedback.items():
        if it.now.low > 0 or it.now.high < 0:
            rates = it.now.look.levels
            yield (
                f"{percent(rates[0])} of the answers of {control} have feedback and "
                f"{percent(rates[1])} of those of {name}. Who speaks up differs between them, so "
                "what they say may differ for that reason alone (differential missingness)."
            )


def _reversal(analysis: Analysis) -> Iterator[str]:
    for it in analysis.comparisons:
        plain = analysis.plain.get(it.challenger)
        if plain is None or np.isnan(plain.difference) or np.isnan(it.now.look.difference):
            continue
        if abs(plain.difference - it.now.look.difference) > it.now.look.variance**0.5:
            yield (
                f"Thrown together, all periods would show {points(plain.difference)} for "
                f"{it.challenger} in place of {points(it.now.look.difference)}: weights and "
                "quality have both changed with time (Simpson's paradox). The figures here compare "
                "within periods."
            )


def _callers(analysis: Analysis) -> Iterator[str]:
    answers, judged = analysis.collected.live, analysis.judgements.answer
    if crossed := analysis.ratio.crossed:
        yield (
            f"{plural(crossed, 'caller')} got answers of more than one variant while the weights "
            "stayed: assignment does not stick to them. Requests with an API key and without a "
            "caller's id are assigned one by one."
        )
    if len(judged):
        most = np.bincount(answers.unit[judged]).max() / len(judged)
        if most > LARGEST_SHARE:
            yield (
                f"One caller has given {percent(most)} of the feedback. More time does not help "
                "against that; finer keys do, such as one for each person at a large customer."
            )
    if without := analysis.collected.without_caller:
        yield (
            f"{plural(without, 'answer')} went to callers without a key. Each such request counts "
            "as a caller of its own, which makes intervals too narrow if they are the same people."
        )


def _models(analysis: Analysis) -> Iterator[str]:
    for it in analysis.figures:
        if len(it.digests) > 1:
            yield (
                f"{it.name} was answered by {len(it.digests)} different models in the course of "
                "time; its figures are a mixture of them."
            )
    for name, count in sorted(analysis.collected.strangers.items()):
        yield (
            f"{plural(count, 'answer')} bear the variant {name or '(none)'}, which the file does "
            "not name; they are left out."
        )


def _feedback(analysis: Analysis) -> Iterator[str]:
    found = analysis.judgements
    if found.skewed:
        yield (
            f"{plural(found.skewed, 'label')} of feedback bear a time before their answer's: "
            "clocks disagree. Each counts from its answer on."
        )
    if found.ambiguous:
        yield (
            f"{plural(found.ambiguous, 'label')} of feedback name a request id that several "
            "requests bear; the last of them is meant."
        )
    if found.unknown:
        yield f"{plural(found.unknown, 'label')} of feedback are none that a model answers with."


def _log(analysis: Analysis) -> Iterator[str]:
    account, start = analysis.collected.account, analysis.experiment.start
    gone = account.lost + sum(account.dropped.values())
    if gone or account.unknown:
        yield f"The log is not complete: {account}."
    if start is not None and analysis.begin > start.timestamp() + LATE_SECONDS:
        yield (
            f"The log begins on {moment(analysis.begin)}, after the experiment's start on "
            f"{moment(start.timestamp())}: its oldest files may have been deleted."
        )


def _notes(analysis: Analysis) -> Iterator[str]:
    for stop in analysis.stops:
        yield f"{stop.variant} was stopped on {moment(stop.time)}: {stop.reason}."
        if late := _late(analysis, stop):
            yield (
                f"{stop.variant} has given {plural(late, 'answer')} more than a minute after it "
                "was stopped: not every server of the service knows of the stop."
            )
    live = [it.challenger for it in analysis.comparisons if it.basis == "live"]
    if len(live) > 1:
        yield (
            f"{listed(live)} share the level between them (Bonferroni): each interval is wider "
            "than it would be alone."
        )
    for it in analysis.comparisons:
        yield from _shadow(analysis, it)


def _late(analysis: Analysis, stop: Stop) -> int:
    answers = analysis.collected.live
    names = [it.name for it in analysis.experiment.variants]
    mine = answers.variant == names.index(stop.variant)
    return int((answers.time[mine] > stop.time + STOP_SECONDS).sum())


def _shadow(analysis: Analysis, comparison: Comparison) -> Iterator[str]:
    if comparison.basis == "live":
        return
    figures = _figures(analysis, comparison.challenger)
    paired = int(analysis.agreement[comparison.challenger].sum())
    yield (
        f"{comparison.challenger} is a shadow: feedback was given to the control's answers, by "
        "people who saw those. What they would have said of the shadow's own is not known."
    )
    if paired < figures.texts:
        yield (
            f"{plural(figures.texts - paired, 'text')} of {figures.texts:,} that "
            f"{comparison.challenger} scored have no answer of the control in the log."
        )


def _figures(analysis: Analysis, name: str) -> Figures:
    return next(it for it in analysis.figures if it.name == name)
