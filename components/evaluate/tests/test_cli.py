"""The stage as its users run it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sentiment_common.artifacts import BLESSING, EVALUATION, MODEL, payload_digest, read_manifest
from sentiment_models import load

COMMAND = Path(sys.executable).with_name("sentiment-evaluate")
Champion = Callable[[Path | None], Path]


def run(out: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    outputs = [
        part
        for name in ("evaluation", "blessing", "model", "report", "verdict")
        for part in (f"--out-{name}", str(out / name))
    ]
    return subprocess.run(
        [COMMAND, *map(str, arguments), *outputs, "--bootstrap-samples", "100"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
    )


@pytest.fixture(scope="module")
def with_saved_model(
    tmp_path_factory: pytest.TempPathFactory, write_model: Callable[..., Path]
) -> Path:
    """A good model with a folder whose bytes differ from save to save."""
    model = write_model(tmp_path_factory.mktemp("candidate") / "model", "good")
    (model / "saved_model").mkdir()
    (model / "saved_model" / "bytes").write_bytes(os.urandom(8))
    named = {"saved_model": "weights by name"}
    facts = json.loads((model / "artifact.json").read_text())
    facts.update(digest=payload_digest(model, named), named=named)
    (model / "artifact.json").write_text(json.dumps(facts))
    return model


@pytest.fixture(scope="module")
def arguments(
    examples: Path, with_saved_model: Path, poor: Path, champion_of: Champion
) -> tuple[str | Path, ...]:
    """Two candidates and no champion."""
    return (
        "--examples", examples, "--candidate", poor, "--candidate-2", with_saved_model,
        "--champion", champion_of(None),
    )  # fmt: skip


@pytest.fixture(scope="module")
def blessed(tmp_path_factory: pytest.TempPathFactory, arguments: tuple[str | Path, ...]) -> Path:
    """What the stage writes for them, told to answer Kubeflow."""
    out = tmp_path_factory.mktemp("blessed") / "out"
    artifacts = ("evaluation", "blessing", "model", "report", "metrics", "classification")
    listed = {name: {"artifacts": [{"name": name, "uri": f"/gone/{name}"}]} for name in artifacts}
    executor_input = json.dumps({"outputs": {"artifacts": listed}})
    done = run(
        out, *arguments,
        "--executor-input", executor_input, "--executor-output", out / "executor.json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return out


def test_the_better_candidate_is_chosen_and_blessed(blessed: Path) -> None:
    assert (blessed / "verdict").read_text() == "blessed"
    blessing = json.loads((blessed / "blessing" / "blessing.json").read_text())
    assert blessing["candidate"] == "good"
    assert blessing["champion_digest"] is None
    assert blessing["metrics"]["macro_f1"]["value"] == 1
    assert (blessed / "report").read_text().startswith("<!doctype html>")


def test_the_chosen_model_is_copied_and_keeps_its_digest(
    blessed: Path, with_saved_model: Path
) -> None:
    copied = read_manifest(blessed / "model", MODEL)
    original = read_manifest(with_saved_model, MODEL)
    blessing = json.loads((blessed / "blessing" / "blessing.json").read_text())
    assert copied.digest == original.digest == blessing["candidate_digest"]
    assert copied.named == {"saved_model": "weights by name"}
    assert load(blessed / "model").predict_proba(["it is great"]).argmax() == 2


def test_kubeflow_gets_the_verdict_the_figures_and_the_curve(blessed: Path) -> None:
    executor = json.loads((blessed / "executor.json").read_text())
    assert executor["parameterValues"] == {"verdict": "blessed"}
    metrics = executor["artifacts"]["metrics"]["artifacts"][0]["metadata"]
    assert metrics["macro_f1"] == 1
    classification = executor["artifacts"]["classification"]["artifacts"][0]["metadata"]
    assert classification["confusionMatrix"]["rows"][0] == {"row": [64, 0, 0]}
    assert classification["confidenceMetrics"][0]["confidenceThreshold"] <= 1


def test_the_same_inputs_give_the_same_digests(
    tmp_path: Path, blessed: Path, arguments: tuple[str | Path, ...]
) -> None:
    assert run(tmp_path, *arguments).returncode == 0
    for output, kind in (("evaluation", EVALUATION), ("blessing", BLESSING), ("model", MODEL)):
        assert read_manifest(blessed / output, kind).digest == (
            read_manifest(tmp_path / output, kind).digest
        )


def test_a_refusal_is_a_verdict_with_its_report_and_not_a_failure(
    tmp_path: Path, examples: Path, good: Path, poor: Path, champion_of: Champion
) -> None:
    out = tmp_path / "out"
    done = run(out, "--examples", examples, "--candidate", poor, "--champion", champion_of(good))
    assert done.returncode == 0, done.stderr
    assert (out / "verdict").read_text() == "refused"
    blessing = json.loads((out / "blessing" / "blessing.json").read_text())
    failed = [rule["rule"] for rule in blessing["rules"] if not rule["passed"]]
    assert "lower bound of the gain above" in failed
    assert read_manifest(out / "blessing", BLESSING).inputs.keys() == {
        "examples", "candidate", "champion",
    }  # fmt: skip
    assert read_manifest(out / "model", MODEL).digest == read_manifest(poor, MODEL).digest


@pytest.mark.parametrize(
    "given",
    [
        ("--min-macro-f1", "1.5"),
        ("--min-macro-f1", "nan"),
        ("--confidence", "95"),
        ("--seed", "-1"),
    ],
)
def test_a_value_out_of_range_is_one_line_and_leaves_nothing_behind(
    tmp_path: Path, arguments: tuple[str | Path, ...], given: tuple[str, str]
) -> None:
    out = tmp_path / "out"
    done = run(out, *arguments, *given)
    assert done.returncode == 2
    assert done.stderr.startswith(f"sentiment-evaluate: {given[0]}: the value is out of range")
    assert done.stderr.count("\n") == 1
    assert list(out.iterdir()) == []


def test_a_model_where_examples_belong_is_one_line(
    tmp_path: Path, good: Path, champion_of: Champion
) -> None:
    out = tmp_path / "out"
    done = run(out, "--examples", good, "--candidate", good, "--champion", champion_of(None))
    assert done.returncode == 2
    assert "wanted examples (schema 1), got model (schema 1)" in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_unusable_split_leaves_nothing_behind(
    tmp_path: Path, good: Path, champion_of: Champion, rows: Callable[[str], list[dict[str, str]]],
    write_examples: Callable[..., Path],
) -> None:  # fmt: skip
    examples = write_examples(tmp_path / "examples", {"validation": rows("validation")})
    out = tmp_path / "out"
    done = run(out, "--examples", examples, "--candidate", good, "--champion", champion_of(None))
    assert done.returncode == 2
    assert "the split is missing" in done.stderr
    assert list(out.iterdir()) == []
