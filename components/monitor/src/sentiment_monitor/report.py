"""The page a person reads: what should follow, then what it rests on."""

import html
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources

from sentiment_common.report import heading, page, paragraph, table
from sentiment_monitor import report_drawing as drawing
from sentiment_monitor import report_quality
from sentiment_monitor.findings import VERDICTS, Finding
from sentiment_monitor.report_drawing import Step
from sentiment_monitor.terms import Change
from sentiment_monitor.watching import Outcome
from sentiment_monitor.wording import chance, moment, percent, plural

STYLE = "report.css"
HEADLINES = {
    "ok": "Nothing to do",
    "watch": "Worth a look",
    "act": "Act: {follow}",
    "unknown": "Nobody can tell",
}
FOLLOW = {
    "retrain": "train the model again",
    "look": "look at the texts",
    "label": "have some answers labelled",
    "nothing": "",
}
HOW = {
    "retrain": "Add texts of this kind with their labels to the training data, then: "
    "make pipeline-run. A new model takes over only if it is better.",
    "look": "Read the strangest texts: run the monitor again with show_texts; a text is in the "
    "report only if it was logged.",
    "label": "Have a hundred answers drawn by chance judged, send the labels to /feedback, and run "
    "the monitor again.",
}
"""What a person does next."""
URGENCY = {"act": 0, "watch": 1, "unknown": 2, "ok": 3}
MOST_REASONS, MOST_WORDS, MOST_PAST = 4, 12, 60
STRANGEST = "strangest"
"""What the domain classifier calls the places of texts that look least like training."""
METHODS = (
    "An effect is freed of what chance alone gives so many rows. A finding needs an effect above "
    "its threshold and a p-value that, corrected for all tests of the window (Holm 1979), lies "
    "below the policy's level. To be acted on it must last, or be very large; what comes back "
    "every week is not counted.",
    "Feedback is weighed to speak for all answers by label, confidence and time (raking; Deming "
    "and Stephan 1940), its intervals know that one caller's answers resemble each other. Whether "
    "people write because an answer was wrong cannot be weighed out.",
    "The estimates without labels (CBPE; ATC, Garg et al. 2022) hold while a confidence means what "
    "it meant in training. They are too high for texts of another domain or with other meanings.",
)


def render(outcome: Outcome, texts: bool = False) -> str:
    """Returns the report as one self-contained HTML page.

    Args:
        outcome: What is known of the window.
        texts: Whether customers' texts may be in it, as they were logged.
    """
    style = resources.files(__package__).joinpath(STYLE).read_text(encoding="utf-8")
    sections = [
        f"<style>{style}</style>",
        _decision(outcome),
        _past(outcome),
        report_quality.section(outcome),
        _findings(outcome),
        _signals(outcome),
        _words(outcome.changes),
        *(_texts(outcome) if texts else ()),
        *report_quality.details(outcome),
        _log(outcome),
        _methods(outcome),
    ]
    return page(f"Model {outcome.window.model}, watched", sections)


def _decision(outcome: Outcome) -> str:
    window, said = outcome.window, outcome.decision
    asked = ", ".join(FOLLOW.get(it, it) for it in said.follow if FOLLOW.get(it, it))
    headline = HEADLINES[said.decision].format(follow=asked)
    reasons = "".join(f"<li>{html.escape(it)}</li>" for it in said.reasons[:MOST_REASONS])
    more = len(said.reasons) - MOST_REASONS
    rest = paragraph(f"{plural(more, 'more reason')} below.") if more > 0 else ""
    steps = "".join(paragraph(HOW[it]) for it in said.follow if it in HOW)
    lead = (
        f"{plural(len(window.answers), 'answer')} from {moment(window.since)} to "
        f"{moment(window.until)}, model {window.model} ({window.digest[:19]})."
    )
    return (
        f'<div class="banner {said.decision}"><strong>{html.escape(headline)}</strong>'
        f"<ul>{reasons}</ul>{rest}{steps}</div>{paragraph(lead)}"
    )


def _past(outcome: Outcome) -> str:
    if not outcome.past:
        return ""
    steps = [Step(it.until, None, it.decision) for it in outcome.past[-MOST_PAST:]]
    steps.append(Step(outcome.window.until, None, outcome.decision.decision))
    caption = (
        f"Decisions of {plural(len(steps), 'window')}, this one last: {', '.join(_counted(steps))}."
    )
    drawn = f"<figure>{drawing.decisions(steps)}<figcaption>{caption}</figcaption></figure>"
    return f"<section>{heading('Earlier windows')}{drawn}</section>"


def _counted(steps: Sequence[Step]) -> Iterator[str]:
    for verdict in VERDICTS:
        if count := sum(it.verdict == verdict for it in steps):
            yield f"{count} {verdict}"


def _findings(outcome: Outcome) -> str:
    ranked = sorted(outcome.decision.findings, key=lambda it: (URGENCY[it.verdict], it.key))
    rows = "".join(_finding(outcome, it) for it in ranked)
    heads = ("", "what", "effect", "p, corrected", "over time")
    head = "".join(f"<th>{it}</th>" for it in heads)
    body = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if rows else (
        paragraph("There was nothing to look at.")
    )  # fmt: skip
    return f'<section>{heading("What was found")}<div class="findings">{body}</div></section>'


