"""The choice is made on validation rows and the verdict on test rows."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sentiment_evaluate import evaluation, policy, report
from sentiment_evaluate.contenders import candidates, champion
from sentiment_evaluate.examples import Split, read_out_of_domain, read_split, read_words
from sentiment_evaluate.settings import Settings
from sentiment_evaluate.slices import Known
from sentiment_evaluate.suite import read_suite
from sentiment_models import load

SETTINGS = Settings(policy.read("comparison.samples=200"), seed=13)


@pytest.fixture(scope="module")
def splits(examples: Path) -> tuple[Split, Split]:
    return read_split(examples, "validation"), read_split(examples, "test")


def test_the_candidate_is_chosen_on_validation_even_if_the_test_says_otherwise(
    good: Path, poor: Path, splits: tuple[Split, Split]
) -> None:
    validation, test = splits
    # Here the labels are what the poorer model says, so that it is the better one.
    truth = load(poor).predict_proba(test.texts).argmax(axis=1)
    given = candidates([("candidate", poor), ("candidate_2", good)])
    found = evaluation.evaluate(given, None, validation, replace(test, truth=truth), SETTINGS)
    results = {it.contender.name: it.test.figures.values["macro_f1"] for it in found.results}
    assert results["good"] < results["poor"]
    assert found.chosen.contender.name == "good"


def test_the_champion_among_the_candidates_ends_in_already_champion(
    good: Path,
    poor: Path,
    splits: tuple[Split, Split],
    champion_of: Callable[[Path | None], Path],
) -> None:
    reigning = champion(champion_of(good))
    given = candidates([("candidate", poor), ("candidate_2", good)])
    found = evaluation.evaluate(given, reigning, *splits, SETTINGS)
    assert found.verdict.verdict == "already-champion"
    assert found.champion is not None
    assert found.champion.contender.role == "champion"


def test_candidates_trained_on_different_data_are_warned_of(
    good: Path, poor: Path, splits: tuple[Split, Split]
) -> None:
    given = candidates([("candidate", good), ("candidate_2", poor)])
    ours, other, ensemble = (
        replace(given[0].manifest, inputs=inputs)
        for inputs in (
            {"train_features": "sha256:ours"},
            {"train_features": "sha256:other"},
            {"model": "sha256:ours", "predictions": "sha256:ours"},
        )
    )
    together = [replace(given[0], manifest=ours), replace(given[1], manifest=ensemble)]
    apart = [together[0], replace(given[1], manifest=other)]
    assert evaluation.evaluate(together, None, *splits, SETTINGS).warning == ""
    found = evaluation.evaluate(apart, None, *splits, SETTINGS)
    assert "good, poor were trained on different data" in report.render(found)


def test_the_payload_is_strict_json_and_the_same_in_every_run(
    good: Path, poor: Path, splits: tuple[Split, Split]
) -> None:
    validation, test = splits
    negative = test.truth == 0
    only_negative = Split(
        "test",
        [text for text, kept in zip(test.texts, negative, strict=True) if kept],
        test.truth[negative],
        test.sources[negative],
        test.groups[negative],
    )
    texts = []
    for _ in range(2):
        found = evaluation.evaluate(
            candidates([("candidate", good), ("candidate_2", poor)]), None, validation,
            only_negative, SETTINGS,
        )  # fmt: skip
        value = evaluation.as_json(found)
        texts.append(json.dumps(value, allow_nan=False))
    assert texts[0] == texts[1]
    assert value["models"][0]["test"]["metrics"]["auc_ovr_macro"]["value"] is None
    assert value["models"][0]["test"]["metrics"]["accuracy"]["value"] == 1


def test_models_are_compared_on_everything_that_is_given_beside(
    good: Path, poor: Path, splits: tuple[Split, Split], examples: Path
) -> None:
    foreign = read_out_of_domain(examples, rows=90, seed=1)
    beside = evaluation.Beside(Known(read_words(examples)), foreign, read_suite(), "auto")
    found = evaluation.evaluate(
        candidates([("candidate", good), ("candidate_2", poor)]), None, *splits, SETTINGS, beside
    )
    value = evaluation.as_json(found)
    json.dumps(value, allow_nan=False)
    assert value["rows"] == {"validation": 192, "test": 192, "out_of_domain": 180}
    better, worse = value["models"]
    for entry in value["models"]:
        assert [(it["name"], it["rows"]) for it in entry["out_of_domain"]] == [
            ("source=north", 90),
            ("source=south", 90),
        ]
        assert {"source=north", "source=south"} <= {it["name"] for it in entry["slices"]}
        assert sum(it["cases"] for it in entry["behaviour"]) == len(read_suite())
    for name, sign in (("accuracy", 1), ("brier", -1), ("log_loss", -1)):
        values = [it["out_of_domain"][0]["metrics"][name]["value"] for it in (better, worse)]
        assert sign * (values[0] - values[1]) > 0, name
    failed = [it for it in worse["behaviour"] if it["failures"]]
    assert failed
    for it in failed:
        assert it["failure_rate"] == pytest.approx(it["failures"] / it["cases"], abs=1e-6)
        assert set(it["worst"][0]) == {"texts", "wanted", "said"}


def test_times_stay_out_of_the_payload(good: Path, splits: tuple[Split, Split]) -> None:
    found = evaluation.evaluate(candidates([("candidate", good)]), None, *splits, SETTINGS)
    costs = evaluation.costs(found)
    assert set(costs["candidate"]) == {
        "single_ms_p50", "single_ms_p95", "texts_per_second", "size_bytes", "memory_bytes",
    }  # fmt: skip
    told = json.dumps(evaluation.as_json(found))
    assert not any(name in told for name in ("single_ms_p50", "texts_per_second", "memory_bytes"))
