"""The comparison itself: every contender on the same rows, the choice, and the verdict.

The candidate is chosen by macro-F1 on the validation split and judged on the test split: a figure
that was used to choose would flatter the chosen one.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentiment_evaluate import metrics
from sentiment_evaluate.contenders import Contender, trained_apart
from sentiment_evaluate.examples import Split
from sentiment_evaluate.gate import Judged, Verdict, judge
from sentiment_evaluate.metrics import Curve, Floats, ReliabilityBin
from sentiment_evaluate.outcome import FIGURE, libraries
from sentiment_evaluate.resampling import Bootstrap, Figures, resampling_units
from sentiment_evaluate.scoring import Scores, score
from sentiment_evaluate.slices import Slice, by_source

logger = logging.getLogger(__name__)
DECIMALS = 6


@dataclass(frozen=True)
class Settings:
    """How to compare.

    Attributes:
        min_macro_f1: Floor of the gate.
        confidence: Level of every interval.
        bootstrap: Resamples and seed.
    """

    min_macro_f1: float
    confidence: float
    bootstrap: Bootstrap


@dataclass(frozen=True)
class SplitResult:
    """One model on one split.

    Attributes:
        probabilities: [n, 3].
        figures: Every figure and its resamples.
        matrix: Confusion matrix [3, 3], rows are the truth.
        curves: ROC curve per label.
        reliability: Bins of the reliability diagram.
    """

    probabilities: Floats
    figures: Figures
    matrix: NDArray[np.int64]
    curves: Mapping[str, Curve]
    reliability: Sequence[ReliabilityBin]


@dataclass(frozen=True)
class ModelResult:
    """One model on both splits."""

    contender: Contender
    validation: SplitResult
    test: SplitResult
    slices: Sequence[Slice]
    milliseconds_per_text: float

    @property
    def judged(self) -> Judged:
        """What the gate sees of it."""
        return Judged(self.contender.digest, self.test.figures, self.slices)


@dataclass(frozen=True)
class Evaluation:
    """Everything that was found out.

    Attributes:
        results: Candidates in the order given, then the champion if there is one.
        chosen: The candidate with the best macro-F1 on the validation split.
        champion: The champion's result.
        verdict: What the gate said of the chosen candidate.
        validation: The rows it was chosen on.
        test: The rows it was judged on.
        settings: How it was compared.
        warning: What makes the comparison doubtful, if anything.
    """

    results: Sequence[ModelResult]
    chosen: ModelResult
    champion: ModelResult | None
    verdict: Verdict
    validation: Split
    test: Split
    settings: Settings
    warning: str


def evaluate(
    candidates: Sequence[Contender],
    champion: Contender | None,
    validation: Split,
    test: Split,
    settings: Settings,
) -> Evaluation:
    """Scores and measures every contender, chooses among the candidates and judges the choice.

    Raises:
        InputError: A bundle cannot be loaded or gives no probabilities.
    """
    warning = trained_apart(candidates)
    if warning:
        logger.warning("%s", warning)
    contenders = [*candidates, *([champion] if champion else [])]
    scores: dict[str, Scores] = {}
    for contender in contenders:
        # The champion may be among the candidates; scoring it twice would say nothing new.
        if contender.digest not in scores:
            scores[contender.digest] = score(contender, validation, test)
    logger.info("measuring, with %d resamples", settings.bootstrap.samples)
    results = [
        _measured(contender, scores[contender.digest], validation, test, settings.bootstrap)
        for contender in contenders
    ]
    chosen = max(
        results[: len(candidates)], key=lambda result: result.validation.figures.values[FIGURE]
    )
    reigning = results[-1] if champion else None
    verdict = judge(
        chosen.judged,
        reigning.judged if reigning else None,
        settings.min_macro_f1,
        settings.confidence,
    )
    return Evaluation(results, chosen, reigning, verdict, validation, test, settings, warning)


def _measured(
    contender: Contender, scores: Scores, validation: Split, test: Split, bootstrap: Bootstrap
) -> ModelResult:
    return ModelResult(
        contender,
        _split_result(validation, scores.validation, bootstrap),
        _split_result(test, scores.test, bootstrap),
        by_source(test, scores.test, bootstrap),
        scores.milliseconds_per_text,
    )


def _split_result(split: Split, probabilities: Floats, bootstrap: Bootstrap) -> SplitResult:
    ones = np.ones((1, len(split)))
    return SplitResult(
        probabilities,
        bootstrap.measure(split.truth, probabilities, split.groups),
        metrics.confusion(split.truth, probabilities.argmax(axis=1), ones)[0].astype(np.int64),
        metrics.curves(split.truth, probabilities),
        metrics.reliability(split.truth, probabilities),
    )


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Returns ``evaluation.json``; times and sizes are left out, so that it can be repeated."""
    confidence = evaluation.settings.confidence
    models = [
        {
            **_identity(result.contender),
            "chosen": result is evaluation.chosen,
            "validation": _split_as_json(result.validation, confidence),
            "test": _split_as_json(result.test, confidence),
            "slices": [_slice_as_json(item, confidence) for item in result.slices],
        }
        for result in evaluation.results
    ]
    value = {
        "models": models,
        **_conditions(evaluation),
        "rules": [asdict(rule) for rule in evaluation.verdict.rules],
        "verdict": evaluation.verdict.verdict,
        "libraries": libraries(),
    }
    return dict(_plain(value))


def costs(evaluation: Evaluation) -> dict[str, float]:
    """Returns what each model costs: it varies from run to run, so no artifact records it."""
    return {
        f"{result.contender.role}_{name}": value
        for result in evaluation.results
        for name, value in (
            ("milliseconds_per_text", result.milliseconds_per_text),
            ("megabytes", result.contender.size / 1e6),
        )
    }


def _identity(contender: Contender) -> dict[str, Any]:
    return {
        "role": contender.role,
        "name": contender.name,
        "model": contender.model,
        "digest": contender.digest,
    }


def _conditions(evaluation: Evaluation) -> dict[str, Any]:
    test, settings = evaluation.test, evaluation.settings
    units = len(np.unique(resampling_units(test.groups)))
    return {
        "rows": {"validation": len(evaluation.validation), "test": len(test)},
        "intervals": {
            "confidence": settings.confidence,
            "samples": settings.bootstrap.samples,
            "seed": settings.bootstrap.seed,
            "test_units": units,
        },
    }


def _split_as_json(result: SplitResult, confidence: float) -> dict[str, Any]:
    curves = {
        label: {
            "false_positive_rate": curve.false_positive_rate.tolist(),
            "recall": curve.recall.tolist(),
            "threshold": curve.threshold.tolist(),
        }
        for label, curve in result.curves.items()
    }
    return {
        "metrics": _intervals(result.figures, confidence),
        "confusion_matrix": result.matrix.tolist(),
        "roc_curves": curves,
        "reliability": [asdict(item) for item in result.reliability],
    }


def _slice_as_json(item: Slice, confidence: float) -> dict[str, Any]:
    return {
        "source": item.source,
        "rows": item.rows,
        "labels": item.labels,
        "gating": item.gating,
        "metrics": _intervals(item.figures, confidence),
    }


def _intervals(figures: Figures, confidence: float) -> dict[str, dict[str, float]]:
    return {name: asdict(it) for name, it in figures.intervals(confidence).items()}


def _plain(value: Any) -> Any:
    """Rounds, and writes an undefined figure as null: NaN is not JSON."""
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, DECIMALS)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
