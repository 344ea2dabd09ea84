"""Stages in their images with nothing but what they are given: no network, home, writable root.

The chain from feedback to a registered model, as a pod sees it: a user that nobody knows, an empty
working directory, inputs that cannot be written, one folder for outputs, and /tmp as the disk that
pipelines/conf gives every pod.
"""

import json
import math
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from kfp import dsl
from rich.console import Console

from sentiment_pipelines import images
from sentiment_pipelines.backends.kubeflow.platform import SCRATCH
from sentiment_pipelines.environments import ROOT, rooms

FEEDBACK = ROOT / "tests/data/feedback.csv"
USER = "23456:23456"
"""Nobody of the image's /etc/passwd."""
LABELS = ("negative", "neutral", "positive")
CHAIN = {
    "ingest": "sentiment-ingest --source /in/feedback.csv --text-column review "
    "--rating-column stars --out-examples /out/examples",
    "validate": "sentiment-validate --examples /in/examples --out-statistics /out/statistics "
    "--out-used-schema /out/schema --out-anomalies /out/anomalies --out-report /out/report.html "
    "--out-verdict /out/verdict",
    "transform": "sentiment-transform --examples /in/examples --out-train-features /out/train "
    "--out-validation-features /out/validation --out-transform-graph /out/graph",
    "train_baseline": "sentiment-train-baseline --train-features /in/train "
    "--transform-graph /in/graph --lexicon none "
    "--out-model /out/model --out-predictions /out/predictions",
    "evaluate": "sentiment-evaluate --examples /in/examples --candidate /in/model "
    "--force test:chain --out-evaluation /out/evaluation --out-blessing /out/blessing "
    "--out-model /out/chosen --out-report /out/evaluation.html --out-verdict /out/verdict",
    "push": "sentiment-push --model /in/chosen --blessing /in/blessing "
    "--evaluation /in/evaluation --examples /in/examples --out-pushed-model /out/pushed",
}
METRICS = ("metrics", "classification")


@dataclass
class Pods:
    """Runs stages as pods are run, each on what those before it have made.

    Attributes:
        folder: Where the outputs of all of them come to lie.
        images: The image of each stage.
    """

    folder: Path
    images: Mapping[str, str]

    def run(self, stage):
        """Runs a stage in its image."""
        out = self.folder / stage
        out.mkdir()
        out.chmod(0o777)
        told = {"outputs": {"artifacts": {name: self.metrics(name) for name in METRICS}}}
        asked = ["--executor-input", json.dumps(told), "--executor-output", "/out/executor.json"]
        return subprocess.run(
            [
                "docker", "run", "--rm", "--read-only", "--network", "none", "--user", USER,
                "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--entrypoint", "",
                "--tmpfs", "/empty:ro", "--workdir", "/empty", "--tmpfs", SCRATCH,
                *self.mounts(), "--mount", f"type=bind,source={out},target=/out",
                "--env", "MLFLOW_TRACKING_URI=sqlite:////out/mlflow.db", self.images[stage],
                "env", "-u", "HOME", *CHAIN[stage].split(), *asked,
            ],
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip

    def mounts(self):
        """Returns every output of earlier stages as an input that cannot be written."""
        paths = [FEEDBACK, *self.folder.glob("*/*")]
        return [
            part
            for path in paths
            if not path.name.startswith("executor")
            for part in ("--mount", f"type=bind,source={path},target=/in/{path.name},readonly")
            if path.name not in ("verdict", "mlflow.db")
        ]

    def metrics(self, name):
        """Returns an artifact of KFP's own types, as KFP announces it."""
        return {"artifacts": [{"name": name, "uri": f"s3://bucket/{name}"}]}

    def told(self, stage):
        """Returns what a stage told KFP."""
        return json.loads((self.folder / stage / "executor.json").read_text())


@pytest.fixture(scope="module")
def pods(client, base, tmp_path_factory):
    """Runs the whole chain, once."""
    built = images.build([rooms()[stage] for stage in CHAIN], Console(stderr=True))
    references = [made.image.reference for made in built]
    found = Pods(tmp_path_factory.mktemp("pods"), dict(zip(CHAIN, references, strict=True)))
    for stage in CHAIN:
        done = found.run(stage)
        assert done.returncode == 0, f"{stage}: {done.stdout}{done.stderr}"
    return found


def test_every_stage_makes_its_outputs_with_an_empty_root_beside_its_mounts(pods):
    for stage, command in CHAIN.items():
        words = command.split()
        outputs = [words[at + 1] for at, word in enumerate(words) if word.startswith("--out-")]
        for output in outputs:
            assert (pods.folder / stage / Path(output).name).exists(), output
        kept = {path.name for path in (pods.folder / stage).iterdir()}
        wanted = {Path(output).name for output in outputs} | {"executor.json"}
        assert kept - wanted <= ({"mlflow.db", "artifacts"} if stage == "push" else set())


def test_the_outputs_belong_to_the_user_of_the_pod(pods):
    owners = {path.stat().st_uid for path in pods.folder.glob("*/*/**/*")}
    assert owners == {int(USER.partition(":")[0])}


def test_a_model_is_registered_from_there(pods):
    facts = json.loads((pods.folder / "push/pushed/pushed_model.json").read_text())
    assert (facts["name"], facts["version"], facts["alias"]) == ("sentiment", "1", "champion")


def test_kubeflows_interface_is_given_the_matrix_and_curve_as_its_own_sdk_writes_them(pods):
    told = pods.told("evaluate")["artifacts"]["classification"]["artifacts"][0]["metadata"]
    matrix = [row["row"] for row in told["confusionMatrix"]["rows"]]
    points = told["confidenceMetrics"]
    own = dsl.ClassificationMetrics()
    own.log_confusion_matrix(list(LABELS), matrix)
    own.log_roc_curve(
        [point["falsePositiveRate"] for point in points],
        [point["recall"] for point in points],
        [point["confidenceThreshold"] for point in points],
    )
    assert told == own.metadata
    assert all(math.isfinite(number) for point in points for number in point.values())
    rows = json.loads((pods.folder / "ingest/examples/summary.json").read_text())
    assert sum(map(sum, matrix)) == rows["rows"]["test"]


def test_kubeflows_interface_is_given_finite_figures_by_name(pods):
    told = pods.told("evaluate")["artifacts"]["metrics"]["artifacts"][0]["metadata"]
    own = dsl.Metrics()
    for name, value in told.items():
        own.log_metric(name, value)
    assert told == own.metadata
    assert all(isinstance(value, float) and math.isfinite(value) for value in told.values())
