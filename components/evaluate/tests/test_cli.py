"""The stage as its users run it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sentiment_common.artifacts import BLESSING, EVALUATION, MODEL, read_manifest
from sentiment_models import load

Champion = Callable[..., Path]
Run = Callable[..., subprocess.CompletedProcess[str]]
Arguments = tuple[str | Path, ...]


@pytest.fixture(scope="module")
def arguments(candidates: Arguments, champion_of: Champion) -> Arguments:
    """Two candidates and no champion."""
    return (*candidates, "--champion", champion_of(None))


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
    assert (blessed / "model" / "members" / "one" / "artifact.json").is_file()
    assert load(blessed / "model").predict_proba(["it is great"]).argmax() == 2


def test_kubeflow_gets_the_verdict_the_figures_and_the_curve(blessed: Path) -> None:
    executor = json.loads((blessed / "executor.json").read_text())
    assert executor["parameterValues"] == {"verdict": "blessed"}
    metrics = executor["artifacts"]["metrics"]["artifacts"][0]["metadata"]
    assert metrics["macro_f1"] == 1
    classification = executor["artifacts"]["classification"]["artifacts"][0]["metadata"]
    assert classification["confusionMatrix"]["rows"][0] == {"row": [64, 0, 0]}
    assert classification["confidenceMetrics"][0]["confidenceThreshold"] <= 1


@pytest.mark.parametrize("champion", ["none yet", "not given"])
def test_the_same_inputs_give_the_same_digests(
    tmp_path: Path, blessed: Path, candidates: Arguments, arguments: Arguments, run: Run,
    champion: str,
) -> None:  # fmt: skip
    assert run(tmp_path, *(arguments if champion == "none yet" else candidates)).returncode == 0
    for output, kind in (("evaluation", EVALUATION), ("blessing", BLESSING), ("model", MODEL)):
        assert read_manifest(blessed / output, kind).digest == (
            read_manifest(tmp_path / output, kind).digest
        )


def test_a_refusal_is_a_verdict_with_its_report_and_not_a_failure(
    tmp_path: Path, examples: Path, good: Path, poor: Path, champion_of: Champion, run: Run
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
        ("--seed", "-1"),
        ("--out-of-domain-rows", "0"),
    ],
)
def test_a_value_out_of_range_is_one_line_and_leaves_nothing_behind(
    tmp_path: Path, arguments: Arguments, given: tuple[str, str], run: Run
) -> None:
    out = tmp_path / "out"
    done = run(out, *arguments, *given)
    assert done.returncode == 2
    assert done.stderr.startswith(f"sentiment-evaluate: {given[0]}: the value is out of range")
    assert done.stderr.count("\n") == 1
    assert list(out.iterdir()) == []


def test_a_model_where_examples_belong_is_one_line(
    tmp_path: Path, good: Path, champion_of: Champion, run: Run
) -> None:
    out = tmp_path / "out"
    done = run(out, "--examples", good, "--candidate", good, "--champion", champion_of(None))
    assert done.returncode == 2
    assert "wanted examples (schema 1), got model (schema 1)" in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_unusable_split_leaves_nothing_behind(
    tmp_path: Path, good: Path, champion_of: Champion, rows: Callable[[str], list[dict[str, str]]],
    write_examples: Callable[..., Path], run: Run,
) -> None:  # fmt: skip
    examples = write_examples(tmp_path / "examples", {"validation": rows("validation")})
    out = tmp_path / "out"
    done = run(out, "--examples", examples, "--candidate", good, "--champion", champion_of(None))
    assert done.returncode == 2
    assert "the split is missing" in done.stderr
    assert list(out.iterdir()) == []


@pytest.fixture(scope="module")
def again(
    tmp_path_factory: pytest.TempPathFactory, blessed: Path, candidates: Arguments,
    champion_of: Champion, run: Run,
) -> tuple[Path, str]:  # fmt: skip
    """What the stage writes and says when its blessed candidate has become the champion."""
    champion = champion_of(blessed / "model", blessed / "evaluation")
    out = tmp_path_factory.mktemp("again") / "out"
    done = run(out, *candidates, "--champion", champion)
    assert done.returncode == 0, done.stderr
    return out, done.stderr


@pytest.fixture(scope="module")
def scored_again(
    tmp_path_factory: pytest.TempPathFactory, blessed: Path, candidates: Arguments,
    champion_of: Champion, run: Run,
) -> tuple[Path, str]:  # fmt: skip
    """The same, where the evaluation that made it the champion was one by older code."""
    champion = champion_of(blessed / "model", blessed / "evaluation")
    manifest = champion / "evaluation" / "artifact.json"
    facts = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**facts, "code": "sha256:older"}))
    out = tmp_path_factory.mktemp("scored_again") / "out"
    done = run(out, *candidates, "--champion", champion)
    assert done.returncode == 0, done.stderr
    return out, done.stderr


def test_what_other_code_chose_is_scored_again_and_the_log_says_why(
    scored_again: tuple[Path, str],
) -> None:
    out, log = scored_again
    assert "the champion was chosen with other code\n" in log
    assert "scoring with poor" in log
    assert (out / "verdict").read_text() == "already-champion"


def test_the_champion_chosen_before_is_not_scored_again(
    again: tuple[Path, str], blessed: Path
) -> None:
    out, log = again
    assert log == ""
    assert (out / "verdict").read_text() == "already-champion"
    reason = json.loads((out / "blessing" / "blessing.json").read_text())["reason"]
    assert "the figures are those of the evaluation in which it was chosen" in reason
    page = (out / "report").read_text()
    assert page.index("already-champion") < page.index("Nothing was scored again")
    assert "when there was no champion" in page
    assert page.count("<svg") == (blessed / "report").read_text().count("<svg") > 6


def test_not_scoring_gives_what_scoring_gives(
    again: tuple[Path, str], scored_again: tuple[Path, str]
) -> None:
    folders = [again[0], scored_again[0]]
    for output, kind in (("evaluation", EVALUATION), ("model", MODEL)):
        assert len({read_manifest(it / output, kind).digest for it in folders}) == 1
    blessings = [json.loads((it / "blessing" / "blessing.json").read_text()) for it in folders]
    assert blessings[0].pop("reason") != blessings[1].pop("reason")
    assert blessings[0] == blessings[1]
    answers = [json.loads((it / "executor.json").read_text())["artifacts"] for it in folders]
    for name in ("metrics", "classification", "model"):
        assert answers[0][name] == answers[1][name]


LIGHT = """
import sys
from sentiment_evaluate.cli import STAGE, run
try:
    STAGE.main(run, sys.argv[1:])
