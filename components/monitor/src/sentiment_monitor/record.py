"""``decision.json``: what other stages and people read of a window."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np

from sentiment_monitor.history import SCHEMA_VERSION
from sentiment_monitor.watching import Outcome
from sentiment_monitor.window import Window

DIGITS = 10
"""Significant ones: the last bits of a sum are the machine's."""


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Returns what ``decision.json`` holds."""
    window, decision = outcome.window, outcome.decision
    said = {
        "schema_version": SCHEMA_VERSION,
        "decision": decision.decision,
        "reasons": decision.reasons,
        "follow": decision.follow,
        "window": {
            "since": iso(window.since), "until": iso(window.until), "model": window.model,
            "digest": window.digest, "rows": len(window.answers), "texts": len(window.texts),
            "text_kept": dict(sorted(window.text_kept.items())), "variants": _variants(window),
        },
        "findings": [asdict(it) for it in decision.findings],
        "signals": [asdict(it) for it in outcome.signals],
        "quality": {
            "feedback": asdict(outcome.quality) if outcome.quality else None,
            "estimate": asdict(outcome.estimate) if outcome.estimate else None,
            "baseline": asdict(outcome.baseline) if outcome.baseline else None,
        },
        "policy": {"name": outcome.policy.name, "settings": outcome.policy.settings},
        "log": _log(window),
        "earlier_windows": len(outcome.past),
    }  # fmt: skip
    return dict(rounded(said))


def iso(moment: float) -> str:
    """Returns a time as ISO 8601 in UTC."""
    said = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return said.replace(".000+00:00", "Z").replace("+00:00", "Z")


def rounded(value: Any) -> Any:
    """Returns plain JSON, its numbers rounded; a number that is none becomes null."""
    if isinstance(value, Mapping):
        return {str(name): rounded(it) for name, it in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(it) for it in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value


def _variants(window: Window) -> dict[str, int]:
    counts = np.bincount(window.answers.variant, minlength=len(window.variants)).tolist()
    return {name: count for name, count in zip(window.variants, counts, strict=True) if count}


def _log(window: Window) -> dict[str, Any]:
    account, doubts = window.account, window.doubts
    return {
        "lost": account.lost, "dropped": dict(sorted(account.dropped.items())),
        "pending": account.pending, "cut_lines": account.cut_lines, "damaged": doubts.damaged,
        "unknown_ends": account.unknown, "shadows": doubts.shadows,
        "other_models": dict(sorted(doubts.models.items())), "disordered": doubts.disordered,
        "future": doubts.future, "unknown_labels": doubts.labels, "unmatched": doubts.unmatched,
    }  # fmt: skip
