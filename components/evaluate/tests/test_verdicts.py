"""Verdicts as the stage writes them: forced, withdrawn, and what no force overrules."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sentiment_common.artifacts import (
    BLESSING,
    COSTS,
    MODEL,
    payload_digest,
    read_intact,
    read_manifest,
)
from sentiment_models.bundle import TEXT_SPECIFICATION

Champion = Callable[..., Path]
Run = Callable[..., subprocess.CompletedProcess[str]]
Arguments = tuple[str | Path, ...]
FORCE = ("--force", "Ada: the complaint was about another model")


@pytest.fixture(scope="module")
def withdrawn(examples: Path, good: Path, poor: Path, champion_of: Champion) -> Arguments:
    """A good candidate against a poor champion that somebody went back to."""
    champion = champion_of(poor)
    path = champion / "champion.json"
    digest = read_manifest(good, MODEL).digest
    said = {"digest": digest, "date": "2026-11-23", "reason": "calls refunds positive"}
    path.write_text(json.dumps({**json.loads(path.read_text()), "withdrawn": [said]}))
    return "--examples", examples, "--candidate", good, "--champion", champion


def blessing(out: Path) -> dict[str, Any]:
    """What the stage wrote."""
    found: dict[str, Any] = json.loads((out / "blessing" / "blessing.json").read_text())
    return found


def test_a_withdrawn_model_is_refused_however_good_it_is(
    tmp_path: Path, withdrawn: Arguments, run: Run
) -> None:
    assert run(tmp_path, *withdrawn).returncode == 0
    assert (tmp_path / "verdict").read_text() == "refused"
    found = blessing(tmp_path)
    assert found["reason"] == "withdrawn on 2026-11-23: calls refunds positive"
    assert found["forced"] is None


def test_a_forced_blessing_says_who_why_and_against_which_rules(
    tmp_path: Path, withdrawn: Arguments, run: Run
) -> None:
    assert run(tmp_path, *withdrawn, *FORCE).returncode == 0
    assert (tmp_path / "verdict").read_text() == "blessed"
    found = blessing(tmp_path)
    assert found["forced"] == {
        "by": "Ada",
        "reason": "the complaint was about another model",
        "failed_rules": ["not withdrawn"],
    }
    assert found["reason"].startswith("forced by Ada (the complaint was about another model)")
    assert [rule["rule"] for rule in found["rules"] if not rule["passed"]] == ["not withdrawn"]
    evaluation = json.loads((tmp_path / "evaluation" / "evaluation.json").read_text())
    assert evaluation["forced"] == found["forced"]


def test_measured_costs_stand_beside_the_blessing_and_outside_its_digest(blessed: Path) -> None:
    measured = json.loads((blessed / "blessing" / COSTS).read_text())
    rules = [it for it in blessing(blessed)["rules"] if it["measured"]]
    assert measured.keys() == {it["rule"] for it in rules}
    assert [it["figure"] for it in rules] == [None, None]
    assert all(figure > 0 for figure in measured.values())
    before = read_intact(blessed / "blessing", BLESSING).digest
    (blessed / "blessing" / COSTS).write_text("{}")
    assert read_intact(blessed / "blessing", BLESSING).digest == before


def test_the_blessing_keeps_the_policy_and_why_the_candidate_was_chosen(blessed: Path) -> None:
    found = blessing(blessed)
    assert found["policy"]["comparison"]["samples"] == 100
    assert found["selection"]["values"].keys() == {"poor", "good"}
    assert found["selection"]["reason"] == "macro-F1 1.0000 on the validation split is the best"
    assert len(found["answers"]) == 64
    assert all(sum(row) == pytest.approx(1) for row in found["answers"])


def corrupted(model: Path) -> None:
    """Changes a weight after training."""
    (model / "vocabulary.txt").write_text("terrible\n")


def with_other_labels(model: Path) -> None:
    """Makes it a model of another system, digest included."""
    facts = json.loads((model / "bundle.json").read_text())
    (model / "bundle.json").write_text(json.dumps({**facts, "labels": ["bad", "good", "ugly"]}))
    reseal(model)


def with_other_specification(model: Path) -> None:
    """Gives it other rules of text than it was trained with, digest included."""
    path = next((model / TEXT_SPECIFICATION).glob("*.json"))
    path.write_text(path.read_text().replace("http", "ftp"))
    reseal(model)


def reseal(model: Path) -> None:
    manifest = json.loads((model / "artifact.json").read_text())
    manifest["digest"] = payload_digest(model)
    (model / "artifact.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("role", ["candidate", "champion"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (corrupted, "they were changed after they were made"),
        (with_other_labels, "its labels are bad, good, ugly, wanted are negative"),
        (with_other_specification, "specification"),
    ],
)
def test_no_force_overrules_a_fault(
    tmp_path: Path, examples: Path, good: Path, poor: Path, champion_of: Champion, run: Run,
    change: Callable[[Path], None], message: str, role: str,
) -> None:  # fmt: skip
    shutil.copytree(good, tmp_path / "model")
    change(tmp_path / "model")
    candidate, champion = (tmp_path / "model", poor) if role == "candidate" else (
        poor, tmp_path / "model",
    )  # fmt: skip
    out = tmp_path / "out"
    done = run(
        out, "--examples", examples, "--candidate", candidate, "--champion", champion_of(champion),
        *FORCE,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("sentiment-evaluate: ")
    assert message in last
    assert "Traceback" not in done.stderr
    assert list(out.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("--policy", "floors.macro_f1 = 2"), "--policy, [floors]: macro_f1 is 2"),
        (("--policy", "gone.toml"), "--policy gone.toml: no such policy"),
        (("--force", "because"), "--force: it must say who"),
    ],
)
def test_a_policy_or_a_force_that_cannot_be_meant_is_one_line(
    tmp_path: Path, withdrawn: Arguments, run: Run, given: tuple[str, str], message: str
) -> None:
    out = tmp_path / "out"
    done = run(out, *withdrawn, *given)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(out.iterdir()) == []
