"""Watches a model: all detectors on one window, and what follows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sentiment_models import reference as references
from sentiment_models.bundle import read_bundle, read_specification
from sentiment_models.reference import Examiner, Reference
from sentiment_monitor import (
    decision,
    divergence,
    history,
    label_shift,
    quality_findings,
    signals,
    terms,
)
from sentiment_monitor.estimate import Estimate, estimate
from sentiment_monitor.findings import Decision, Finding, Signal
from sentiment_monitor.history import Past
from sentiment_monitor.policy import Policy
from sentiment_monitor.quality import Quality, measure
from sentiment_monitor.quality_findings import Baseline
from sentiment_monitor.terms import Change
from sentiment_monitor.window import Window

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Outcome:
    """What is known of a window in the end.

    Attributes:
        window: The window.
        decision: What should follow, with its findings.
        signals: Counts of the window and of the reference; empty without a reference.
        changes: Words whose shares have changed, those that surprise most first.
        quality: What feedback says; None without answers.
        estimate: What can be said without feedback; None without a reference or answers.
        baseline: What accuracy is held against.
        policy: What was decided by.
        past: Earlier windows, the oldest first.
    """

    window: Window
    decision: Decision
    signals: tuple[Signal, ...]
    changes: tuple[Change, ...]
    quality: Quality | None
    estimate: Estimate | None
    baseline: Baseline | None
    policy: Policy
    past: tuple[Past, ...]


@dataclass(frozen=True)
class Known:
    """What a window is held against.

    Attributes:
        reference: Of the bundle; None if it has none.
        examiner: Makes words of texts as the model does.
        training: Texts of the train split; empty without examples.
        baseline: The accuracy that the model was known to have.
    """

    reference: Reference | None
    examiner: Examiner
    training: Sequence[str]
    baseline: Baseline | None


def known_of(
    model: Path, digest: str, examples: Path | None, evaluation: Path | None, policy: Policy
) -> Known:
    """Reads what a window is held against.

    Args:
        model: The bundle's folder.
        digest: Its digest.
        examples: Of the model's training, if given.
        evaluation: In which it was judged, if given.
        policy: Says how many texts are looked at.

    Raises:
        InputError: One of them is damaged, or the evaluation is of other models.
    """
    reference = references.read(model)
    specification = read_specification(model, read_bundle(model))
    return Known(
        reference, Examiner(specification, reference.terms if reference else ()),
        _training(examples, policy) if examples else (),
        quality_findings.baseline(reference, digest, evaluation),
    )  # fmt: skip


def _training(examples: Path, policy: Policy) -> Sequence[str]:
    from sentiment_monitor.domain import training_texts  # with scikit-learn and Parquet: seconds

    return training_texts(examples, policy.count("texts"))


def watch(
    window: Window, known: Known, policy: Policy, past: Sequence[Past],
    more: Sequence[Finding] = (),
) -> Outcome:  # fmt: skip
    """Runs the detectors and decides.

    Args:
        window: The window.
        known: What it is held against.
        policy: What is decided by.
        past: Earlier windows, the oldest first.
        more: Findings of TFDV, if it was asked.
    """
    counted, changes, findings = _drift(window, known, policy)
    reliability = quality_findings.reliability(known.reference) if known.reference else None
    quality = measure(window.judgeable, window.known, reliability, CONFIDENCE)
    promised = (
        estimate(window.answers.probabilities.astype(float), reliability, CONFIDENCE)
        if reliability else None
    )  # fmt: skip
    findings += quality_findings.of_feedback(quality, known.baseline, policy)
    findings += quality_findings.of_estimate(promised, policy)
    judged = decision.judged([*findings, *more], policy.number("level"))
    placed = history.placed(judged, counted, window, past)
    return Outcome(
        window, decision.decide(window, placed, policy), tuple(counted), tuple(changes), quality,
        promised, known.baseline, policy, tuple(past),
    )  # fmt: skip


def _drift(
    window: Window, known: Known, policy: Policy
) -> tuple[list[Signal], list[Change], list[Finding]]:
    counted: list[Signal] = []
    changes: list[Change] = []
    findings: list[Finding] = []
    if reference := known.reference:
        examined = [known.examiner.examine(text) for text in window.texts]
        counted = [
            *signals.of_answers(window.answers, reference),
            *signals.of_texts(examined, reference),
        ]
        changes = terms.changes(examined, reference)
        findings = [divergence.find(it, policy, signals.WHAT[it.name]) for it in counted]
        findings += [
            label_shift.find(window.answers, reference, policy),
            terms.find(examined, reference, changes, policy),
            terms.find_new(examined, reference, policy),
        ]
    if known.training:
        from sentiment_monitor import domain

        redacted = window.text_kept["redacted"] > 0
        findings.append(domain.find(window.texts, known.training, known.examiner, policy, redacted))
    return counted, changes, findings
