"""What the report says of quality: known, judged and estimated, side by side."""

import html
from collections.abc import Iterable, Iterator, Sequence

from sentiment_common.report import heading, paragraph, table
from sentiment_models.bundle import LABELS
from sentiment_monitor import report_drawing as drawing
from sentiment_monitor.quality import Quality
from sentiment_monitor.quality_findings import Z
from sentiment_monitor.quality_intervals import Interval
from sentiment_monitor.watching import Outcome
from sentiment_monitor.wording import percent, plural

PARTS = ("low", "middle", "high")


def section(outcome: Outcome) -> str:
    """Returns accuracy by all that is known of it, and what to make of it."""
    figures = list(_figures(outcome))
    if not figures:
        return ""
    scale = drawing.bounds(it for _, it, _ in figures)
    rows = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{_said(it)}</td>"
        f"<td>{drawing.reach(it, scale, kind)}</td></tr>"
        for name, it, kind in figures
    )
    axis = f"{percent(scale[0])} to {percent(scale[1])}"
    head = f"<tr><th>accuracy</th><th></th><th>{axis}</th></tr>"
    drawn = f'<table class="figures"><thead>{head}</thead><tbody>{rows}</tbody></table>'
    said = "".join(map(paragraph, _remarks(outcome)))
    return f"<section>{heading('Quality')}{drawn}{said}</section>"


def _figures(outcome: Outcome) -> Iterator[tuple[str, Interval, str]]:
    known, quality, estimate = outcome.baseline, outcome.quality, outcome.estimate
    if known:
        half = Z * known.error
        reach = Interval(known.accuracy, known.accuracy - half, known.accuracy + half)
        yield f"known: {known.source}", reach, "then"
    if quality and quality.judged:
        yield "by feedback, weighed to speak for all", quality.adjusted, "now"
        yield "by feedback, as it is", quality.accuracy, "now"
    if estimate:
        nan = float("nan")
        yield "estimated without labels (CBPE)", estimate.accuracy, "guess"
        yield (
            "estimated without labels (ATC)",
            Interval(estimate.thresholded, nan, nan),
            "guess",
        )


def _remarks(outcome: Outcome) -> Iterator[str]:
    quality = outcome.quality
    if quality is None or not quality.judged:
        yield (
            "There is no feedback, so accuracy is only estimated. An estimate that is low is a "
            "reason to look; one that is high is no reason not to."
        )
        return
    yield (
        f"{plural(quality.judged, 'answer')} of {quality.answers:,} "
        f"({percent(quality.judged / quality.answers)}) were judged, by "
        f"{plural(quality.callers, 'caller')}; macro-F1 {quality.macro_f1.value:.3f} "
        f"({quality.macro_f1.low:.3f} to {quality.macro_f1.high:.3f})."
    )
    if quality.complaints:
        yield (
            "Hardly any answer was confirmed: people write only when something is wrong. Such "
            "feedback says who complains, not how good the model is. Have some answers labelled "
            "that were chosen by chance."
        )
    if quality.uncovered:
        yield f"For {percent(quality.uncovered)} of the answers there is no feedback on their like."


def details(outcome: Outcome) -> Iterator[str]:
    """Yields what is to be known of the feedback: who is judged, when, and how."""
    quality = outcome.quality
    if quality and quality.judged:
        yield _folded("Feedback by label", _by_label(quality))
        yield _folded("Which answers are judged", _by_cell(quality))
        yield _folded("How long feedback takes", _by_time(quality))


def _by_label(quality: Quality) -> str:
    rows = [
        (label, _said(quality.recall[number]), *quality.confusion[number])
        for number, label in enumerate(LABELS)
    ]
    heads = ("label by feedback", "recall, weighed", *(f"answered {it}" for it in LABELS))
    return _scrolled(heads, rows)


def _by_cell(quality: Quality) -> str:
    rows = [
        (
            LABELS[it.label], PARTS[it.part], it.answers, it.judged, _share(it.judged, it.answers),
            _share(it.confirmed, it.judged),
        )
        for it in quality.cells
    ]  # fmt: skip
    edges = " and ".join(f"{it:.2f}" for it in quality.edges)
    said = paragraph(
        f"Thirds of the confidence end at {edges}. Where shares judged differ, feedback as it is "
        "does not speak for all answers."
    )
    heads = ("answered", "confidence", "answers", "judged", "share judged", "confirmed")
    return said + _scrolled(heads, rows)


def _by_time(quality: Quality) -> str:
    rows = [(it.after, percent(it.share), percent(it.accuracy)) for it in quality.maturities]
    said = paragraph(
        "Share of all answers that is judged by then, those that are younger not held against it "
        "(Kaplan and Meier 1958). Compare windows of one age."
    )
    return said + _scrolled(("within", "judged", "confirmed of these"), rows)


def _folded(summary: str, content: str) -> str:
    return f"<details><summary>{html.escape(summary)}</summary>{content}</details>"


def _share(some: int, all_: int) -> str:
    return percent(some / all_ if all_ else float("nan"))


def _said(it: Interval) -> str:
    if it.low != it.low:
        return percent(it.value)
    return f"{percent(it.value)} ({percent(it.low)} to {percent(it.high)})"


def _scrolled(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    return f'<div class="scroll">{table(columns, rows)}</div>'
