"""The page a person reads: what to do first, then what it rests on."""

import html
import math
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources

from sentiment_common.report import heading, page, paragraph, table
from sentiment_compare import drawing, mismatch
from sentiment_compare.analysis import Analysis
from sentiment_compare.comparison import Comparison
from sentiment_compare.variants import Figures
from sentiment_compare.verdict import Decision, Judged
from sentiment_compare.wording import chance, confidence, moment, percent, plural, points

STYLE = "report.css"
MOOD = {
    "better": "good", "not-worse": "good", "worse": "bad", "undecided": "open", "invalid": "bad",
}  # fmt: skip
HEADLINES = {
    "better": "{name} is better",
    "not-worse": "{name} is not worse",
    "worse": "{name} is worse",
    "undecided": "Not decided yet",
    "invalid": "Not to be trusted",
}
GUARDED = "{name} was stopped by a guardrail"
METHODS = (
    "The unit is the caller, because callers are what is assigned and one caller's answers "
    "resemble each other: standard errors are of the linearized ratio, summed by caller (Deng, "
    "Knoblich and Lu 2018). A request without a caller is a unit of its own.",
    "The interval is an asymptotic confidence sequence (Waudby-Smith, Arbour, Sinha, Kennedy and "
    "Ramdas 2024): with its confidence the truth lies in it at all times at once. So the report "
    "may be looked at every day, and the experiment ended when it says so. The p-value is of the "
    "same mixture (Johari, Koomen, Pekelis and Walsh 2022), the least so far.",
    "Differences are taken within periods of equal weights and weighed by what each period knows, "
    "so that a canary that grows while quality drifts does not compare early with late.",
    "Callers are held against the weights by a sequential multinomial test (Lindon and Malek "
    "2022), each caller once, by the weights under which it first came. Below p = {level} the "
    "comparison is invalid.",
    "An answer is judged by the last feedback on it. Answers without feedback do not count.",
)


def render(analysis: Analysis, decision: Decision, doubts: Sequence[str]) -> str:
    """Returns the report as one self-contained HTML page."""
    style = resources.files(__package__).joinpath(STYLE).read_text(encoding="utf-8")
    sections = [
        f"<style>{style}</style>",
        _verdict(analysis, decision),
        *(_comparison(analysis, it) for it in decision.challengers),
        _doubts(doubts),
        _variants(analysis),
        _feedback(analysis),
        _ratio(analysis),
        *_agreement(analysis),
        *_looks(analysis),
        _methods(),
    ]
    return page(f"Experiment {analysis.experiment.name}", sections)


def _verdict(analysis: Analysis, decision: Decision) -> str:
    guarded = any(it.by_guardrail and it.variant == decision.challenger for it in analysis.stops)
    says = HEADLINES[decision.verdict]
    if guarded and decision.verdict == "worse":
        says = GUARDED
    texts = len(analysis.collected.live)
    lead = (
        f"{plural(texts, 'answer')} from {moment(analysis.begin)} to {moment(analysis.end)}, "
        f"{plural(int(analysis.judgements.first.sum()), 'answer')} of them with feedback."
    )
    return (
        f'<div class="banner {MOOD[decision.verdict]}">'
        f"<strong>{html.escape(says.format(name=decision.challenger))}</strong>"
        f"{paragraph(decision.reason)}{paragraph(decision.advice)}</div>{paragraph(lead)}"
    )


def _comparison(analysis: Analysis, judged: Judged) -> str:
    it = judged.comparison
    control = analysis.experiment.control.name
    kind = "same texts, as a shadow" if it.basis == "shadow" else "callers' feedback"
    edges = analysis.periods.edges if it.basis == "live" else ()
    # With one challenger the banner has said it.
    said = paragraph(f"{judged.verdict}: {judged.reason}") if len(analysis.comparisons) > 1 else ""
    caption = (
        f"Challenger less control in points, with its always-valid {confidence(it.alpha)} interval"
        f"{', and where weights changed (dotted)' if edges else ''}"
        f"{', and the margin (dashed)' if analysis.settings.margin else ''}."
    )
    return (
        f"<section>{heading(f'{it.challenger} against {control}: {kind}')}"
        f"{said}{_tiles(analysis, it)}"
        f"{_figure(drawing.path(it, analysis.settings.margin, edges), caption)}</section>"
    )


def _tiles(analysis: Analysis, it: Comparison) -> str:
    now, metric = it.now, analysis.settings.metric.replace("_", " ")
    reach = f"{points(now.low)} to {points(now.high)}" if now.high - now.low < 2 else "no interval"
    settled = moment(it.settled) if it.settled else "not yet"
    effective = " and ".join(f"{count:,.0f}" for count in now.look.effective)
    tiles = (
        (f"difference in {metric}", points(now.look.difference), reach),
        ("always-valid p-value", chance(now.p), f"interval first without 0: {settled}"),
        ("information", f"{it.progress:.0%}", _needed(analysis, it)),
        ("judged answers", f"{sum(now.look.counts):,}", f"effective callers: {effective}"),
    )
    return f'<div class="tiles">{"".join(_tile(*tile) for tile in tiles)}</div>'


def _needed(analysis: Analysis, it: Comparison) -> str:
    effect = points(analysis.settings.least_effect).lstrip("+")
    return f"of what a single look needs for {effect}"


def _tile(name: str, value: str, note: str) -> str:
    shown = (html.escape(text) for text in (name, value, note))
    return '<div class="tile">{}<b>{}</b><small>{}</small></div>'.format(*shown)


