"""What follows from the figures, for the registry, the tracker and Kubeflow."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sentiment_evaluate import evaluation, outcome, policy
from sentiment_evaluate.contenders import candidates, champion
from sentiment_evaluate.examples import read_split
from sentiment_evaluate.settings import Settings
from sentiment_models import LABELS


@pytest.fixture(scope="module")
def refused(
    examples: Path, good: Path, poor: Path, champion_of: Callable[..., Path]
) -> dict[str, Any]:
    """The evaluation of a poor candidate against a good champion."""
    found = evaluation.evaluate(
        candidates([("candidate", poor)]),
        champion(champion_of(good)),
        read_split(examples, "validation"),
        read_split(examples, "test"),
        Settings(policy.read("comparison.samples = 100"), seed=13),
    )
    return evaluation.as_json(found)


def test_the_scalars_are_the_chosen_models_figures_beside_the_champions(
    refused: dict[str, Any],
) -> None:
    found = outcome.scalars(refused)
    figures = outcome.chosen(refused)["test"]["metrics"]
    assert found["macro_f1"] == figures["macro_f1"]["value"] < found["champion_macro_f1"] == 1
    assert found["macro_f1_low"] <= found["macro_f1"] <= found["macro_f1_high"]
    assert found["validation_macro_f1"] == found["macro_f1"]


def test_an_undefined_figure_is_no_scalar(refused: dict[str, Any]) -> None:
    copied = json.loads(json.dumps(refused))
    outcome.chosen(copied)["test"]["metrics"]["auc_ovr_macro"]["value"] = None
    assert set(outcome.scalars(refused)) - set(outcome.scalars(copied)) == {"auc_ovr_macro"}


def test_kubeflow_gets_the_shape_of_its_own_classification_metrics(
    refused: dict[str, Any],
) -> None:
    found = outcome.kubeflow_classification(refused)
    matrix = found["confusionMatrix"]
    assert [it["displayName"] for it in matrix["annotationSpecs"]] == list(LABELS)
    assert [sum(it["row"]) for it in matrix["rows"]] == [64, 64, 64]
    points = found["confidenceMetrics"]
    assert set(points[0]) == {"confidenceThreshold", "recall", "falsePositiveRate"}
    assert (points[0]["recall"], points[-1]["recall"]) == (0, 1)
    assert (points[0]["confidenceThreshold"], points[0]["falsePositiveRate"]) == (1, 0)


def test_a_label_that_never_occurs_has_no_curve_to_draw(refused: dict[str, Any]) -> None:
    copied = json.loads(json.dumps(refused))
    del outcome.chosen(copied)["test"]["roc_curves"]["negative"]
    assert "confidenceMetrics" not in outcome.kubeflow_classification(copied)


def test_the_blessing_says_who_trained_the_candidate_from_what(
    refused: dict[str, Any], poor: Path
) -> None:
    (candidate,) = candidates([("candidate", poor)])
    found = outcome.blessing(refused, candidate.manifest, "equal is not better")
    assert (found["verdict"], found["reason"]) == ("refused", "equal is not better")
    assert (found["candidate"], found["champion"]) == ("poor", "good")
    assert found["training"]["producer"] == "test"
    assert set(found["training"]) == {
        "producer", "producer_version", "code", "inputs", "parameters",
    }  # fmt: skip
    assert found["selection"]["values"].keys() == {"poor"}
    assert found["slices"][0]["metrics"].keys() == {"macro_f1", "accuracy"}
