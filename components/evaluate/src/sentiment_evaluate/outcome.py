"""What an evaluation comes to, as plain data: ``evaluation.json`` and all that follows from it.

Nothing here needs numpy, so that an outcome which is known already can be written at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from sentiment_common.artifacts import Manifest
from sentiment_models import LABELS

BLESSED, REFUSED, ALREADY_CHAMPION = "blessed", "refused", "already-champion"
AGAINST_POLICY, AGAINST_CHAMPION = "policy", "champion"
FIGURE = "macro_f1"
HEADLINES = (FIGURE, "accuracy")
ANSWERS = 64
"""Rows of the test split whose probabilities are kept: push holds the bundle against them."""

DECIMALS_OF = {"linear": 12}
OTHER_DECIMALS = 6
"""Of those probabilities, by backend: what is computed in single precision has no more."""

LIBRARIES = ("google-re2", "numpy", "onnxruntime", "tensorflow-cpu", "tokenizers")


@dataclass(frozen=True)
class Outcome:
    """Everything the stage writes.

    Attributes:
        evaluation: Content of ``evaluation.json``.
        blessing: Content of ``blessing.json``.
        report: The page a person reads.
        costs: What each model costs, by role: it varies from run to run, so it is no payload.
        measured: The figures of the rules about costs, by rule; empty where nothing was measured.
    """

    evaluation: Mapping[str, Any]
    blessing: Mapping[str, Any]
    report: str
    costs: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    measured: Mapping[str, float] = field(default_factory=dict)


def libraries() -> dict[str, str]:
    """Returns the versions of the libraries that decide the figures."""
    return {name: version(name) for name in LIBRARIES}


def chosen(evaluation: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the entry of the chosen candidate."""
    return next(entry for entry in evaluation["models"] if entry["chosen"])


def champion(evaluation: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Returns the entry of the champion, if there was one."""
    return next((it for it in evaluation["models"] if it["role"] == "champion"), None)


def blessing(evaluation: Mapping[str, Any], training: Manifest, reason: str) -> dict[str, Any]:
    """Returns ``blessing.json``: the verdict, the rules, and the figures behind them.

    Args:
        evaluation: Content of ``evaluation.json``.
        training: Manifest of the chosen candidate; the copy's own names this stage.
        reason: Why the verdict is what it is.
    """
    candidate, reigning = chosen(evaluation), champion(evaluation)
    candidates = [it for it in evaluation["models"] if it is not reigning]
    return {
        "verdict": evaluation["verdict"],
        "reason": reason,
        "forced": evaluation["forced"],
        "candidate": candidate["model"],
        "candidate_digest": candidate["digest"],
        "training": {
            "producer": training.producer,
            "producer_version": training.producer_version,
            "code": training.code,
            "inputs": dict(training.inputs),
            "parameters": dict(training.parameters),
        },
        "champion": reigning["model"] if reigning else None,
        "champion_digest": reigning["digest"] if reigning else None,
        "rules": evaluation["rules"],
        "selection": {
            "split": "validation",
            "figure": FIGURE,
            "values": {it["name"]: _value(it, "validation") for it in candidates},
            **evaluation["selection"],
        },
        "policy": evaluation["policy"],
        "metrics": candidate["test"]["metrics"],
        "answers": candidate["answers"],
        "slices": [
            {**it, "metrics": {name: it["metrics"][name] for name in HEADLINES}}
            for it in candidate["slices"]
        ],
        "rows": evaluation["rows"],
        "intervals": evaluation["intervals"],
    }


def scalars(evaluation: Mapping[str, Any]) -> dict[str, float]:
    """Returns the defined figures of the chosen model, flat, for Kubeflow and the tracker."""
    candidate, reigning = chosen(evaluation), champion(evaluation)
    figures = candidate["test"]["metrics"]
    values = {
        **{name: figure["value"] for name, figure in figures.items()},
        f"{FIGURE}_low": figures[FIGURE]["low"],
        f"{FIGURE}_high": figures[FIGURE]["high"],
        f"validation_{FIGURE}": _value(candidate, "validation"),
        f"champion_{FIGURE}": _value(reigning, "test") if reigning else None,
    }
    return {name: value for name, value in values.items() if value is not None}


def cost_scalars(costs: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Returns the costs flat, for the tracker: ``candidate_single_ms_p50`` and so on."""
    return {f"{role}_{name}": value for role, it in costs.items() for name, value in it.items()}


def kubeflow_classification(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what ``dsl.ClassificationMetrics`` would hold, for Kubeflow's interface to draw.

    It is the chosen model's confusion matrix, and the ROC curve of negative against the rest, if
    there is one.
    """
    result = chosen(evaluation)["test"]
    found: dict[str, Any] = {
        "confusionMatrix": {
            "annotationSpecs": [{"displayName": label} for label in LABELS],
            "rows": [{"row": row} for row in result["confusion_matrix"]],
        }
    }
    if curve := result["roc_curves"].get("negative"):
        points = zip(curve["threshold"], curve["recall"], curve["false_positive_rate"], strict=True)
        found["confidenceMetrics"] = [
            {"confidenceThreshold": threshold, "recall": recall, "falsePositiveRate": rate}
            for threshold, recall, rate in points
        ]
    return found


def _value(entry: Mapping[str, Any], split: str) -> float | None:
    value: float | None = entry[split]["metrics"][FIGURE]["value"]
    return value
