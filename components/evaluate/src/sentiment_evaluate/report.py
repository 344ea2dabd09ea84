"""The page a person reads: the verdict first, then what it rests on."""

from collections.abc import Iterator
from importlib import resources

from sentiment_common import report as html
from sentiment_evaluate import drawing, findings
from sentiment_evaluate.evaluation import Evaluation, ModelResult
from sentiment_evaluate.judged import Rule
from sentiment_evaluate.markup import (
    Markup,
    chart,
    details,
    element,
    joined,
    measured,
    paragraph,
    section,
    table,
)
from sentiment_evaluate.outcome import FIGURE, REFUSED

STYLE = "report.css"
TILES = {
    FIGURE: "macro-F1",
    "accuracy": "accuracy",
    "auc_ovr_macro": "AUC",
    "expected_calibration_error": "calibration error",
}
COMPARED = {
    **TILES,
    "average_precision_macro": "average precision",
    "brier": "Brier score",
    "log_loss": "log loss",
}
LOWER_IS_BETTER = {"expected_calibration_error", "brier", "log_loss"}
CONTENTS = {
    "models": "Models",
    "cost": "Cost",
    "errors": "Errors",
    "slices": "Slices",
    "out-of-domain": "Out of domain",
    "behaviour": "Behaviour",
    "mistakes": "Mistakes",
    "rules": "Rules",
}
METHOD = (
    "Every model answered the same rows, raw text in. Figures are of the test split, which took no "
    "part in training or in the choice. An interval is the central part of {samples:,} bootstrap "
    "resamples of {units:,} groups of rows at a level of {confidence:.0%}, the same resamples for "
    "every model, so that differences are paired. Brier score and log loss are better when lower; "
    "the calibration error is the mean gap between confidence and accuracy in ten bins."
)


def render(evaluation: Evaluation) -> str:
    """Returns the report as one self-contained HTML page."""
    style = resources.files(__package__).joinpath(STYLE).read_text(encoding="utf-8")
    body = [
        f"<style>{style}</style>",
        _verdict(evaluation),
        _contents(evaluation),
        _models(evaluation),
        _cost(evaluation),
        findings.errors(evaluation),
        findings.slices(evaluation),
        findings.out_of_domain(evaluation),
        findings.behaviour(evaluation),
        findings.mistakes(evaluation),
        _rules(evaluation),
    ]
    return html.page("Model evaluation", body)


def _verdict(evaluation: Evaluation) -> Markup:
    verdict, chosen = evaluation.verdict, evaluation.chosen
    banner = element(
        "div",
        element("strong", verdict.verdict),
        paragraph(f"{verdict.reason}."),
        class_=f"banner {'bad' if verdict.verdict == REFUSED else 'good'}",
    )
    lead = paragraph(
        f"Candidate {chosen.contender.name} was judged on {len(evaluation.test):,} test rows. "
        f"It was chosen of {len(evaluation.results) - bool(evaluation.champion)} on "
        f"{len(evaluation.validation):,} validation rows: {evaluation.choice.reason}."
    )
    warning = [paragraph(f"Warning: {evaluation.warning}.")] if evaluation.warning else []
    tiles = element("div", *_tiles(evaluation), class_="tiles")
    return joined([banner, lead, *warning, tiles])


def _tiles(evaluation: Evaluation) -> Iterator[Markup]:
    for name, title in TILES.items():
        it = evaluation.chosen.test.figures.interval(name, evaluation.settings.confidence)
        reach = element("small", f"{it.low:.3f} to {it.high:.3f}")
        yield element("div", title, element("b", f"{it.value:.3f}"), reach, class_="tile")


def _contents(evaluation: Evaluation) -> Markup:
    absent = {
        *(() if evaluation.chosen.slices else ("slices",)),
        *(() if evaluation.chosen.out_of_domain else ("out-of-domain",)),
        *(() if evaluation.chosen.behaviour else ("behaviour",)),
        *(() if evaluation.mistakes else ("mistakes",)),
    }
    links = (
        element("a", title, href=f"#{name}")
        for name, title in CONTENTS.items()
        if name not in absent
    )
    return element("nav", *links, aria_label="contents")


