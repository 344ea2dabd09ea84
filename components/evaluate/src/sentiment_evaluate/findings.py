"""The sections of the report that show where the models differ and where they go wrong."""

from collections.abc import Sequence

from sentiment_evaluate import drawing
from sentiment_evaluate.behaviour import Capability, Failure
from sentiment_evaluate.evaluation import Evaluation, ModelResult, SplitResult
from sentiment_evaluate.markup import (
    Markup,
    chart,
    details,
    element,
    framed,
    joined,
    measured,
    paragraph,
    section,
    table,
    text,
)
from sentiment_evaluate.metrics import Integers
from sentiment_evaluate.mistakes import Mistake
from sentiment_evaluate.outcome import FIGURE
from sentiment_evaluate.resampling import Interval
from sentiment_evaluate.slices import GATING_ROWS, SLICINGS, Slice
from sentiment_models import LABELS

SHOWN_CHARACTERS, SHOWN_FAILURES = 400, 3
CALIBRATION = "expected_calibration_error"
STRONG_WORD = 2.0
"""Change of log-odds from which on a word is marked as strongly as can be."""

FAINT_WORD = 0.1


def role_of(evaluation: Evaluation, result: ModelResult) -> str:
    """Tells what a model is in this comparison, which decides its colour."""
    if result is evaluation.champion:
        return "champion"
    return "chosen" if result is evaluation.chosen else "other"


def name_of(evaluation: Evaluation, result: ModelResult) -> Markup:
    """Returns a model's name with its role, if it has one to be pointed out."""
    role, name = role_of(evaluation, result), result.contender.name
    return joined([name, _badge(role, role)]) if role == "chosen" else text(name)


def errors(evaluation: Evaluation) -> Markup:
    """Shows each model's confusion matrix, curves and reliability, the chosen one's opened."""
    parts = [
        details(name_of(evaluation, it), _panels(it.test), _labels(evaluation, it.test),
                opened=it is evaluation.chosen)
        for it in evaluation.results
    ]  # fmt: skip
    return section("errors", "Where they go wrong", *parts)


def _panels(result: SplitResult) -> Markup:
    values = result.figures.values
    areas = {label: f"{values[f'{label}_auc']:.3f}" for label in result.curves}
    precisions = {label: f"{values[f'{label}_average_precision']:.3f}" for label in result.curves}
    panels = (
        ("Confusion matrix", _matrix(result.matrix), "Rows are the truth; shares are of a row."),
        ("ROC", drawing.roc(result.curves), drawing.legend(areas)),
        ("Precision and recall", drawing.precision_recall(result.curves),
         drawing.legend(precisions)),
        ("Reliability", drawing.reliability(result.reliability),
         f"Calibration error {values[CALIBRATION]:.3f}; the larger, the more rows."),
    )  # fmt: skip
    return element(
        "div",
        *(element("div", element("h4", title), chart(it, said)) for title, it, said in panels),
        class_="panels",
    )


def _matrix(matrix: Integers) -> Markup:
    head = element("tr", element("th"), *(element("th", it, scope="col") for it in LABELS))
    rows = []
    for label, counts in zip(LABELS, matrix.tolist(), strict=True):
        whole = sum(counts) or 1
        cells = (
            element(
                "td", f"{count:,}", element("small", f"{count / whole:.0%}"),
                style=f"--share:{count / whole:.2f}",
            )
            for count in counts
        )  # fmt: skip
        rows.append(element("tr", element("th", label, scope="row"), *cells))
    return element("table", head, *rows, class_="matrix")


def _labels(evaluation: Evaluation, result: SplitResult) -> Markup:
    confidence = evaluation.settings.confidence
    names = ("precision", "recall", "f1", "auc", "average_precision")
    rows = [
        (
            label,
            *(measured(result.figures.interval(f"{label}_{it}", confidence)) for it in names),
            int(result.matrix[place].sum()),
        )
        for place, label in enumerate(LABELS)
    ]
    return table(("label", "precision", "recall", "F1", "AUC", "average precision", "rows"), rows)


def slices(evaluation: Evaluation) -> Markup:
    """Shows the chosen model's slices beside the champion's."""
    confidence = evaluation.settings.confidence
    ours = evaluation.chosen.slices
    if not ours:
        return Markup()
    theirs: Sequence[Slice | None] = [None] * len(ours)
    if evaluation.champion:
        theirs = evaluation.champion.slices
    intervals = [it.figures.interval(FIGURE, confidence) for it in ours]
    scale = drawing.bounds(intervals)
    rows: list[Markup] = []
    cells: list[Markup] = []
    group = ""
    for mine, other, interval in zip(ours, theirs, intervals, strict=True):
        kind, _, name = mine.name.partition("=")
        if kind != group:
            rows.append(_group(kind))
            group = kind
        cells = _slice_cells(mine, other, name, interval, scale, confidence)
        rows.append(element("tr", *cells))
    columns = (
        "", "rows", "macro-F1", f"{scale[0]:.2f} to {scale[1]:.2f}", "accuracy",
        "calibration error",
    )  # fmt: skip
    return section(
        "slices", "Slices of the test split", _slice_legend(evaluation),
        framed(columns, rows, cells),
    )  # fmt: skip


def _slice_legend(evaluation: Evaluation) -> Markup:
    keys = [element("span", element("i", class_="chosen"), evaluation.chosen.contender.name,
                    ", with its interval", class_="key")]  # fmt: skip
    if evaluation.champion:
        keys.append(element("span", element("i", class_="champion"),
                            evaluation.champion.contender.name, class_="key"))  # fmt: skip
    small = f"The gate looks at slices of {GATING_ROWS} rows or more; smaller ones are marked."
    return paragraph(*keys, element("small", small, class_="note"))


