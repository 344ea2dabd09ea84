"""The stage as its users run it, against a registry in a file."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import mlflow
import pytest

from sentiment_common.artifacts import PUSHED_MODEL, read_manifest
from sentiment_models import load

COMMAND = Path(sys.executable).with_name("sentiment-push")
Make = Callable[..., Path]


def run(
    folder: Path, model: Path, blessing: Path, examples: Path, *options: str, uri: str | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if "MLFLOW" not in name}
    if uri is not None:
        environment["MLFLOW_TRACKING_URI"] = uri
    work = folder / "work"
    work.mkdir(exist_ok=True)
    return subprocess.run(
        [
            COMMAND, "--model", model, "--blessing", blessing, "--examples", examples,
            "--out-pushed-model", folder / "out" / "pushed_model",
            "--out-model-version", folder / "out" / "model_version", *options,
        ],
        capture_output=True, text=True, check=False, env=environment, cwd=work,
    )  # fmt: skip


def test_a_blessed_model_is_registered_once_and_loads_by_its_alias(
    tmp_path: Path, make_model: Make, make_blessing: Make, examples: Path
) -> None:
    model = make_model("good")
    blessing = make_blessing(model)
    uri = f"sqlite:///{tmp_path}/registry/mlflow.db"
    for _ in range(2):
        done = run(tmp_path, model, blessing, examples, uri=uri)
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
    assert answers[0]["positive"] == load(model).predict_proba(texts)[0, 2]
    versions = mlflow.MlflowClient().search_model_versions("name = 'sentiment'")
    assert [(it.version, it.tags["digest"]) for it in versions] == [(1, facts["digest"])]


@pytest.mark.parametrize(
    ("options", "uri", "message"),
    [
        ((), None, "MLFLOW_TRACKING_URI: not set"),
        (("--alias", "v1"), "sqlite:///x.db", "--alias: 'v1' is no alias"),
        (("--registered-model", "a/b"), "sqlite:///x.db", "--registered-model: 'a/b' is no name"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing_behind(
    tmp_path: Path, make_model: Make, make_blessing: Make, examples: Path,
    options: tuple[str, ...], uri: str | None, message: str,
) -> None:  # fmt: skip
    model = make_model("good")
    done = run(tmp_path, model, make_blessing(model), examples, *options, uri=uri)
    assert done.returncode == 2
    assert done.stderr.startswith(f"sentiment-push: {message}")
    assert done.stderr.count("\n") == 1
    assert list((tmp_path / "out").iterdir()) == list((tmp_path / "work").iterdir()) == []


def test_a_refused_model_is_not_pushed(
    tmp_path: Path, make_model: Make, make_blessing: Make, examples: Path
) -> None:
    model = make_model("good")
    blessing = make_blessing(model, verdict="refused")
    uri = f"sqlite:///{tmp_path}/registry/mlflow.db"
    done = run(tmp_path, model, blessing, examples, uri=uri)
    assert done.returncode == 2
    assert "the verdict is refused" in done.stderr
    assert list((tmp_path / "out").iterdir()) == []
    assert not (tmp_path / "registry").exists()


def test_a_model_that_fails_the_smoke_test_is_not_pushed(
    tmp_path: Path, make_model: Make, make_blessing: Make, examples: Path
) -> None:
    model = make_model("bad", weight=float("nan"))
    uri = f"sqlite:///{tmp_path}/registry/mlflow.db"
    done = run(tmp_path, model, make_blessing(model), examples, uri=uri)
    assert done.returncode == 2
    assert done.stderr.endswith("nothing was pushed: train the model again\n")
    assert list((tmp_path / "out").iterdir()) == []
    client = mlflow.MlflowClient(uri)
    assert client.search_registered_models() == []
