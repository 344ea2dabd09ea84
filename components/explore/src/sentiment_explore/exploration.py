"""The exploration: everything that stands in the page, and the record of it."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sentiment_explore import evidence as counted
from sentiment_explore import label_noise, marks, periods, repetition, suspects, terms
from sentiment_explore.columns import Column
from sentiment_explore.evidence import Doubted, Evidence, Lengths
from sentiment_explore.findings import Finding, findings, passed
from sentiment_explore.label_noise import CrossFitted, NotFitted
from sentiment_explore.reading import LABELS, SPLITS, Dropped, Integers, Rows
from sentiment_explore.settings import Settings
from sentiment_explore.suspects import Suspect
from sentiment_explore.terms import Term

MOST_SOURCES = 24
MOST_HARD = 50
LEAST_ROWS = 60
"""With fewer rows cross-fitted models say nothing."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Exploration:
    """What was found.

    Attributes:
        evidence: What was counted.
        settings: What was asked for.
        lengths: By label.
        styles: Share of texts with a mark, by mark and label.
        terms: The most telling terms of each label.
        found: What is worth a person's time, the most important first.
        passed: Checks that found nothing.
        suspects: Doubtful labels, the most doubtful first.
        hard: Rows between two labels, the closest first.
        columns: What TFDV counted; empty where it was not given.
    """

    evidence: Evidence
    settings: Settings
    lengths: Mapping[str, Lengths]
    styles: Mapping[str, Mapping[str, float]]
    terms: Mapping[str, Sequence[Term]]
    found: Sequence[Finding]
    passed: Sequence[str]
    suspects: Sequence[Suspect]
    hard: Sequence[Suspect]
    columns: Sequence[Column]


def explore(
    rows: Rows,
    summary: Mapping[str, Any],
    dropped: Dropped,
    columns: Sequence[Column],
    settings: Settings,
) -> Exploration:
    """Counts all rows; compares terms and doubts labels in a sample that leaves out the test split.

    Args:
        rows: The examples.
        summary: What ingest counted.
        dropped: What ingest left out.
        columns: What TFDV counted, if it is known.
        settings: The options.
    """
    seen = marks.mark(rows.texts)
    repeated = repetition.repetition(rows, dropped)
    logger.info("looked at %s texts", f"{len(rows):,}")
    sample = draw(rows, settings.sample_rows, settings.seed)
    texts, labels = rows.texts_at(sample), rows.labels[sample]
    counted_terms = terms.count(texts, terms.tokenizer()) if len(sample) else None
    told: Mapping[str, Sequence[Term]] = {label: [] for label in LABELS}
    if counted_terms:
        told = terms.telling(counted_terms, labels, texts, settings.top_terms)
        logger.info("compared %s terms of %s texts", f"{len(counted_terms.terms):,}",
                    f"{len(sample):,}")  # fmt: skip
    doubted = _doubt(rows, sample, counted_terms, settings)
    evidence = Evidence(rows, seen, summary, dropped, repeated, periods.timeline(rows), doubted)
    found = findings(evidence)
    return Exploration(
        evidence, settings, counted.lengths(rows, seen),
        counted.shares(rows, seen, marks.STYLES), told, found, passed(found),
        suspects.describe(rows, doubted, doubted.suspects, suspects.DOUBTFUL),
        suspects.describe(rows, doubted, doubted.hard[:MOST_HARD], suspects.HARD), columns,
    )  # fmt: skip


def draw(rows: Rows, most: int, seed: int) -> Integers:
    """Draws rows outside the test split, in their order; all of them if they are few enough."""
    places = np.flatnonzero(rows.shown)
    if len(places) <= most:
        return places
    return np.sort(np.random.default_rng(seed).choice(places, most, replace=False))


def _doubt(
    rows: Rows, sample: Integers, terms_: terms.Counted | None, settings: Settings
) -> Doubted:
    labels = rows.labels[sample]
    nobody = np.zeros(0, np.int64)
    if terms_ is None or len(sample) < LEAST_ROWS:
        why = f"fewer than {LEAST_ROWS} rows outside the test split, or none with a word in common"
        fitted: CrossFitted | NotFitted = NotFitted(why)
    else:
        fitted = label_noise.cross_fit(
            terms_.matrix, labels, rows.groups[sample], settings.folds, settings.seed
        )
    if isinstance(fitted, NotFitted):
        logger.warning("no label is doubted: %s", fitted.reason)
        return Doubted(sample, fitted, nobody, nobody, ())
    doubtful = label_noise.suspects(fitted.probabilities, labels)
    ratings = label_noise.by_rating(rows.ratings[sample], labels, fitted.likeliest)
    logger.info("macro-F1 %.3f across %s folds; %s labels are doubtful", fitted.macro_f1,
                fitted.folds, f"{len(doubtful):,}")  # fmt: skip
    return Doubted(sample, fitted, doubtful, label_noise.hard(fitted, doubtful), ratings)


def record(exploration: Exploration) -> dict[str, Any]:
    """Returns ``exploration.json``: every figure of the page, no text beyond its examples."""
    evidence = exploration.evidence
    rows = evidence.rows
    timeline = evidence.timeline
    return {
        "rows": row_counts(evidence),
        "dropped_reasons": evidence.dropped.reasons,
        "guesses": evidence.summary.get("guesses", []),
        "personal_data": evidence.summary.get("personal_data", {}),
        "labels": rows.counts(),
        "splits": {name: rows.counts(rows.splits == at) for at, name in enumerate(SPLITS)},
        "sources": counted.by_source(rows),
        "groups": len(rows.group_names),
        "timeline": asdict(timeline) if timeline else None,
        "lengths": {
            "quantiles": list(counted.QUANTILES),
            "word_edges": list(counted.WORD_EDGES),
            "labels": {label: asdict(it) for label, it in exploration.lengths.items()},
        },
        "styles": exploration.styles,
        "terms": {label: [asdict(it) for it in them] for label, them in exploration.terms.items()},
        "repetition": asdict(evidence.repetition),
        "labelling": labelling(exploration),
        "findings": [{**asdict(it), "share": round(it.share, 6)} for it in exploration.found],
        "passed": exploration.passed,
        "columns": [asdict(it) for it in exploration.columns],
    }


def row_counts(evidence: Evidence) -> dict[str, int]:
    """Returns how many rows were read, kept and dropped, and how many were compared."""
    kept, dropped = len(evidence.rows), sum(evidence.dropped.reasons.values())
    return {
        "read": kept + dropped,
        "kept": kept,
        "dropped": dropped,
        "compared": len(evidence.doubted.sample),
    }


def labelling(exploration: Exploration) -> dict[str, Any]:
    """Returns what is known of the labels' quality."""
    doubted = exploration.evidence.doubted
    fitted = doubted.fitted
    if isinstance(fitted, NotFitted):
        return {"reason": fitted.reason}
    labels = exploration.evidence.rows.labels[doubted.sample]
    return {
        "rows": len(doubted.sample),
        "folds": fitted.folds,
        "macro_f1": fitted.macro_f1,
        "f1": dict(zip(LABELS, fitted.f1, strict=True)),
        "suspects": len(doubted.suspects),
        "hard": len(doubted.hard),
        "confusion": label_noise.confusion(labels, fitted.likeliest, doubted.suspects),
        "ratings": [asdict(it) for it in doubted.ratings],
    }