def _models(evaluation: Evaluation) -> Markup:
    confidence = evaluation.settings.confidence
    bests = {name: _best(evaluation, name) for name in COMPARED}
    rows = [
        (
            findings.name_of(evaluation, it),
            *(
                measured(it.test.figures.interval(name, confidence), bests[name] is it)
                for name in COMPARED
            ),
        )
        for it in evaluation.results
    ]
    return section(
        "models",
        "Models side by side",
        table(("model", *COMPARED.values()), rows),
        element("h3", "The choice, on the validation split"),
        _choice(evaluation),
        paragraph(element("small", _method(evaluation), class_="note")),
    )


def _best(evaluation: Evaluation, figure: str) -> ModelResult:
    best = min if figure in LOWER_IS_BETTER else max
    return best(evaluation.results, key=lambda it: it.test.figures.values[figure])


def _choice(evaluation: Evaluation) -> Markup:
    confidence = evaluation.settings.confidence
    intervals = [it.validation.figures.interval(FIGURE, confidence) for it in evaluation.results]
    scale = drawing.bounds(intervals)
    passed_over = evaluation.choice.passed_over
    rows = [
        (
            findings.name_of(evaluation, result),
            measured(interval),
            drawing.span(interval, scale),
            passed_over.get(result.contender.name, ""),
        )
        for result, interval in zip(evaluation.results, intervals, strict=True)
    ]
    return table(("model", "macro-F1", f"{scale[0]:.2f} to {scale[1]:.2f}", ""), rows)


def _method(evaluation: Evaluation) -> str:
    settings = evaluation.settings
    return METHOD.format(
        samples=settings.samples, units=evaluation.units, confidence=settings.confidence
    )


def _cost(evaluation: Evaluation) -> Markup:
    columns = (
        "model", "ms a text, median", "95th percentile", "texts a second", "bundle MB", "memory MB",
    )  # fmt: skip
    rows = [
        (
            findings.name_of(evaluation, it),
            _number(it.cost.single_ms_p50), _number(it.cost.single_ms_p95),
            _number(it.cost.texts_per_second), _number(it.cost.size_bytes / 1e6),
            _number(it.cost.memory_bytes / 1e6),
        )
        for it in evaluation.results
    ]  # fmt: skip
    points = [
        (
            it.contender.name, findings.role_of(evaluation, it), it.cost.single_ms_p50,
            it.test.figures.interval(FIGURE, evaluation.settings.confidence),
        )
        for it in evaluation.results
    ]  # fmt: skip
    return section(
        "cost",
        "Quality and what it costs",
        chart(
            drawing.quality_by_time(points),
            "Macro-F1 on the test split; up and to the left is better.",
        ),
        table(columns, rows),
        paragraph(element(
            "small",
            "Measured on the machine of this run, each model in a process of its own, the quickest "
            "of three tries; memory is what loading the model and its libraries adds.",
            class_="note",
        )),
    )  # fmt: skip


def _number(value: float) -> Markup:
    shown = f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"
    return element("td", shown, class_="number")


def _rules(evaluation: Evaluation) -> Markup:
    rules = evaluation.verdict.rules
    sections = list(dict.fromkeys(rule.section for rule in rules))
    parts = [_of_section(name, [it for it in rules if it.section == name]) for name in sections]
    return section("rules", "What the gate asked", *parts)


def _of_section(name: str, rules: list[Rule]) -> Markup:
    failed = [it for it in rules if not it.passed]
    said = f"{len(rules) - len(failed)} of {len(rules)} passed"
    summary = joined([
        name.replace("_", " "), ": ",
        element("span", said, class_="failed" if failed else "passed"),
    ])  # fmt: skip
    rows = [
        (
            rule.rule,
            "" if rule.threshold is None else rule.threshold,
            "" if rule.figure is None else rule.figure,
            element("td", _outcome(rule.passed), class_="passed" if rule.passed else "failed"),
            rule.reason,
        )
        for rule in sorted(rules, key=lambda it: it.passed)
    ]
    columns = ("rule", "threshold", "figure", "outcome", "reason")
    return details(summary, table(columns, rows), opened=bool(failed))


def _outcome(passed: bool) -> str:
    return "✓\u00a0passed" if passed else "✗\u00a0failed"
