"""The table of rules: of each its threshold, the figure found, and what came of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from sentiment_validate.anomalies import Anomaly, Distance, Severity
from sentiment_validate.crosschecks import class_counts
from sentiment_validate.examples import FLAGS
from sentiment_validate.judgement import Judgement
from sentiment_validate.rules import BY_NAME, RULES, Policy
from sentiment_validate.schema import NamedSchema
from sentiment_validate.tfdv_checks import OF_COLUMN

NONE = "none"
FLAG_OF = {OF_COLUMN[flag]: flag for flag in FLAGS}


@dataclass(frozen=True)
class Outcome:
    """What came of one rule.

    Attributes:
        rule: Its name.
        threshold: What is tolerated.
        figure: What was found, the worst of all splits.
        severity: ``error`` or ``warning``.
        result: ``passed``, ``refused``, ``warned`` or ``accepted``.
        remedy: What to do where it fired.
        reason: Why an error was accepted.
    """

    rule: str
    threshold: str
    figure: str
    severity: Severity
    result: str
    remedy: str
    reason: str = ""


def outcomes(judged: Judgement) -> list[Outcome]:
    """Returns what came of every rule, in the order of the registry."""
    table = []
    tolerated = thresholds(judged.schema, judged.policy)
    for rule in RULES:
        fired = [item for item in judged.anomalies if item.rule == rule.name]
        table.append(
            Outcome(
                rule.name,
                tolerated[rule.name],
                _FIGURES.get(rule.name, _places)(judged, rule.name, fired),
                judged.policy.severity(rule.name),
                _result(fired, rule.name in judged.accepted),
                rule.remedy,
                judged.accepted.get(rule.name, ""),
            )
        )
    return table


def record(judged: Judgement) -> dict[str, Any]:
    """Returns the content of ``anomalies.json``."""
    return {**judged.summary(), "rules": [asdict(item) for item in outcomes(judged)]}


def _result(fired: Iterable[Anomaly], accepted: bool) -> str:
    severities = {item.severity for item in fired}
    if "error" in severities:
        return "accepted" if accepted else "refused"
    return "warned" if severities else "passed"


def thresholds(schema: NamedSchema, policy: Policy) -> dict[str, str]:
    """Returns what each rule tolerates, in words, from the schema or the file of rules."""
    near, few = "near_duplicate", "too_few_of_class"
    alike = policy.setting(near, "similarity")
    splits = (f"{split} {policy.setting(few, split):g}" for split in BY_NAME[few].settings)
    bounds = schema.bounds()
    said = {
        **{rule: _percent(schema.tolerance(flag)) for rule, flag in FLAG_OF.items()},
        near: f"{_percent(policy.setting(near, 'max_share'))}, from {alike:.0%} of the words on",
        few: ", ".join(splits),
        "class_imbalance": _percent(policy.setting("class_imbalance", "min_share")),
        "too_few_rows": f"{schema.proto.dataset_constraints.min_examples_count:,}",
        "skew": _listed(schema.comparators("skew")),
        "drift": _listed(schema.comparators("drift")),
        "out_of_range": _listed({k: v for k, v in bounds.items() if k not in OF_COLUMN}),
        "text_length": _listed({k: v for k, v in bounds.items() if k in OF_COLUMN}),
    }
    return {rule.name: said.get(rule.name, NONE) for rule in RULES}


def _listed(named: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in named.items()) or NONE


def _percent(share: float) -> str:
    return f"{share:.2%}"


def _places(judged: Judgement, rule: str, fired: list[Anomaly]) -> str:
    places = dict.fromkeys(f"{item.column or 'rows'} in {item.split}" for item in fired)
    return ", ".join(places) or NONE


def _flagged(judged: Judgement, rule: str, fired: list[Anomaly]) -> str:
    column = FLAG_OF[rule]
    shares = {
        split: float((frame[column] == "yes").mean()) if len(frame) else 0.0
        for split, frame in judged.frames.items()
        if column in frame
    }
    return _worst(shares)


def _near(judged: Judgement, rule: str, fired: list[Anomaly]) -> str:
    frames = judged.frames
    return _worst({s: len(found) / len(frames[s]) for s, found in judged.twins.items() if found})


def _worst(shares: Mapping[str, float]) -> str:
    split = max(shares, key=shares.__getitem__, default="")
    return f"{_percent(shares[split])} in {split}" if split and shares[split] else _percent(0)


def _fewest_of_class(judged: Judgement, rule: str, fired: list[Anomaly]) -> str:
    counts = class_counts(judged.frames, judged.schema.domain("label"))
    fewest = {split: min(row.values()) for split, row in counts.items() if row}
    return ", ".join(f"{split} {number:,}" for split, number in fewest.items()) or NONE


def _rarest(judged: Judgement, rule: str, fired: list[Anomaly]) -> str:
    counts = class_counts(judged.frames, judged.schema.domain("label")).get("train", {})
    if not counts:
        return NONE
    label = min(counts, key=counts.__getitem__)
    return f"{_percent(counts[label] / len(judged.frames['train']))} {label}"


def _fewest_rows(judged: Judgement, rule: str, fired: list[Anomaly]) -> str:
    sizes = {split: len(frame) for split, frame in judged.frames.items()}
    split = min(sizes, key=sizes.__getitem__)
    return f"{sizes[split]:,} in {split}"


def _ranges(judged: Judgement, rule: str, fired: list[Anomaly]) -> str:
    ranges = {}
    for column in judged.schema.bounds():
        columns = [frame[column] for frame in judged.frames.values() if column in frame]
        if columns and (column in OF_COLUMN) == (rule == "text_length"):
            values = pd.to_numeric(pd.concat(columns), errors="coerce").dropna()
            if len(values):
                ranges[column] = f"{values.min():g} to {values.max():g}"
    return _listed(ranges)


def _farthest(judged: Judgement, rule: str, fired: list[Anomaly]) -> str:
    if rule == "drift" and not judged.compared:
        return "no earlier data"
    far: dict[str, Distance] = {}
    for item in judged.distances:
        if item.rule == rule and item.value >= getattr(far.get(item.column), "value", 0.0):
            far[item.column] = item
    return _listed({name: f"{item.value:.3f}" for name, item in far.items()})


_FIGURES: Mapping[str, Callable[[Judgement, str, list[Anomaly]], str]] = {
    **dict.fromkeys(FLAG_OF, _flagged),
    "near_duplicate": _near,
    "too_few_of_class": _fewest_of_class,
    "class_imbalance": _rarest,
    "too_few_rows": _fewest_rows,
    "out_of_range": _ranges,
    "text_length": _ranges,
    "skew": _farthest,
    "drift": _farthest,
}
