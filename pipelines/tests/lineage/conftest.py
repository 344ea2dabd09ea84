"""Runs with small artifacts, laid out and recorded by the code that a real run uses."""

import json

import pytest

from sentiment_common.artifacts import (
    Manifest,
    Source,
    payload_digest,
    write_json,
    write_manifest,
)
from sentiment_pipelines import keys, runs
from sentiment_pipelines.cache import Cache
from sentiment_pipelines.runs import FINISHED, Run


class House:
    """The runs of a machine.

    Args:
        folder: ``var/runs``.
    """

    first, second, third = (f"2026010{day}-120000-000" for day in (1, 2, 3))
    reviews = Source("/data/reviews.csv", "c" * 64, 1234)
    glove = Source("glove-6b-50d", "d" * 64, 56_789)

    def __init__(self, folder):
        self.folder, self.cache = folder, Cache(folder)

    def write(self, folder, kind, content, inputs=None, sources=(), producer="sentiment-test"):
        """Writes an artifact and returns its digest; equal content gives an equal digest."""
        write_json(folder / "content.json", content)
        digest = payload_digest(folder)
        code = "sha256:c0dec0dec0dec0de"
        manifest = Manifest(
            kind, 1, producer, "1.0.0", digest, inputs or {}, sources=sources, code=code
        )
        write_manifest(folder, manifest)
        return digest

    def champion(self, run, bundle):
        """Writes the champion that a run is given: a folder with the bundle, or None."""
        folder, named = self.folder / run / "champion", {}
        version = "7" if bundle else None
        write_json(folder / "champion.json", {"version": version})
        if bundle:
            named = {"bundle": self.write(folder / "bundle", "model", bundle)}
            named["evaluation"] = self.write(folder / "evaluation", "evaluation", "old figures")
        digest = payload_digest(folder, named)
        manifest = Manifest("champion", 1, "sentiment-pipelines", "1.0.0", digest, named=named)
        write_manifest(folder, manifest)
        return digest

    def at(self, run, task):
        return self.folder / run / "tasks" / "training" / task

    def digest(self, run, task, output):
        return json.loads((self.at(run, task) / output / "artifact.json").read_text())["digest"]

    def begin(self, run):
        (self.folder / run).mkdir(parents=True, exist_ok=True)
        Run(run).note(status=FINISHED, revision=f"revision of {run}")

    def task(self, run, name, outputs, inputs=None, sources=()):
        """Has a task make outputs (name: kind and content) and returns their digests."""
        self.begin(run)
        folder = self.at(run, name)
        digests = {
            output: self.write(folder / output, kind, content, inputs, sources, f"sentiment-{name}")
            for output, (kind, content) in outputs.items()
        }
        write_json(folder / "executor_output.json", {"parameterValues": {}, "artifacts": {}})
        self.cache.keep(name, key(name, inputs), run, 1.0, folder)
        return digests

    def reuse(self, run, name, inputs=None):
        """Has a run reuse a task."""
        self.begin(run)
        executor_input = json.dumps({"outputs": {"artifacts": {}}})
        self.cache.reuse(self.cache.find(key(name, inputs)), self.at(run, name), executor_input)

    def train(self, run, bundle=None):
        """Has a run train two models and choose one; returns all digests."""
        made = self.task(run, "ingest", {"examples": ("examples", "rows")}, {}, [self.reviews])
        transformed = {"features": ("features", "numbers"), "graph": ("transform_graph", "steps")}
        made |= self.task(run, "transform", transformed, {"examples": made["examples"]})
        features = {"features": made["features"]}
        linear = self.task(run, "train-baseline", {"model": ("model", "linear")}, features)
        deep = self.task(run, "train-deep", {"model": ("model", "deep")}, features, [self.glove])
        judged = {
            "candidate": linear["model"],
            "candidate_2": deep["model"],
            "champion": self.champion(run, bundle),
            "examples": made["examples"],
        }
        chosen = {"evaluation": ("evaluation", "figures"), "model": ("model", "linear")}
        return made | judged | self.task(run, "evaluate", chosen, judged)


def key(name, inputs):
    return keys.key(f"{name}:1", "interface", {}, inputs or {}, keys.Identity({}, "lock", "3.11"))


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A machine without runs."""
    monkeypatch.setattr(runs, "VAR", tmp_path)
    (tmp_path / "runs").mkdir()
    return House(tmp_path / "runs")