def _doubts(doubts: Sequence[str]) -> str:
    listed = "".join(f"<li>{html.escape(it)}</li>" for it in doubts)
    said = f'<ul class="doubts">{listed}</ul>' if doubts else paragraph("Nothing was found.")
    return f"<section>{heading('What to know before trusting it')}{said}</section>"


def _variants(analysis: Analysis) -> str:
    labels = analysis.collected.labels
    stopped = {it.variant: it for it in analysis.stops}
    traffic = (
        (
            _name(it), it.model, it.texts, it.requests, it.callers, it.judged, percent(_share(it)),
            moment(stopped[it.name].time) if it.name in stopped else "",
        )
        for it in analysis.figures
    )  # fmt: skip
    columns = ("variant", "model", "texts", "requests", "callers", "judged", "confirmed", "stopped")
    answers = (
        (
            _name(it), *(percent(it.labels[label]) if it.texts else "–" for label in labels),
            percent(it.confidence), _milliseconds(it.latency_p50), _milliseconds(it.latency_p95),
        )
        for it in analysis.figures
    )  # fmt: skip
    heads = ("variant", *labels, "mean confidence", "ms, median", "ms, 95%")
    return (
        f"<section>{heading('Variants')}{_scrolled(columns, traffic)}"
        f"<h3>What they answered, and how fast</h3>{_scrolled(heads, answers)}</section>"
    )


def _name(it: Figures) -> str:
    return f"{it.name} (shadow)" if it.shadow else it.name


def _share(it: Figures) -> float:
    return it.confirmed / it.judged if it.judged else float("nan")


def _milliseconds(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _feedback(analysis: Analysis) -> str:
    found = analysis.judgements
    rows = [
        (it.name, it.texts, it.judged, percent(it.judged / it.texts if it.texts else float("nan")))
        for it in analysis.figures
        if not it.shadow
    ]
    said = (
        f"{plural(len(found.answer), 'label')} joined, {found.unmatched:,} about no answer of "
        f"this experiment, {found.unknown:,} of an unknown label, {found.skewed:,} older than the "
        "answer."
    )
    rates = [
        (
            name, points(it.now.look.difference), points(it.now.low), points(it.now.high),
            chance(it.now.p),
        )
        for name, it in analysis.feedback.items()
    ]  # fmt: skip
    columns = ("challenger", "difference of the rates", "from", "to", "p")
    return (
        f"<section>{heading('Feedback')}"
        f"{_scrolled(('variant', 'answers', 'with feedback', 'rate'), rows)}"
        f"{_scrolled(columns, rates) if rates else ''}{paragraph(said)}</section>"
    )


def _ratio(analysis: Analysis) -> str:
    ratio = analysis.ratio
    total = sum(ratio.callers.values())
    rows = [
        (
            name, count, round(ratio.expected[name]),
            percent(count / total if total else float("nan")),
            percent(ratio.expected[name] / total if total else float("nan")),
        )
        for name, count in ratio.callers.items()
    ]  # fmt: skip
    said = (
        f"The split is what the weights say (p {chance(ratio.p)})."
        if ratio.broken is None
        else f"The split is not what the weights say, since {moment(ratio.broken)} "
        f"(p {chance(ratio.p)})."
    )
    columns = ("variant", "callers", "promised", "share", "promised share")
    periods = ""
    if analysis.periods.edges:
        periods = f"<h3>Periods of equal weights</h3>{_periods(analysis)}"
    return (
        f"<section>{heading('Callers against weights')}{paragraph(said)}"
        f"{_scrolled(columns, rows)}{periods}</section>"
    )


def _periods(analysis: Analysis) -> str:
    begins = [analysis.begin, *analysis.periods.edges]
    names = list(analysis.periods.weights[0])
    rows = [
        (moment(begin), *(f"{weights[name]:g}" for name in names))
        for begin, weights in zip(begins, analysis.periods.weights, strict=True)
    ]
    return _scrolled(("from", *names), rows)


def _agreement(analysis: Analysis) -> Iterator[str]:
    labels = analysis.collected.labels
    for name, counts in analysis.agreement.items():
        total = int(counts.sum())
        same = int(counts.trace()) / total if total else float("nan")
        rows = [(label, *map(int, row)) for label, row in zip(labels, counts, strict=True)]
        said = (
            f"They gave {percent(same)} of {plural(total, 'text')} the same label. Rows are the "
            f"control's labels, columns those of {name}."
        )
        yield (
            f"<section>{heading(f'Agreement of {name} with the control')}{paragraph(said)}"
            f"{_scrolled(('', *labels), rows)}</section>"
        )


def _looks(analysis: Analysis) -> Iterator[str]:
    columns = ("time", "judged", "difference", "from", "to", "p")
    for it in analysis.comparisons:
        rows = (
            (
                moment(step.time), sum(step.look.counts), points(step.look.difference),
                points(step.low), points(step.high), chance(step.p),
            )
            for step in it.path
        )  # fmt: skip
        summary = html.escape(f"{it.challenger}, look by look")
        yield f"<details><summary>{summary}</summary>{_scrolled(columns, rows)}</details>"


def _methods() -> str:
    said = "".join(paragraph(it.format(level=mismatch.LEVEL)) for it in METHODS)
    return f"<section>{heading('How it was computed')}{said}</section>"


def _scrolled(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    return f'<div class="scroll">{table(columns, rows)}</div>'


def _figure(drawing: str, caption: str) -> str:
    return f"<figure>{drawing}<figcaption>{html.escape(caption)}</figcaption></figure>"
