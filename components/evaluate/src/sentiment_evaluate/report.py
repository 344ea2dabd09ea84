"""The page a person reads: the verdict first, then what it rests on."""

from collections.abc import Iterator

import numpy as np

from sentiment_common import report as html
from sentiment_evaluate import plots
from sentiment_evaluate.evaluation import Evaluation, ModelResult
from sentiment_evaluate.metrics import auc
from sentiment_evaluate.outcome import FIGURE, REFUSED
from sentiment_evaluate.resampling import Interval
from sentiment_evaluate.slices import GATING_ROWS
from sentiment_models import LABELS

COMPARED = {FIGURE: "macro-F1", "accuracy": "accuracy", "auc_ovr_macro": "AUC"}
TILES = {
    FIGURE: "macro-F1",
    "accuracy": "accuracy",
    "auc_ovr_macro": "AUC",
    "expected_calibration_error": "calibration error",
}
TILE_STYLE = """
.tiles { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1rem 0; }
.tile { flex: 1; min-width: 9rem; padding: .6rem 1rem; border-radius: .6rem; background: #8881; }
.tile b { font-size: 1.7rem; font-variant-numeric: tabular-nums; margin-right: .2rem; }
.tile small { opacity: .7; }
td { vertical-align: top; }
"""
MISTAKES, SHOWN_CHARACTERS = 15, 240


def render(evaluation: Evaluation) -> str:
    """Returns the report as one self-contained HTML page."""
    sections = [
        *_verdict(evaluation),
        *_comparison(evaluation),
        *_chosen(evaluation),
        *_slices(evaluation),
        *_mistakes(evaluation),
    ]
    return html.page("Model evaluation", sections)


def _verdict(evaluation: Evaluation) -> Iterator[str]:
    verdict = evaluation.verdict
    yield html.verdict(verdict.verdict, good=verdict.verdict != REFUSED)
    yield html.paragraph(
        f"Candidate {evaluation.chosen.contender.name} was chosen by macro-F1 on "
        f"{len(evaluation.validation):,} validation rows and judged on {len(evaluation.test):,} "
        f"test rows: {verdict.reason}."
    )
    if evaluation.warning:
        yield html.paragraph(f"Warning: {evaluation.warning}.")
    yield _tiles(evaluation)
    rows = [
        (rule.rule, rule.threshold, rule.figure, _outcome(rule.passed), rule.reason)
        for rule in verdict.rules
    ]
    yield html.table(("rule", "threshold", "figure", "outcome", "reason"), rows)


def _comparison(evaluation: Evaluation) -> Iterator[str]:
    confidence = evaluation.settings.confidence
    yield html.heading("Models on the test split")
    models = [
        (it.contender.name, _colour(evaluation, it), it.test.figures.intervals(confidence))
        for it in evaluation.results
    ]
    caption = (
        f"Whiskers are {confidence:.0%} bootstrap intervals; every model was scored on the same "
        f"rows. Dark: chosen, grey: champion."
    )
    yield html.chart(plots.comparison(models, COMPARED), caption)
    columns = (
        "model", "macro-F1", "accuracy", "AUC", "calibration error",
        *(f"F1 {label}" for label in LABELS), "ms a text", "MB",
    )  # fmt: skip
    yield html.table(columns, [_figures_row(it, confidence) for it in evaluation.results])
    yield html.heading("The choice, on the validation split")
    choices = [
        (
            it.contender.name,
            _colour(evaluation, it),
            it.validation.figures.interval(FIGURE, confidence),
        )
        for it in evaluation.results
    ]
    yield html.chart(
        plots.selection(choices), "macro-F1; the candidate with the highest is chosen."
    )


def _figures_row(result: ModelResult, confidence: float) -> tuple[object, ...]:
    figures = result.test.figures
    return (
        result.contender.name,
        _range(figures.interval(FIGURE, confidence)),
        *(figures.values[it] for it in ("accuracy", "auc_ovr_macro", "expected_calibration_error")),
        *(figures.values[f"{label}_f1"] for label in LABELS),
        result.milliseconds_per_text,
        result.contender.size / 1e6,
    )


