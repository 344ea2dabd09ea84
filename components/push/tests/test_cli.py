"""The stage as its users run it, against a registry in a file."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import mlflow
import pytest

from sentiment_common import promotions
from sentiment_common.artifacts import (
    BLESSING,
    EVALUATION,
    PUSHED_MODEL,
    read_intact,
    read_manifest,
)
from sentiment_models import load
from sentiment_push.blessing import Verdict

COMMAND = shutil.which("sentiment-push")
Make = Callable[..., Path]
MakeVerdict = Callable[..., Verdict]


def command(folder: Path, verdict: Verdict, *options: str) -> list[str | Path]:
    return [
        COMMAND, "--model", verdict.model, "--blessing", verdict.blessing,
        "--evaluation", verdict.evaluation, "--examples", verdict.examples,
        "--out-pushed-model", folder / "out" / "pushed_model",
        "--out-model-version", folder / "out" / "model_version", *options,
    ]  # fmt: skip


def environment(uri: str | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "MLFLOW" not in name}
    return {**kept, "MLFLOW_TRACKING_URI": uri} if uri else kept


def run(
    folder: Path, verdict: Verdict, *options: str, uri: str | None = None
) -> subprocess.CompletedProcess[str]:
    work = folder / "work"
    work.mkdir(exist_ok=True)
    return subprocess.run(
        command(folder, verdict, *options), capture_output=True, text=True, check=False,
        env={**environment(uri), "SENTIMENT_RUN": "a-run"}, cwd=work,
    )  # fmt: skip


def test_a_blessed_model_is_registered_once_and_loads_by_its_alias(
    tmp_path: Path, make_model: Make, make_verdict: MakeVerdict, uri: str
) -> None:
    verdict = make_verdict(make_model("good"))
    for _ in range(2):
        done = run(tmp_path, verdict, uri=uri)
        assert done.returncode == 0, done.stderr
    out = tmp_path / "out"
    facts = json.loads((out / "pushed_model" / "pushed_model.json").read_text())
    assert (facts["version"], facts["model_uri"]) == ("1", "models:/sentiment/1")
    assert (out / "model_version").read_text() == "1"
    assert (out / "pushed_model" / "model_card.md").read_text().startswith("# sentiment: good")
    read_manifest(out / "pushed_model", PUSHED_MODEL)
    assert list((tmp_path / "work").iterdir()) == []

    mlflow.set_tracking_uri(uri)
    pushed = mlflow.pyfunc.load_model("models:/sentiment@champion")
    texts = ["It is great.", "It broke."]
    answers = pushed.predict(texts)
    assert [answer["label"] for answer in answers] == ["positive", "negative"]
    assert answers[0]["positive"] == load(verdict.model).predict_proba(texts)[0, 2]
    (version,) = mlflow.MlflowClient().search_model_versions("name = 'sentiment'")
    evaluation = read_manifest(verdict.evaluation, EVALUATION)
    assert version.tags == {
        "digest": facts["digest"], "candidate": "good", "evaluation": evaluation.digest,
        "examples": evaluation.inputs["examples"], "code": "sha256:c", "sentiment.run": "a-run",
    }  # fmt: skip
    kept = Path(mlflow.artifacts.download_artifacts(
        run_id=version.run_id, artifact_path="evaluation"
    ))  # fmt: skip
    assert read_intact(kept, EVALUATION) == evaluation
    assert (kept / "report.html").is_file()
    kept = Path(mlflow.artifacts.download_artifacts(
        run_id=version.run_id, artifact_path="blessing"
    ))  # fmt: skip
    assert read_intact(kept, BLESSING) == read_manifest(verdict.blessing, BLESSING)


def test_a_challenger_meets_traffic_beside_the_champion_with_a_log_and_a_card_of_its_own(
    tmp_path: Path, make_model: Make, make_verdict: MakeVerdict, uri: str
) -> None:
    for name, alias in (("good", "champion"), ("better", "challenger")):
        verdict = make_verdict(make_model(name, weight=3.0 + len(name)))
        done = run(tmp_path, verdict, "--alias", alias, uri=uri)
        assert done.returncode == 0, done.stderr
    client = mlflow.MlflowClient(uri)
    assert client.get_registered_model("sentiment").aliases == {"champion": 1, "challenger": 2}
    told = promotions.read(client, "sentiment", "challenger")
    assert [(it.action, it.previous, it.model) for it in told] == [("push", "", "better")]
    card = (tmp_path / "out" / "pushed_model" / "model_card.md").read_text()
    assert 'load_model("models:/sentiment@challenger")' in card
    assert "has this alias until another model gets it" in card


@pytest.mark.parametrize(
    ("options", "address", "message"),
    [
        ((), None, "MLFLOW_TRACKING_URI: not set"),
        (("--alias", "v1"), "sqlite:///x.db", "--alias: 'v1' is no alias"),
        (("--registered-model", "a/b"), "sqlite:///x.db", "--registered-model: 'a/b' is no name"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing_behind(
    tmp_path: Path, make_model: Make, make_verdict: MakeVerdict,
    options: tuple[str, ...], address: str | None, message: str,
) -> None:  # fmt: skip
    done = run(tmp_path, make_verdict(make_model("good")), *options, uri=address)
    assert done.returncode == 2
    assert done.stderr.startswith(f"sentiment-push: {message}")
    assert done.stderr.count("\n") == 1
    assert list((tmp_path / "out").iterdir()) == list((tmp_path / "work").iterdir()) == []


def test_a_refused_model_is_not_pushed(
    tmp_path: Path, make_model: Make, make_verdict: MakeVerdict
) -> None:
    uri = f"sqlite:///{tmp_path}/registry/mlflow.db"
    done = run(tmp_path, make_verdict(make_model("good"), verdict="refused"), uri=uri)
    assert done.returncode == 2
    assert "the verdict is refused" in done.stderr
    assert list((tmp_path / "out").iterdir()) == []
    assert not (tmp_path / "registry").exists()


def test_a_model_that_fails_the_smoke_test_is_not_pushed(
    tmp_path: Path, make_model: Make, make_verdict: MakeVerdict, uri: str
) -> None:
    model = make_model("bad", weight=float("nan"))
    done = run(tmp_path, make_verdict(model), uri=uri)
    assert done.returncode == 2
    assert done.stderr.endswith("nothing was pushed: train the model again\n")
    assert list((tmp_path / "out").iterdir()) == []
    client = mlflow.MlflowClient(uri)
    assert client.search_registered_models() == []


def test_a_model_that_answers_otherwise_than_when_it_was_judged_is_not_pushed(
    tmp_path: Path, make_model: Make, make_verdict: MakeVerdict, uri: str
) -> None:
    model = make_model("good")
    answers = load(model).predict_proba(["The charger is great."]) + 2e-9
    done = run(tmp_path, make_verdict(model, answers=answers.tolist()), uri=uri)
    assert done.returncode == 2
    assert "it answers row 1 of the test split otherwise than when it was judged" in done.stderr
    assert list((tmp_path / "out").iterdir()) == []
    assert mlflow.MlflowClient(uri).search_registered_models() == []


def test_a_forced_promotion_is_told_by_log_version_and_card(
    tmp_path: Path, make_model: Make, make_verdict: MakeVerdict, uri: str
) -> None:
    forced = {"by": "Ada", "reason": "the fair is tomorrow", "failed_rules": ["macro-F1 at least"]}
    done = run(tmp_path, make_verdict(make_model("good"), forced=forced), uri=uri)
    assert done.returncode == 0, done.stderr
    client = mlflow.MlflowClient(uri)
    (told,) = promotions.read(client, "sentiment", "champion")
    assert (told.action, told.by, told.reason) == ("force", "Ada", "the fair is tomorrow")
    assert (told.run, told.macro_f1, told.done) == ("a-run", 0.7, True)
    assert client.get_model_version("sentiment", "1").tags["forced_by"] == "Ada"
    card = (tmp_path / "out" / "pushed_model" / "model_card.md").read_text()
    assert "Promoted against the gate by Ada" in card


def test_a_push_that_is_killed_while_it_uploads_is_completed_by_the_next(
    tmp_path: Path, make_model: Make, make_verdict: MakeVerdict, uri: str
) -> None:
    verdict = make_verdict(make_model("good"))
    uploaded = tmp_path / "registry" / "artifacts"
    process = subprocess.Popen(
        command(tmp_path, verdict), env=environment(uri), stderr=subprocess.DEVNULL
    )
    while not uploaded.is_dir() and process.poll() is None:
        time.sleep(0.0005)
    process.kill()
    assert process.wait() == -signal.SIGKILL

    done = run(tmp_path, verdict, uri=uri)
    assert done.returncode == 0, done.stderr
    client = mlflow.MlflowClient(uri)
    (version,) = client.search_model_versions("name = 'sentiment'")
    assert client.get_model_version_by_alias("sentiment", "champion").version == version.version
    runs = client.search_runs([client.get_experiment_by_name("sentiment").experiment_id])
    assert [it.info.run_id for it in runs if it.info.status == "FINISHED"] == [version.run_id]
    assert "RUNNING" not in {it.info.status for it in runs}
