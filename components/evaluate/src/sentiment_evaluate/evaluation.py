"""The comparison itself: every contender on the same rows, the choice, and the verdict.

The candidate is chosen by macro-F1 on the validation split and judged on the test split: a figure
that was used to choose would flatter the chosen one.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sentiment_evaluate import behaviour, focus, metrics, mistakes, slices
from sentiment_evaluate.behaviour import Capability, Case
from sentiment_evaluate.contenders import Contender, trained_apart
from sentiment_evaluate.cost import Cost
from sentiment_evaluate.examples import Split
from sentiment_evaluate.gate import Verdict, behaves, judge
from sentiment_evaluate.judged import Answers, Focus, Judged
from sentiment_evaluate.metrics import Curve, Floats, ReliabilityBin
from sentiment_evaluate.mistakes import Mistake
from sentiment_evaluate.outcome import (
    ANSWERS,
    DECIMALS_OF,
    FIGURE,
    OTHER_DECIMALS,
    libraries,
)
from sentiment_evaluate.policy import Policy
from sentiment_evaluate.resampling import Bootstrap, Figures, resampling_units
from sentiment_evaluate.scoring import Scores, score
from sentiment_evaluate.selection import Choice, Offer, choose
from sentiment_evaluate.settings import Settings
from sentiment_evaluate.slices import Cut, Known, Slice

logger = logging.getLogger(__name__)
DECIMALS = 6
WORST_CASES = 3
"""Failed cases of a capability that ``evaluation.json`` quotes."""


@dataclass(frozen=True)
class Beside:
    """What models are compared on beside the validation and the test split.

    Attributes:
        known: What the slicings need beside the rows.
        out_of_domain: Rows of sources that no model was trained for.
        cases: The behavioural suite.
        suite: Which suite it is: ``auto``, or the digest of the file that adds to the shipped one.
    """

    known: Known = field(default_factory=Known)
    out_of_domain: Split | None = None
    cases: Sequence[Case] = ()
    suite: str = "auto"


NOTHING_BESIDE = Beside()


@dataclass(frozen=True)
class Rows:
    """All the rows that every model is scored on, and how they are cut."""

    validation: Split
    test: Split
    beside: Beside
    cuts: Sequence[Cut]

    @property
    def texts(self) -> dict[str, list[str]]:
        """The texts to score, by what they are for."""
        foreign, cases = self.beside.out_of_domain, self.beside.cases
        return {
            "validation": self.validation.texts,
            "test": self.test.texts,
            **({"out_of_domain": foreign.texts} if foreign else {}),
            **({"behaviour": behaviour.texts(cases)} if cases else {}),
        }


@dataclass(frozen=True)
class SplitResult:
    """One model on one split.

    Attributes:
        probabilities: [n, 3].
        figures: Every figure and its resamples.
        matrix: Confusion matrix [3, 3], rows are the truth.
        curves: ROC and precision-recall curve per label.
        reliability: Bins of the reliability diagram.
    """

    probabilities: Floats
    figures: Figures
    matrix: NDArray[np.int64]
    curves: Mapping[str, Curve]
    reliability: Sequence[ReliabilityBin]


@dataclass(frozen=True)
class ModelResult:
    """One model on all the rows.

    Attributes:
        contender: The model.
        validation: The split that the choice is made on.
        test: The split that it is judged on.
        slices: Slices of the test split.
        out_of_domain: Sources that it was not trained for.
        behaviour: What came of the behavioural suite.
        cost: Time, size and memory, as measured.
        answers: On which test rows it is right.
        focus: The same on the rows that decide; None where all do.
    """

    contender: Contender
    validation: SplitResult
    test: SplitResult
    slices: Sequence[Slice]
    out_of_domain: Sequence[Slice]
    behaviour: Sequence[Capability]
    cost: Cost
    answers: Answers
    focus: Focus | None = None

    @property
    def judged(self) -> Judged:
        """What the gate sees of it."""
        return Judged(
            self.contender.digest, self.test.figures, self.slices, self.out_of_domain,
            self.behaviour, self.cost, self.answers, self.focus,
        )  # fmt: skip

    def offer(self, champion: "ModelResult | None", policy: Policy) -> Offer:
        """Returns what the choice sees of it."""
        figure = self.validation.figures.values[FIGURE]
        well = behaves(self.judged, champion.judged if champion else None, policy)
        return Offer(self.contender.name, figure, self.contender.size, self.cost, well)


@dataclass(frozen=True)
class Evaluation:
    """Everything that was found out.

    Attributes:
        results: Candidates in the order given, then the champion if there is one.
        chosen: The candidate that was chosen.
        choice: Why it was chosen.
        champion: The champion's result.
        verdict: What the gate said of the chosen candidate.
        rows: The rows it was chosen and judged on.
        settings: How it was compared.
        warning: What makes the comparison doubtful, if anything.
        mistakes: The most confident mistakes of the chosen candidate on the test split.
    """

    results: Sequence[ModelResult]
    chosen: ModelResult
    choice: Choice
    champion: ModelResult | None
    verdict: Verdict
    rows: Rows
    settings: Settings
    warning: str
    mistakes: Sequence[Mistake]

    @property
    def validation(self) -> Split:
        """The rows that the choice was made on."""
        return self.rows.validation

    @property
    def test(self) -> Split:
        """The rows that it was judged on."""
        return self.rows.test

    @property
    def units(self) -> int:
        """How many groups of test rows are resampled."""
        return len(np.unique(resampling_units(self.test.groups)))


def evaluate(
    candidates: Sequence[Contender],
    champion: Contender | None,
    validation: Split,
    test: Split,
    settings: Settings,
    beside: Beside = NOTHING_BESIDE,
) -> Evaluation:
    """Scores and measures every contender, chooses among the candidates and judges the choice.

    Args:
        candidates: Who may be chosen.
        champion: The model in production; None before the first promotion.
        validation: The rows to choose on.
        test: The rows to judge on.
        settings: How to compare and judge.
        beside: What else to compare them on.

    Raises:
        InputError: A bundle cannot be loaded or gives no probabilities.
    """
    warning = trained_apart(candidates)
    if warning:
        logger.warning("%s", warning)
    contenders = [*candidates, *([champion] if champion else [])]
    rows = Rows(validation, test, beside, slices.cuts(test, beside.known))
    scores: dict[str, Scores] = {}
    for contender in contenders:
        # The champion may be among the candidates; scoring it twice would say nothing new.
        if contender.digest not in scores:
            scores[contender.digest] = score(contender, rows.texts, test.texts)
    logger.info("measuring, with %d resamples", settings.samples)
    bootstrap = Bootstrap(settings.samples, settings.seed)
    results = [
        _measured(contender, scores[contender.digest], rows, bootstrap, settings.policy)
        for contender in contenders
    ]
    reigning = results[-1] if champion else None
    offers = [it.offer(reigning, settings.policy) for it in results[: len(candidates)]]
    choice = choose(offers, settings.policy)
    chosen = results[choice.position]
    verdict = judge(
        chosen.judged, reigning.judged if reigning else None, settings.policy,
        withdrawn=settings.withdrawn, force=settings.force,
    )  # fmt: skip
    wrong = mistakes.worst(test, chosen.test.probabilities, chosen.contender.folder)
    return Evaluation(results, chosen, choice, reigning, verdict, rows, settings, warning, wrong)


def _measured(
    contender: Contender, scores: Scores, rows: Rows, bootstrap: Bootstrap, policy: Policy
) -> ModelResult:
    said, test, beside = scores.probabilities, rows.test, rows.beside
    foreign = beside.out_of_domain
    return ModelResult(
        contender,
        _split_result(rows.validation, said["validation"], bootstrap),
        _split_result(test, said["test"], bootstrap),
        slices.measure(test, rows.cuts, said["test"], bootstrap),
        slices.by_source(foreign, said["out_of_domain"], bootstrap) if foreign else (),
        behaviour.judge(beside.cases, said["behaviour"]) if beside.cases else (),
        scores.cost,
        Answers(said["test"].argmax(axis=1) == test.truth, test.groups),
        focus.measure(test, said["test"], bootstrap, policy.comparison.on),
    )


def _split_result(split: Split, probabilities: Floats, bootstrap: Bootstrap) -> SplitResult:
    return SplitResult(
        probabilities,
        bootstrap.measure(split.truth, probabilities, split.groups),
        metrics.confusion(split.truth, probabilities.argmax(axis=1)),
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
            "out_of_domain": [_slice_as_json(it, confidence) for it in result.out_of_domain],
            "behaviour": [_capability_as_json(it) for it in result.behaviour],
        }
        for result in evaluation.results
    ]
    value = {
        "models": models,
        **_conditions(evaluation),
        "selection": evaluation.choice.as_json(),
        "policy": evaluation.settings.policy.as_json(),
        "rules": [rule.as_json() for rule in evaluation.verdict.rules],
        "verdict": evaluation.verdict.verdict,
        "forced": evaluation.verdict.forced_as_json(),
        "libraries": libraries(),
    }
    plain = dict(_plain(value))
    for entry, result in zip(plain["models"], evaluation.results, strict=True):
        entry["answers"] = _first_answers(result)
    return plain


def _first_answers(result: ModelResult) -> list[list[float]]:
    """Returns the probabilities of the first test rows, for push to hold the bundle against."""
    decimals = DECIMALS_OF.get(result.contender.backend, OTHER_DECIMALS)
    rounded = result.test.probabilities[:ANSWERS].round(decimals)
    return [[float(value) for value in row] for row in rounded]


def costs(evaluation: Evaluation) -> dict[str, dict[str, float]]:
    """Returns what each model costs, by role: it varies from run to run, so it is no payload."""
    return {result.contender.role: asdict(result.cost) for result in evaluation.results}


def measured(evaluation: Evaluation) -> dict[str, float]:
    """Returns the figures of the rules about costs, by rule."""
    rules = evaluation.verdict.rules
    return {it.rule: it.figure for it in rules if it.measured and it.figure is not None}


def _identity(contender: Contender) -> dict[str, Any]:
    return {
        "role": contender.role,
        "name": contender.name,
        "model": contender.model,
        "digest": contender.digest,
    }


def _conditions(evaluation: Evaluation) -> dict[str, Any]:
    test, settings, beside = evaluation.test, evaluation.settings, evaluation.rows.beside
    foreign = beside.out_of_domain
    return {
        "rows": {
            "validation": len(evaluation.validation),
            "test": len(test),
            "out_of_domain": len(foreign) if foreign else 0,
        },
        "suite": beside.suite,
        "intervals": {
            "confidence": settings.confidence,
            "samples": settings.samples,
            "seed": settings.seed,
            "test_units": evaluation.units,
        },
    }


def _split_as_json(result: SplitResult, confidence: float) -> dict[str, Any]:
    curves = {
        label: {
            "false_positive_rate": curve.false_positive_rate.tolist(),
            "recall": curve.recall.tolist(),
            "precision": curve.precision.tolist(),
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
        "name": item.name,
        "rows": item.rows,
        "labels": item.labels,
        "gating": item.gating,
        "metrics": _intervals(item.figures, confidence),
    }


def _capability_as_json(item: Capability) -> dict[str, Any]:
    return {
        "name": item.name,
        "cases": item.cases,
        "failures": item.failures,
        "failure_rate": item.failure_rate,
        "worst": [
            {"texts": list(it.case.texts), "wanted": it.case.wanted, "said": it.said}
            for it in item.worst[:WORST_CASES]
        ],
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
