"""Small runs with real examples, a real registry and a real request log."""

import csv
import functools
import json
import shutil
import subprocess
from dataclasses import asdict

import pytest

from sentiment_common import promotions
from sentiment_common.artifacts import Manifest, payload_digest, write_json, write_manifest
from sentiment_common.promotions import Promotion
from sentiment_common.request_log import Entry, Feedback
from sentiment_common.request_log.entry import entry_line, to_line
from sentiment_pipelines import environments, keys, runs
from sentiment_pipelines.cache import Cache
from sentiment_pipelines.runs import Run

THINGS = ("parcel", "phone", "battery", "screen", "charger", "cable", "invoice", "refund", "driver")
SAID = {
    "negative": "my {} broke, what a terrible {}",
    "neutral": "a {} came on monday with its {}",
    "positive": "love the {} and its wonderful {}",
}
PAIRS = list(zip(THINGS, (*THINGS[1:], THINGS[0]), strict=True))
FIRST, SECOND = "20260101-120000-000", "20260102-120000-000"
LOG = "requests-20260101T130000.000000Z-7"
SHARES = {"negative": 0.7, "neutral": 0.2, "positive": 0.1}


def rows_of(*more):
    """Rows of a source, with what is added to them."""
    rows = [
        (f"{label[:3]}-{pair[0]}", text.format(*pair), label)
        for label, text in SAID.items()
        for pair in PAIRS
    ]
    return [*rows, ("again", SAID["neutral"].format(*PAIRS[0]).upper(), "neutral"), *more]


def entry(request, text="My PHONE broke", *, position=0, time="2026-01-01T14:00:00.000Z", **facts):
    """An entry of the log."""
    told = {
        "seq": 0, "time": time, "request_id": request, "position": position, "model": "sentiment",
        "digest": "sha256:0", "variant": "", "text": text, "text_kept": "redacted",
        "label": "negative", "probabilities": SHARES, "latency_ms": 3.0, "caller": "",
    }  # fmt: skip
    return Entry(**{**told, **facts})