def _finding(outcome: Outcome, it: Finding) -> str:
    verdict = "every week" if it.seasonal else it.verdict
    effect = "–" if it.effect is None else f"{it.effect:.3f}"
    name = it.name.replace("_", " ")
    detector = "" if it.detector.replace("-", " ") == name else f" <small>{it.detector}</small>"
    bar = f"<small>watch {it.watch:g}, act {it.act:g}</small>"
    return (
        f'<tr><td><span class="pill {it.verdict}">{verdict}</span></td>'
        f"<td><b>{html.escape(name)}</b>{detector}<br>{html.escape(it.words)}</td>"
        f"<td>{effect}<br>{bar}</td><td>{chance(it.adjusted)}</td>"
        f"<td>{_course(outcome, it)}</td></tr>"
    )


def _course(outcome: Outcome, it: Finding) -> str:
    steps = []
    for past in outcome.past[-MOST_PAST:]:
        earlier = past.findings.get(it.key, {})
        effect = earlier.get("effect")
        steps.append(Step(past.until, None if effect is None else float(effect), past.says(it.key)))
    if not steps:
        return ""
    steps.append(Step(outcome.window.until, it.effect, it.verdict))
    return drawing.course(steps, it.watch, it.act)


def _signals(outcome: Outcome) -> str:
    if not outcome.signals:
        return ""
    effects = {it.name: it for it in outcome.decision.findings}
    cards = []
    for it in outcome.signals:
        found = effects.get(it.name)
        effect = "" if found is None or found.effect is None else f"PSI {found.effect:.3f}"
        verdict = found.verdict if found else "unknown"
        cards.append(
            f'<figure class="card"><figcaption><b>{html.escape(it.name.replace("_", " "))}</b> '
            f'<span class="{verdict}">{effect}</span></figcaption>{drawing.histograms(it)}</figure>'
        )
    key = (
        '<p class="key"><i class="then"></i> training <i class="now"></i> this window; '
        "shares of the rows, and what a bar stands for when it is pointed at.</p>"
    )
    drawn = f'<div class="cards">{"".join(cards)}</div>'
    return f"<section>{heading('Window against training')}{key}{drawn}</section>"


def _words(changes: Sequence[Change]) -> str:
    came = [it for it in changes if it.z > 0][:MOST_WORDS]
    went = [it for it in changes if it.z < 0][:MOST_WORDS]
    if not came and not went:
        return ""
    lists = "".join(
        f"<div><h3>{title}</h3>{_scrolled(('word', 'training', 'window'), map(_word, some))}</div>"
        for title, some in (("More often than in training", came), ("Less often", went))
        if some
    )
    return f'<section>{heading("Words")}<div class="columns">{lists}</div></section>'


def _word(it: Change) -> tuple[str, str, str]:
    return it.term, percent(it.expected) if it.expected else "new", percent(it.actual)


def _texts(outcome: Outcome) -> Iterator[str]:
    """Shows texts that look least like training, if texts were logged."""
    texts = outcome.window.texts
    places = [it for found in outcome.decision.findings for it in found.details.get(STRANGEST, ())]
    shown = [texts[place] for place in places]
    if shown:
        listed = "".join(f"<li>{html.escape(text)}</li>" for text in shown)
        said = paragraph("Texts of the window that look least like training, as they were logged.")
        yield f'<section>{heading("Texts")}{said}<ul class="texts">{listed}</ul></section>'


def _log(outcome: Outcome) -> str:
    window, doubts = outcome.window, outcome.window.doubts
    counts = (
        ("entries by shadows, which are not counted", doubts.shadows),
        ("damaged lines or files", doubts.damaged),
        ("entries out of order: a clock was set back", doubts.disordered),
        ("entries of the future: a clock is ahead", doubts.future),
        ("feedback that names no label of the model", doubts.labels),
        ("feedback about no answer that was read", doubts.unmatched),
    )
    rows = [it for it in counts if it[1]]
    rows += [(f"answers by another model: {name}", it) for name, it in doubts.models.items()]
    said = paragraph(f"The log: {window.account}.")
    kept = ", ".join(f"{count:,} {how}" for how, count in sorted(window.text_kept.items()))
    texts = paragraph(f"Texts as they were logged: {kept or 'none'}.")
    more = _scrolled(("what", "how many"), rows) if rows else ""
    return f"<section>{heading('The log')}{said}{texts}{more}</section>"


def _methods(outcome: Outcome) -> str:
    policy = outcome.policy
    said = "".join(map(paragraph, METHODS))
    goes = paragraph(
        f"Policy {policy.name}: level {policy.number('level'):g}, at least "
        f"{policy.count('min_rows'):,} rows, {policy.count('consecutive')} windows in a row."
    )
    return f"<section>{heading('How it was computed')}{goes}{said}</section>"


def _scrolled(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    return f'<div class="scroll">{table(columns, rows)}</div>'