def _chosen(evaluation: Evaluation) -> Iterator[str]:
    result = evaluation.chosen.test
    yield html.heading(f"{evaluation.chosen.contender.name}, the chosen candidate")
    ones = np.ones((1, len(evaluation.test)))
    areas = {
        label: float(auc(evaluation.test.truth == place, result.probabilities[:, place], ones)[0])
        for place, label in enumerate(LABELS)
    }
    error = result.figures.values["expected_calibration_error"]
    yield html.chart(plots.confusion(result.matrix), "Percentages are shares of the true label.")
    yield html.chart(plots.roc(result.curves, areas), "Each label against the rest.")
    yield html.chart(
        plots.reliability(result.reliability), f"Expected calibration error {error:.3f}."
    )
    intervals = result.figures.intervals(evaluation.settings.confidence)
    yield html.chart(plots.labels(intervals), "Lines are intervals.")
    columns = ("label", "precision", "recall", "F1", "AUC", "rows")
    rows = [
        (
            label,
            *(result.figures.values[f"{label}_{it}"] for it in ("precision", "recall", "f1")),
            areas[label],
            int(result.matrix[place].sum()),
        )
        for place, label in enumerate(LABELS)
    ]
    yield html.table(columns, rows)


def _slices(evaluation: Evaluation) -> Iterator[str]:
    confidence = evaluation.settings.confidence
    champion = evaluation.champion.slices if evaluation.champion else ()
    reigning = {it.source: it.figures.interval(FIGURE, confidence) for it in champion}
    yield html.heading("By source")
    columns = ["source", "rows", *LABELS, "macro-F1", "accuracy"]
    rows: list[tuple[object, ...]] = []
    for it in evaluation.chosen.slices:
        name = it.source or "(none)"
        row: tuple[object, ...] = (
            name if it.gating else f"{name} (small)",
            it.rows,
            *it.labels.values(),
            _range(it.figures.interval(FIGURE, confidence)),
            it.figures.values["accuracy"],
        )
        rows.append((*row, _range(reigning[it.source])) if champion else row)
    yield html.table([*columns, "champion's macro-F1"] if champion else columns, rows)
    yield html.paragraph(
        f"A source with fewer than {GATING_ROWS} rows is reported and not judged by the gate."
    )


def _mistakes(evaluation: Evaluation) -> Iterator[str]:
    test, probabilities = evaluation.test, evaluation.chosen.test.probabilities
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    wrong = np.flatnonzero(predicted != test.truth)
    worst = wrong[np.argsort(-confidence[wrong], kind="stable")][:MISTAKES]
    yield html.heading("Most confident mistakes")
    rows = [
        (
            _shortened(test.texts[row]),
            LABELS[test.truth[row]],
            LABELS[predicted[row]],
            float(confidence[row]),
            str(test.sources[row]),
        )
        for row in worst
    ]
    yield html.table(("text", "label", "predicted", "confidence", "source"), rows)


def _tiles(evaluation: Evaluation) -> str:
    figures = evaluation.chosen.test.figures
    tiles = "".join(
        f'<div class="tile"><b>{it.value:.3f}</b> {title}<br>'
        f"<small>{it.low:.3f} to {it.high:.3f}</small></div>"
        for name, title in TILES.items()
        for it in (figures.interval(name, evaluation.settings.confidence),)
    )
    return f'<style>{TILE_STYLE}</style><div class="tiles">{tiles}</div>'


def _outcome(passed: bool) -> str:
    return "✓\u00a0passed" if passed else "✗\u00a0failed"


def _colour(evaluation: Evaluation, result: ModelResult) -> str:
    if result is evaluation.champion:
        return plots.CHAMPION
    return plots.CHOSEN if result is evaluation.chosen else plots.OTHER


def _range(interval: Interval) -> str:
    text = f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"
    return text.replace(" ", "\u00a0")  # a figure and its interval stay on one line


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