finally:
    print(*{"numpy", "onnxruntime", "pyarrow", "tensorflow"} & set(sys.modules))
"""


def test_not_scoring_imports_nothing_that_scoring_needs(
    tmp_path: Path, blessed: Path, candidates: Arguments, champion_of: Champion,
    command: Callable[..., list[str]],
) -> None:  # fmt: skip
    champion = champion_of(blessed / "model", blessed / "evaluation")
    line = command(tmp_path, *candidates, "--champion", champion)
    done = subprocess.run(
        [sys.executable, "-c", LIGHT, *line], capture_output=True, text=True, check=True
    )
    assert (tmp_path / "verdict").read_text() == "already-champion"
    assert done.stdout == "\n"


def test_a_champion_whose_evaluation_was_changed_is_one_line(
    tmp_path: Path, blessed: Path, candidates: Arguments, champion_of: Champion, run: Run
) -> None:
    champion = champion_of(blessed / "model", blessed / "evaluation")
    path = champion / "evaluation" / "evaluation.json"
    path.write_text(path.read_text() + "\n")
    done = run(tmp_path / "out", *candidates, "--champion", champion)
    assert done.returncode == 2
    assert "they were changed after they were made" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list((tmp_path / "out").iterdir()) == []


def test_other_sources_and_cases_of_ones_own_are_judged_too(
    tmp_path: Path, examples: Path, arguments: Arguments, run: Run
) -> None:
    suite = tmp_path / "suite.toml"
    suite.write_text(
        "[[minimum]]\ncapability = 'parcels'\nlabels = ['positive']\ntexts = ['Works perfectly.']"
    )
    out = tmp_path / "out"
    done = run(
        out, *arguments, "--out-of-domain", examples, "--out-of-domain-rows", "50",
        "--behaviour", suite,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads((out / "evaluation" / "evaluation.json").read_text())
    assert found["rows"]["out_of_domain"] == 100
    assert found["suite"].startswith("sha256:")
    (own,) = [it for it in found["models"][1]["behaviour"] if it["name"] == "minimum: parcels"]
    assert (own["cases"], own["failures"]) == (1, 0)
    manifest = read_manifest(out / "evaluation", EVALUATION)
    assert "out_of_domain" in manifest.inputs
    assert [it.uri for it in manifest.sources] == [str(suite)]
    costs = json.loads((out / "evaluation" / "costs.json").read_text())
    assert costs["candidate"]["single_ms_p50"] > 0
    metrics = json.loads((out / "executor.json").read_text())["artifacts"]["metrics"]
    assert "brier" in metrics["artifacts"][0]["metadata"]


def test_a_suite_that_is_not_there_is_one_line(
    tmp_path: Path, arguments: Arguments, run: Run
) -> None:
    out = tmp_path / "out"
    done = run(out, *arguments, "--behaviour", tmp_path / "none.toml")
    assert done.returncode == 2
    assert done.stderr.startswith(f"sentiment-evaluate: {tmp_path}/none.toml: cannot be read")
    assert done.stderr.count("\n") == 1
    assert list(out.iterdir()) == []
