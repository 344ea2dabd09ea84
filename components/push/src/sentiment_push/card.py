"""The model card: what the model is, what it was measured on, and where it should not be trusted.

Sections follow Mitchell et al., Model Cards for Model Reporting, 2019.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment_common.artifacts import EXAMPLES, Source, read_manifest
from sentiment_push.blessing import Blessed

FIGURES = {
    "macro_f1": "macro-F1",
    "accuracy": "accuracy",
    "auc_ovr_macro": "AUC, one label against the rest, macro average",
    "expected_calibration_error": "expected calibration error",
    "negative_precision": "precision, negative",
    "negative_recall": "recall, negative",
    "negative_f1": "F1, negative",
    "neutral_f1": "F1, neutral",
    "positive_f1": "F1, positive",
}
MANY = ("slices", "out_of_domain", "behaviour")
"""Sections of the policy with a rule for each slice, source or capability."""

CHAMPION = "champion"
NOT_MEASURED = "Not measured."
MOVED = """

It was pushed to meet live traffic as `{alias}`, and has this alias until another model gets it."""
LIMITS = """\
- Single English texts, a sentence to a few paragraphs. Other languages get an answer, and it means
  nothing.
- The figures hold for texts like the test rows. Expect less on other channels and products, and
  measure there before relying on it.
- Irony, comparisons ("better than the last one, which is not saying much") and mixed opinions are
  where it errs. Neutral is the hardest label.
- Probabilities are calibrated on data of the same kind; with another share of complaints they are
  off.
- It rates texts, not people: not for decisions about the person who wrote one.
"""


@dataclass(frozen=True)
class Published:
    """What the card says of where the model is published.

    Attributes:
        registered_model: Name in the registry.
        alias: Alias it is loaded by.
        license: Of the model, in the words of who publishes it; empty if nobody said.
    """

    registered_model: str
    alias: str
    license: str = ""


def render(blessed: Blessed, examples: Path, published: Published) -> str:
    """Returns the card as Markdown; equal inputs give equal text.

    Args:
        blessed: The model and its blessing.
        examples: The examples artifact it was evaluated on.
        published: Where the model is published.
    """
    summary = json.loads((examples / "summary.json").read_text(encoding="utf-8"))
    facts, chosen = blessed.blessing, _chosen(blessed)
    sections = (
        f"# {published.registered_model}: {blessed.name}\n\n{description(blessed)}",
        "## What it is\n\n" + _what(blessed, published.license),
        "## Data\n\n" + _data(summary, read_manifest(examples, EXAMPLES).sources),
        "## Figures on the test split\n\n" + _figures(facts),
        "## On parts of the test split\n\n" + _slices(facts["slices"]),
        "## On texts it was not trained for\n\n" + _slices(chosen.get("out_of_domain", ())),
        "## Behaviour\n\n" + _behaviour(chosen.get("behaviour", ())),
        "## Calibration\n\n" + _calibration(chosen["test"].get("reliability", ())),
        "## Compared with\n\n" + _comparison(blessed),
        "## The gate\n\n" + _gate(blessed),
        "## Limits\n\n" + LIMITS.rstrip("\n"),
        "## How to load it\n\n" + _loading(published.registered_model, published.alias),
    )
    return "\n\n".join(sections) + "\n"


def description(blessed: Blessed) -> str:
    """Returns the card's first paragraph, which the registry shows as well."""
    figure = _interval(blessed.blessing["metrics"]["macro_f1"])
    rows = blessed.blessing["rows"]["test"]
    return (
        f"Sentiment of customer feedback: negative, neutral or positive, from raw text. "
        f"Macro-F1 {figure} on {rows:,} test rows." + _forced(blessed)
    )


def _forced(blessed: Blessed) -> str:
    """Returns who promotes it against the gate: whoever loads the model should know first."""
    if not blessed.forced:
        return ""
    return f" Promoted against the gate by {blessed.forced['by']}: {blessed.forced['reason']}."


def _chosen(blessed: Blessed) -> Mapping[str, Any]:
    models: Sequence[Mapping[str, Any]] = blessed.evaluation["models"]
    return next(it for it in models if it["chosen"])


def _what(blessed: Blessed, license: str) -> str:
    training = blessed.blessing["training"]
    lines = [
        f"- model: {blessed.name}, made by {training['producer']} {training['producer_version']}",
        f"- bundle: `{blessed.manifest.digest}`",
        f"- license: {license or 'not stated; that of the training data applies to it as well'}",
        *(f"- made from {name}: `{digest}`" for name, digest in sorted(training["inputs"].items())),
        *(f"- {name}: `{value}`" for name, value in sorted(training["parameters"].items())),
    ]
    return "\n".join(lines)


