"""An earlier evaluation counts for the very same question, and for no other."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sentiment_common.artifacts import EVALUATION, payload_digest, read_manifest
from sentiment_common.errors import InputError
from sentiment_evaluate import contenders, outcome, precedent
from sentiment_evaluate.precedent import Question

Champion = Callable[..., Path]


@pytest.fixture
def champion(tmp_path: Path, blessed: Path, champion_of: Champion) -> contenders.Contender:
    """The blessed model and the evaluation that chose it, in a folder of the test's own."""
    folder = tmp_path / "champion"
    shutil.copytree(champion_of(blessed / "model", blessed / "evaluation"), folder)
    found = contenders.champion(folder)
    assert found is not None
    return found


@pytest.fixture
def question(blessed: Path) -> Question:
    """What the evaluation that chose the champion was asked."""
    manifest = read_manifest(blessed / "evaluation", EVALUATION)
    inputs = {name: digest for name, digest in manifest.inputs.items() if name != "champion"}
    assert inputs.keys() == {"examples", "candidate", "candidate_2"}
    evaluation = json.loads((blessed / "evaluation" / "evaluation.json").read_text())
    return Question(
        inputs, manifest.parameters, evaluation["policy"], evaluation["suite"],
        manifest.producer_version, manifest.code,
    )  # fmt: skip


def rewrite(champion: contenders.Contender, **changes: Any) -> None:
    """Changes the champion's evaluation as a stage would have written it, digest included."""
    folder = champion.folder.with_name("evaluation")
    path = folder / "evaluation.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    manifest = json.loads((folder / "artifact.json").read_text())
    manifest["digest"] = payload_digest(folder)
    (folder / "artifact.json").write_text(json.dumps(manifest))


def test_the_same_question_has_its_answer(
    champion: contenders.Contender, question: Question
) -> None:
    found = precedent.find(champion, question)
    assert found is not None
    assert outcome.chosen(found.evaluation)["digest"] == champion.digest
    assert found.report.startswith("<!doctype html>")


@pytest.mark.parametrize(
    "other",
    [
        {"inputs": {"examples": "sha256:other"}},
        {"inputs": {"candidate": "sha256:other"}},
        {"inputs": {"candidate_3": "sha256:one more"}},
        {"inputs": {"candidate_4": "sha256:one more"}},
        {"inputs": {"out_of_domain": "sha256:other texts"}},
        {"parameters": {"seed": 14}},
        {"parameters": {"out_of_domain_rows": 3}},
        {"policy": {"selection": {"least_gain": 0.5}}},
        {"suite": "sha256:other cases"},
        {"producer_version": "99"},
        {"code": "sha256:other"},
    ],
    ids=str,
)
def test_another_question_has_none(
    champion: contenders.Contender, question: Question, other: dict[str, Any]
) -> None:
    changed = {
        name: {**getattr(question, name), **value} if isinstance(value, dict) else value
        for name, value in other.items()
    }
    assert precedent.find(champion, replace(question, **changed)) is None


def test_a_candidate_that_is_missing_today_makes_another_question(
    champion: contenders.Contender, question: Question
) -> None:
    fewer = {name: digest for name, digest in question.inputs.items() if name != "candidate"}
    assert precedent.find(champion, replace(question, inputs=fewer)) is None


@pytest.mark.parametrize(
    "parameters", [{"policy": "the_same.toml"}, {"behaviour": "the_same.toml"}, {"force": "A: b"}]
)
def test_a_policy_counts_by_what_it_says_and_a_force_not_at_all(
    champion: contenders.Contender, question: Question, parameters: dict[str, str]
) -> None:
    same = replace(question, parameters={**question.parameters, **parameters})
    assert precedent.find(champion, same) is not None


def test_other_libraries_may_give_other_figures(
    champion: contenders.Contender, question: Question
) -> None:
    rewrite(champion, libraries={**outcome.libraries(), "numpy": "1.0"})
    assert precedent.find(champion, question) is None


def test_an_evaluation_that_chose_another_model_says_nothing_of_the_champion(
    champion: contenders.Contender, question: Question
) -> None:
    evaluation = json.loads(champion.folder.with_name("evaluation").joinpath(
        "evaluation.json").read_text())  # fmt: skip
    models = [{**entry, "chosen": not entry["chosen"]} for entry in evaluation["models"]]
    rewrite(champion, models=models)
    assert precedent.find(champion, question) is None


@pytest.mark.parametrize("gone", ["artifact.json", "report.html"])
def test_an_older_registry_keeps_no_evaluation(
    champion: contenders.Contender, question: Question, gone: str
) -> None:
    champion.folder.with_name("evaluation").joinpath(gone).unlink()
    assert precedent.find(champion, question) is None


def test_a_manifest_of_a_later_layout_is_another_question_and_no_error(
    champion: contenders.Contender, question: Question
) -> None:
    path = champion.folder.with_name("evaluation") / "artifact.json"
    facts = {**json.loads(path.read_text()), "schema_version": 2, "code": "sha256:later", "new": 1}
    path.write_text(json.dumps(facts))
    assert precedent.find(champion, question) is None


def test_a_manifest_that_is_not_json_is_refused(
    champion: contenders.Contender, question: Question
) -> None:
    (champion.folder.with_name("evaluation") / "artifact.json").write_text("{")
    with pytest.raises(InputError, match="resolve the champion from the registry again"):
        precedent.find(champion, question)


def test_a_precedent_that_beat_an_earlier_champion_is_told_of_the_new_one(
    blessed: Path, champion: contenders.Contender, question: Question, poor: Path,
    with_saved_model: Path,
) -> None:  # fmt: skip
    found = precedent.find(champion, question)
    assert found is not None
    entries = found.evaluation["models"]
    beaten = {**entries[0], "role": "champion", "name": "champion (old)", "model": "old"}
    alone = found.evaluation["rules"]
    rules = [
        *alone, {**alone[0], "rule": "not withdrawn", "passed": False, "against": "champion"}
    ]  # fmt: skip
    forced = {"by": "Ada", "reason": "the fair", "failed_rules": ["not withdrawn"]}
    changed = {"models": [*entries, beaten], "rules": rules, "forced": forced}
    earlier = replace(found, evaluation={**found.evaluation, **changed})
    candidates = contenders.candidates([("candidate", poor), ("candidate_2", with_saved_model)])
    upheld = precedent.upheld(earlier, candidates, champion)
    assert [it["name"] for it in upheld.evaluation["models"]] == ["poor", "good", "champion (good)"]
    assert [it["chosen"] for it in upheld.evaluation["models"]] == [False, True, False]
    assert upheld.blessing["rules"] == alone
    assert upheld.blessing["forced"] is None
    assert upheld.blessing["champion_digest"] == upheld.blessing["candidate_digest"]
    assert "when the champion was old" in upheld.report
