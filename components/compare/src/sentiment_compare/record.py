"""``comparison.json``: all that was found, for programs. Equal logs give equal bytes."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sentiment_compare.analysis import Analysis
from sentiment_compare.comparison import Step
from sentiment_compare.verdict import Decision, Judged
from sentiment_compare.wording import iso

DIGITS = 8


def as_json(analysis: Analysis, decision: Decision, doubts: Sequence[str]) -> dict[str, Any]:
    """Returns the content of ``comparison.json``; what is unknown is null, times are UTC."""
    settings = analysis.settings
    found = {
        "experiment": analysis.experiment.name,
        "verdict": decision.verdict,
        "challenger": decision.challenger,
        "reason": decision.reason,
        "advice": decision.advice,
        "metric": settings.metric,
        "confidence": settings.confidence,
        "margin": settings.margin,
        "least_effect": settings.least_effect,
        "begin": iso(analysis.begin),
        "end": iso(analysis.end),
        "variants": [asdict(it) for it in analysis.figures],
        "comparisons": [_comparison(analysis, it) for it in decision.challengers],
        "sample_ratio": _ratio(analysis),
        "periods": _periods(analysis),
        "stops": [{**asdict(it), "time": iso(it.time)} for it in analysis.stops],
        "shadows": _shadows(analysis),
        "feedback": _feedback(analysis),
        "log": _log(analysis),
        "doubts": list(doubts),
    }
    return dict(_plain(found))


def _comparison(analysis: Analysis, judged: Judged) -> dict[str, Any]:
    it, settled = judged.comparison, judged.comparison.settled
    rates = analysis.feedback.get(it.challenger)
    return {
        "challenger": it.challenger,
        "basis": it.basis,
        "verdict": judged.verdict,
        "reason": judged.reason,
        "confidence": 1 - it.alpha,
        "progress": it.progress,
        "settled": settled and iso(settled),
        "levels": it.now.look.levels,
        "callers_effective": it.now.look.effective,
        "feedback_rate": rates and {"levels": rates.now.look.levels, **_interval(rates.now)},
        "path": [{"time": iso(step.time), **_interval(step)} for step in it.path],
    }


def _interval(step: Step) -> dict[str, Any]:
    return {
        "judged": step.look.counts,
        "difference": step.look.difference,
        "low": step.low,
        "high": step.high,
        "p": step.p,
    }


def _ratio(analysis: Analysis) -> dict[str, Any]:
    found = asdict(analysis.ratio)
    broken = analysis.ratio.broken
    return {**found, "sound": analysis.ratio.sound, "broken": broken and iso(broken)}


def _periods(analysis: Analysis) -> list[dict[str, Any]]:
    begins = [analysis.begin, *analysis.periods.edges]
    return [
        {"begin": iso(begin), "weights": dict(weights)}
        for begin, weights in zip(begins, analysis.periods.weights, strict=True)
    ]


def _shadows(analysis: Analysis) -> dict[str, Any]:
    return {
        name: {"labels": analysis.collected.labels, "control_by_shadow": counts.tolist()}
        for name, counts in analysis.agreement.items()
    }


def _feedback(analysis: Analysis) -> dict[str, int]:
    found = analysis.judgements
    return {
        "joined": len(found.answer),
        "answers_with_feedback": int(found.first.sum()),
        "answers_without_feedback": len(analysis.collected.live) - int(found.first.sum()),
        "about_no_answer_of_this_experiment": found.unmatched,
        "of_unknown_label": found.unknown,
        "older_than_its_answer": found.skewed,
        "ambiguous": found.ambiguous,
    }


def _log(analysis: Analysis) -> dict[str, Any]:
    collected = analysis.collected
    return {
        # asdict would make a Counter of pairs out of a Counter.
        "account": {**asdict(collected.account), "dropped": dict(+collected.account.dropped)},
        "live": len(collected.live),
        "shadow": len(collected.shadow),
        "of_other_experiments_or_none": collected.elsewhere,
        "of_unknown_variants": dict(collected.strangers),
        "without_caller": collected.without_caller,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(it) for key, it in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(it) for it in value]
    if isinstance(value, float):
        return round(value, DIGITS) if math.isfinite(value) else None
    return value