def _data(summary: Mapping[str, Any], sources: Sequence[Source]) -> str:
    splits = ("train", "validation", "test")
    rows = [
        (split, summary["rows"][split], _counts(summary["labels"][split]),
         _counts(summary["sources"].get(split, {})))
        for split in splits
    ]  # fmt: skip
    kept = f"{summary['rows']['read']:,} rows read, {summary['rows']['kept']:,} kept."
    # The folder a file lay in is nobody's business who reads the card; the digest tells it apart.
    files = "\n".join(f"- `{it.uri.rpartition('/')[2]}`: `sha256:{it.sha256}`" for it in sources)
    table = _table(("split", "rows", "labels", "sources"), rows)
    return "\n\n".join(part for part in (kept, files, table) if part)


def _figures(facts: Mapping[str, Any]) -> str:
    confidence = facts["intervals"]["confidence"]
    metrics = facts["metrics"]
    rows = [(title, _interval(metrics[name])) for name, title in FIGURES.items()]
    return _table(("figure", f"value ({confidence:.0%} bootstrap interval)"), rows)


def _slices(slices: Sequence[Mapping[str, Any]]) -> str:
    if not slices:
        return NOT_MEASURED
    rows = [
        (it["name"], it["rows"], _interval(it["metrics"]["macro_f1"]),
         _interval(it["metrics"]["accuracy"]))
        for it in slices
    ]  # fmt: skip
    return _table(("rows with", "rows", "macro-F1", "accuracy"), rows)


def _behaviour(capabilities: Sequence[Mapping[str, Any]]) -> str:
    if not capabilities:
        return NOT_MEASURED
    rows = [(it["name"], it["cases"], f"{it['failure_rate']:.1%}") for it in capabilities]
    return (
        "What every model of opinions should do, as cases it passes or fails (after Ribeiro et "
        "al., Beyond Accuracy, 2020).\n\n" + _table(("capability", "cases", "failed"), rows)
    )


def _calibration(bins: Sequence[Mapping[str, Any]]) -> str:
    if not bins:
        return NOT_MEASURED
    rows = [
        (it["rows"], f"{it['confidence']:.3f}", f"{it['accuracy']:.3f}")
        for it in bins
        if it["rows"]
    ]
    return (
        "Of the answers with about the same probability, the share that is right should be that "
        "probability.\n\n" + _table(("test rows", "mean probability", "right"), rows)
    )


def _comparison(blessed: Blessed) -> str:
    models = blessed.evaluation["models"]
    reason = blessed.blessing["selection"].get("reason", "")
    rows = [
        (it["name"], "yes" if it["chosen"] else "no", *(
            _interval(it[split]["metrics"]["macro_f1"]) for split in ("validation", "test")
        ))
        for it in models
    ]  # fmt: skip
    table = _table(("model", "chosen", "macro-F1, validation", "macro-F1, test"), rows)
    return f"{table}\n\nChosen because its {reason}." if reason else table


def _gate(blessed: Blessed) -> str:
    rules = blessed.blessing["rules"]
    told = [it for it in rules if not _one_of_many(it)]
    many = Counter(it["section"] for it in rules if _one_of_many(it))
    lines = [
        *(f"- {'passed' if it['passed'] else 'failed'}: {it['reason']}" for it in told),
        *(
            f"- passed: in none of {count} comparisons worse than the champion beyond doubt "
            f"({section.replace('_', ' ')})"
            for section, count in many.items()
        ),
    ]
    forced = _forced(blessed).strip()
    return "\n".join([f"{forced}\n", *lines] if forced else lines)


def _one_of_many(rule: Mapping[str, Any]) -> bool:
    """Whether nobody misses the rule: it passed, like dozens of others on other slices."""
    return rule["passed"] and rule.get("against") == "champion" and rule["section"] in MANY


def _loading(registered_model: str, alias: str) -> str:
    uri = f"models:/{registered_model}@{alias}"
    moved = "" if alias == CHAMPION else MOVED.format(alias=alias)
    return f"""\
```python
import mlflow

model = mlflow.pyfunc.load_model("{uri}")
model.predict(["The battery died after two days."])
```

Or over HTTP: `mlflow models serve -m "{uri}"`, then
`curl localhost:5000/invocations --json '{{"inputs": ["Works great."]}}'`.
Each answer has `label` and the probabilities `negative`, `neutral` and `positive`.{moved}"""


def _interval(figure: Mapping[str, float | None]) -> str:
    if figure["value"] is None:
        return "undefined"
    return f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines)


def _cell(value: object) -> str:
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return " ".join(text.replace("|", "\\|").split()) or "(none)"
