"""The choice is made on validation rows and the verdict on test rows."""

import json
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sentiment_evaluate import evaluation, report
from sentiment_evaluate.contenders import candidates, champion
from sentiment_evaluate.examples import Split, read_split
from sentiment_evaluate.resampling import Bootstrap
from sentiment_models import load

SETTINGS = evaluation.Settings(0.5, 0.95, Bootstrap(200, seed=13))


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
    manifest = replace(given[1].manifest, inputs={"train_features": "sha256:other"})
    apart = [given[0], replace(given[1], manifest=manifest)]
    assert evaluation.evaluate(given, None, *splits, SETTINGS).warning == ""
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


class Page(HTMLParser):
    """Collects the ids of a page and what refers to them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.used: set[str] = set()
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            elif value and name.endswith("href"):
                self.used.add(value.removeprefix("#"))
            elif value and value.startswith("url(#"):
                self.used.add(value[5:-1])

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_report_names_the_verdict_the_rules_and_the_worst_mistakes(
    good: Path,
    poor: Path,
    splits: tuple[Split, Split],
    champion_of: Callable[[Path | None], Path],
) -> None:
    found = evaluation.evaluate(
        candidates([("candidate", poor)]), champion(champion_of(good)), *splits, SETTINGS
    )
    page = Page(report.render(found))
    text = " ".join(page.text)
    assert "refused" in text
    assert "lower bound of the gain above" in text
    assert "champion (good)" in text
    assert "broke after a day" not in text
    assert "was a waste" in text
    assert len(page.ids) == len(set(page.ids)) > 50
    assert page.used <= set(page.ids)


def test_the_plots_are_the_same_bytes_in_every_run(
    good: Path, poor: Path, splits: tuple[Split, Split]
) -> None:
    given = candidates([("candidate", poor), ("candidate_2", good)])
    found = evaluation.evaluate(given, None, *splits, SETTINGS)
    text = report.render(found)
    assert text == report.render(found)
    # The namespaces of SVG are names, not addresses that a browser would fetch.
    assert "//" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "").replace(
        'xmlns:xlink="http://www.w3.org/1999/xlink"', ""
    )