class World:
    """The runs, the log and the registry of a machine.

    Args:
        folder: Its ``var``.
        client: An ``mlflow.MlflowClient``.
        ingested: Returns what ingest makes of a file of that name and content.
    """

    def __init__(self, folder, client, ingested):
        self.folder, self.client, self.ingested = folder, client, ingested
        self.log = folder / "requests"
        (folder / "runs").mkdir()
        self.cache = Cache(folder / "runs")
        client.create_registered_model("sentiment")

    def ingest(self, run, rows, name="reviews.csv"):
        """Has a run make examples with the real stage; returns their digest."""
        source = self.folder / name
        source.parent.mkdir(parents=True, exist_ok=True)
        with source.open("w", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows([("id", "text", "label"), *rows])
        folder = self.at(run, "ingest")
        shutil.copytree(self.ingested(source.name, source.read_text()), folder)
        self._keep(run, "ingest", {})
        return self.digest(run, "ingest", "examples")

    def train(self, run, examples, content="weights", name="train-baseline"):
        """Has a run train a model; returns its digest."""
        folder = self.at(run, name)
        write_json(folder / "model" / "content.json", content)
        digest = payload_digest(folder / "model")
        inputs = {"examples": examples}
        manifest = Manifest(
            "model", 1, f"sentiment-{name}", "1.0.0", digest, inputs, code="sha256:c0dec0de"
        )
        write_manifest(folder / "model", manifest)
        self._keep(run, name, inputs)
        return digest

    def push(self, run, digest, time, alias="champion", **tags):
        """Registers a model, and gives it an alias."""
        experiment = self.client.get_experiment_by_name("sentiment").experiment_id
        mlflow_run = self.client.create_run(experiment).info.run_id
        told = {"digest": digest, "candidate": "baseline", "sentiment.run": run, **tags}
        source = self.at(run, "train-baseline").as_uri()
        version = self.client.create_model_version("sentiment", source, mlflow_run, told)
        promotion = Promotion(time, alias, promotions.PUSH, str(version.version), digest, run=run)
        promotions.promote(self.client, "sentiment", promotion)
        return str(version.version)

    def begin(self, run, **facts):
        """Makes a run."""
        (self.folder / "runs" / run).mkdir(parents=True)
        told = {"status": "finished", "outcome": "pushed", "pipeline": "training"}
        given = {"backend": "process", "revision": "a" * 40 + "-dirty", "data": []}
        Run(run).note(**told, **given, parameters={"source": "reviews.csv"}, **facts)

    def write(self, *entries, part=0):
        """Writes a file of the log."""
        self.log.mkdir(exist_ok=True)
        path = self.log / f"{LOG}-{part:06}.jsonl"
        path.write_bytes(b"".join(map(entry_line, entries)))
        return path

    def say(self, *words):
        """Writes feedback: request, position, label, time."""
        lines = [
            to_line(asdict(Feedback(time, request, position, label, "agent")))
            for request, position, label, time in words
        ]
        (self.log / "feedback-1.jsonl").write_bytes(b"".join(lines))

    def at(self, run, task):
        return self.folder / "runs" / run / "tasks" / "training" / task

    def digest(self, run, task, output):
        return json.loads((self.at(run, task) / output / "artifact.json").read_text())["digest"]

    def _keep(self, run, name, inputs):
        folder = self.at(run, name)
        write_json(folder / "executor_output.json", {"parameterValues": {}, "artifacts": {}})
        what = keys.Identity({}, "1" * 64, "3.11.7")
        key = keys.key(f"sentiment-{name}:1.0.0", "interface", {"run": run}, inputs, what)
        self.cache.keep(name, key, run, 1.0, folder)


@pytest.fixture(scope="session")
def ingested(tmp_path_factory):
    """What the real stage makes of a file, made once for all tests."""
    room = environments.rooms()["ingest"]
    environments.sync(room)

    @functools.cache
    def make(name, content):
        folder = tmp_path_factory.mktemp("ingested")
        (folder / name).write_text(content)
        command = [
            room.environment / "bin" / "sentiment-ingest", "--source", folder / name,
            "--id-column", "id", "--text-column", "text", "--label-column", "label",
            "--out-examples", folder / "out" / "examples",
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True)
        return folder / "out"

    return make


@pytest.fixture
def world(tmp_path, client, ingested, monkeypatch):
    """A machine without runs."""
    monkeypatch.setattr(runs, "VAR", tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", client.tracking_uri)
    monkeypatch.chdir(tmp_path)
    yield World(tmp_path, client, ingested)
    client.delete_registered_model("sentiment")


@pytest.fixture
def story(world):
    """Two champions, one after the other; the first was asked, and the second learned from it."""
    world.begin(FIRST)
    first = world.train(FIRST, world.ingest(FIRST, rows_of()))
    world.push(FIRST, first, "2026-01-01T13:00:00Z")
    asked = "your phone broke again, terrible thing"
    world.write(
        entry("order-17", asked, digest=first),
        entry("order-18", digest=first, position=0, label="positive"),
        entry("order-18", digest=first, position=1),
        entry("order-19", digest=first, time="2026-01-02T15:00:00.000Z"),
    )
    world.say(("order-17", 0, "neutral", "2026-01-01T15:00:00.000Z"),
              ("order-17", 0, "negative", "2026-01-01T16:00:00.000Z"),
              ("order-18", 0, "negative", "2026-01-01T16:00:00.000Z"))  # fmt: skip
    world.begin(SECOND)
    learned = rows_of(("order-17:0", asked, "negative"))
    examples = world.ingest(SECOND, learned, "retraining/data/0a1b.csv")
    second = world.train(SECOND, examples, "other weights")
    world.push(SECOND, second, "2026-01-02T14:00:00Z", examples=examples)
    return world
