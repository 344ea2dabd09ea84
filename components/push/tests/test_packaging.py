"""The registered model brings all it needs, and is the bundle to the last digit."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sentiment_common.artifacts import MODEL, read_intact
from sentiment_common.errors import InputError
from sentiment_models import load
from sentiment_push import packaging, smoke

ALONE = """
import importlib.util, json, pathlib, sys
for name in ("sentiment_push", "sentiment_models", "sentiment_common"):
    if found := importlib.util.find_spec(name):
        sys.path.remove(str(pathlib.Path(found.origin).parents[1]))
    assert importlib.util.find_spec(name) is None
import mlflow
model = mlflow.pyfunc.load_model(sys.argv[1])
import sentiment_models
print(json.dumps([sentiment_models.__file__, model.predict(["It is great.", ""])]))
"""


def test_it_holds_the_bundle_and_loads_where_no_sentiment_package_is_installed(
    tmp_path: Path, make_model: Callable[..., Path]
) -> None:
    bundle = make_model("good")
    packaging.write_mlflow_model(bundle, tmp_path / "mlflow_model")
    packed = tmp_path / "mlflow_model" / "artifacts" / "bundle"
    assert read_intact(packed, MODEL).digest == read_intact(bundle, MODEL).digest
    done = subprocess.run(
        [sys.executable, "-c", ALONE, tmp_path / "mlflow_model"],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    used, answers = json.loads(done.stdout)
    assert Path(used).is_relative_to(tmp_path / "mlflow_model" / "code")
    expected = load(bundle).predict_proba(["It is great.", ""])
    assert answers[0]["label"] == "positive"
    for answer, row in zip(answers, expected, strict=True):
        assert [answer[label] for label in ("negative", "neutral", "positive")] == row.tolist()


def test_the_requirements_are_pinned_and_no_more_than_the_backend_needs(
    make_model: Callable[..., Path],
) -> None:
    names = [line.partition("==")[0] for line in packaging.requirements(make_model("good"))]
    assert names == ["mlflow", "google-re2", "numpy"]


def test_an_ensemble_needs_what_its_members_need(
    make_model: Callable[..., Path], make_ensemble: Callable[..., Path]
) -> None:
    members = [make_model("baseline"), make_model("deep")]
    facts = json.loads((members[1] / "bundle.json").read_text())
    (members[1] / "bundle.json").write_text(json.dumps({**facts, "backend": "onnx"}))
    lines = packaging.requirements(make_ensemble(members))
    names = [line.partition("==")[0] for line in lines]
    assert names == ["mlflow", "google-re2", "numpy", "onnxruntime", "tokenizers"]


def test_an_ensemble_answers_from_its_package_as_from_its_folder(
    tmp_path: Path, make_model: Callable[..., Path], make_ensemble: Callable[..., Path]
) -> None:
    bundle = make_ensemble([make_model("a"), make_model("b", weight=1.0)])
    packaging.write_mlflow_model(bundle, tmp_path / "mlflow_model")
    packaging.check(tmp_path / "mlflow_model", load(bundle), smoke.tolerance(bundle))


def test_a_package_that_answers_differently_is_found(
    tmp_path: Path, make_model: Callable[..., Path]
) -> None:
    packaging.write_mlflow_model(make_model("good"), tmp_path / "mlflow_model")
    other = load(make_model("other", weight=1.0))
    with pytest.raises(InputError, match="differ by"):
        packaging.check(tmp_path / "mlflow_model", other)