def _group(kind: str) -> Markup:
    meaning = next((it.meaning for it in SLICINGS if it.name == kind), "")
    said = joined([kind.replace("_", " "), element("small", f" {meaning}")])
    return element("tr", element("th", said, colspan=6, scope="colgroup"), class_="group")


def _slice_cells(
    mine: Slice, other: Slice | None, name: str, interval: Interval, scale: tuple[float, float],
    confidence: float,
) -> list[Markup]:  # fmt: skip
    reigning = other.figures.interval(FIGURE, confidence) if other else None
    said = name or "(none)"
    heading = text(said) if mine.gating else joined([said, _badge("few rows", "small")])
    values = mine.figures.values
    return [
        element("th", heading, scope="row"),
        element("td", f"{mine.rows:,}", class_="number"),
        measured(interval),
        element("td", drawing.span(interval, scale, reigning)),
        element("td", f"{values['accuracy']:.3f}", class_="number"),
        element("td", f"{values[CALIBRATION]:.3f}", class_="number"),
    ]


def out_of_domain(evaluation: Evaluation) -> Markup:
    """Shows every model on the sources that none was trained for."""
    sources = evaluation.chosen.out_of_domain
    if not sources:
        return Markup()
    confidence = evaluation.settings.confidence
    parts: list[Markup] = []
    for place, source in enumerate(sources):
        name = source.name.partition("=")[2] or "(no source)"
        rows = [
            (
                name_of(evaluation, it),
                *(
                    measured(it.out_of_domain[place].figures.interval(figure, confidence))
                    for figure in (FIGURE, "accuracy", CALIBRATION, "brier")
                ),
            )
            for it in evaluation.results
        ]
        parts.append(element("h3", f"{name}, {source.rows:,} rows"))
        columns = ("model", "macro-F1", "accuracy", "calibration error", "Brier score")
        parts.append(table(columns, rows))
    lead = "Texts of other kinds than those the models were trained for."
    return section("out-of-domain", "Out of domain", paragraph(lead), *parts)


def behaviour(evaluation: Evaluation) -> Markup:
    """Shows how often each model fails at each capability, and the worst failures of the chosen."""
    chosen = evaluation.chosen.behaviour
    if not chosen:
        return Markup()
    rows = [
        (it.name, it.cases, *(_rate(result.behaviour[place]) for result in evaluation.results))
        for place, it in enumerate(chosen)
    ]
    columns = ("capability", "cases", *(it.contender.name for it in evaluation.results))
    cases = sum(it.cases for it in chosen)
    lead = (
        f"Share of failed cases, of {cases:,} that a model of opinions should pass whatever it was "
        "trained on (after CheckList, Ribeiro et al. 2020)."
    )
    return section(
        "behaviour", "Behaviour", paragraph(lead), table(columns, rows),
        details(f"The worst failures of {evaluation.chosen.contender.name}", _failures(chosen)),
    )  # fmt: skip


def _rate(capability: Capability) -> Markup:
    share = capability.failure_rate
    return element("td", f"{share:.0%}", class_="number rate", style=f"--share:{share:.2f}")


def _failures(capabilities: Sequence[Capability]) -> Markup:
    rows = [
        (it.name, _texts(failure), failure.case.wanted, failure.said)
        for it in capabilities
        for failure in it.worst[:SHOWN_FAILURES]
    ]
    return table(("capability", "text", "wanted", "said"), rows)


def _texts(failure: Failure) -> Markup:
    return joined(failure.case.texts, " → ")


def mistakes(evaluation: Evaluation) -> Markup:
    """Shows the chosen model's most confident mistakes, the first of them word by word."""
    if not evaluation.mistakes:
        return Markup()
    lead = paragraph(
        "Test rows where ", evaluation.chosen.contender.name, " was wrong and most sure of it. ",
        element("mark", "These words", class_="for", style="--share:.45"),
        " spoke for its answer, ",
        element("mark", "these", class_="against", style="--share:.45"),
        " against it: the stronger the colour, the more the odds change without the word.",
    )  # fmt: skip
    quotes = [_quote(it) for it in evaluation.mistakes]
    return section("mistakes", "Most confident mistakes", lead, *quotes)


def _quote(mistake: Mistake) -> Markup:
    said = (
        f"{mistake.predicted} with {mistake.confidence:.0%}, labelled {mistake.label}"
        + (f" · {mistake.source}" if mistake.source else "")
    )  # fmt: skip
    return element("blockquote", element("p", _marked(mistake)), element("footer", said))


def _marked(mistake: Mistake) -> Markup:
    parts: list[object] = []
    end = 0
    for word in mistake.words:
        parts.append(mistake.text[end : word.start])
        end = word.start + len(word.word)
        change = word.values[mistake.predicted]
        if abs(change) < FAINT_WORD:
            parts.append(word.word)
            continue
        share = f"--share:{0.1 + 0.5 * min(abs(change) / STRONG_WORD, 1):.2f}"
        kind = "for" if change > 0 else "against"
        parts.append(element(
            "mark", word.word, class_=kind, style=share, title=f"log-odds {change:+.2f}"
        ))  # fmt: skip
    rest = mistake.text[end : max(end, SHOWN_CHARACTERS)]
    return joined([*parts, rest, "…" if len(mistake.text) > end + len(rest) else ""])


def _badge(said: str, kind: str) -> Markup:
    return element("span", said, class_=f"badge {kind}")
