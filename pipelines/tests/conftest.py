"""A real tracking store and real runs for the tests of this room."""

import json

import mlflow
import pytest

from sentiment_common import promotions
from sentiment_common.artifacts import (
    BLESSING,
    MODEL,
    Manifest,
    payload_digest,
    write_json,
    write_manifest,
)
from sentiment_common.promotions import Promotion
from sentiment_pipelines import cli, keys, runs
from sentiment_pipelines.cache import Cache
from sentiment_pipelines.commands import history
from sentiment_pipelines.runs import Run


@pytest.fixture(scope="session")
def client(tmp_path_factory):
    """A client of a sqlite store: the one a run uses where no server is named."""
    folder = tmp_path_factory.mktemp("mlflow")
    client = mlflow.MlflowClient(f"sqlite:///{folder}/mlflow.db")
    location = (folder / "artifacts").as_uri()
    client.create_experiment("sentiment", artifact_location=location)
    return client


class Registry:
    """Promotes models as push does."""

    def __init__(self, client, folder):
        self.client, self.folder = client, folder
        client.create_registered_model("sentiment")

    def push(self, name, action=promotions.PUSH, alias="champion", **facts):
        """Registers a bundle of that name with its blessing and gives it an alias."""
        bundle = self.folder / name / "artifacts" / "bundle"
        write_json(bundle / "bundle.json", {"name": name})
        digest = payload_digest(bundle)
        write_manifest(bundle, Manifest(MODEL.name, MODEL.schema_version, "test", "1", digest))
        tags = {"candidate": name, "digest": digest}
        source, run = (self.folder / name).as_uri(), self.bless(name, digest)
        version = self.client.create_model_version("sentiment", source, run, tags)
        promotion = Promotion(
            promotions.now(), alias, action, str(version.version), digest, name, **facts
        )
        promotions.promote(self.client, "sentiment", promotion)
        return digest

    def bless(self, name, digest, verdict="blessed"):
        """Makes the run that keeps a blessing."""
        folder = self.folder / f"{name}-blessing"
        facts = {"verdict": verdict, "reason": "better beyond doubt", "candidate_digest": digest}
        write_json(folder / "blessing.json", facts)
        manifest = Manifest(
            BLESSING.name, BLESSING.schema_version, "t", "1", payload_digest(folder)
        )
        write_manifest(folder, manifest)
        experiment = self.client.get_experiment_by_name("sentiment").experiment_id
        run = self.client.create_run(experiment).info.run_id
        self.client.log_artifacts(run, str(folder), "blessing")
        return run

    def behind(self, alias):
        """Returns the name of the model that has an alias."""
        return self.client.get_model_version_by_alias("sentiment", alias).tags["candidate"]

    @property
    def reigning(self):
        """Name of the champion."""
        return self.behind("champion")


@pytest.fixture
def registry(client, tmp_path, monkeypatch):
    """A registry with no version yet, the one that commands use."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", client.tracking_uri)
    yield Registry(client, tmp_path / "store")
    client.delete_registered_model("sentiment")


class MadeRuns:
    """Makes runs on disk as a backend would: real artifacts, kept and reused by the real cache."""

    def make(self, id_, *, seed=13, epochs=30, score=0.7, status="finished", pushed=False, **facts):
        """Makes a run: examples by seed, a model by seed and epochs, its evaluation."""
        run = Run(id_)
        run.logs.mkdir(parents=True)
        parameters = {"seed": seed, "epochs": epochs, "source": "default"}
        run.note(status=status, parameters=parameters, process=1, **facts)
        examples = self._task(
            run, "ingest", {"seed": seed}, {"examples": {"summary.json": {"rows": {"kept": seed}}}}
        )["examples"]
        made = {"seed": seed, "epochs": epochs}
        model = self._task(run, "train", made, {"model": {"weights.json": made}}, examples)["model"]
        figures = {"macro_f1": {"value": score, "low": score - 0.03, "high": score + 0.03}}
        judged = {"name": "deep", "digest": model, "chosen": True, "test": {"metrics": figures}}
        outputs = {"evaluation": {"evaluation.json": {"models": [judged]}}}
        self._task(run, "evaluate", {**made, "score": score}, outputs, examples)
        if pushed:
            facts = {"pushed_model": {"pushed_model.json": {"digest": model}}}
            self._task(run, "push", {"run": id_}, facts, model, reusable=False)
        return run

    @staticmethod
    def key(name, parameters):
        """Returns a task's key."""
        identity = keys.Identity({"src/a.py": "1" * 64}, "lock", "3.11.7")
        return keys.key(f"sentiment-{name}:1", "interface", parameters, {}, identity)

    def find(self, name, parameters):
        """Returns the finished task that a next run would reuse."""
        return Cache(runs.folder()).find(self.key(name, parameters))

    def _task(self, run, name, parameters, outputs, source="sha256:0", *, reusable=True):
        folder = run.folder / "tasks" / "training" / name
        folder.mkdir(parents=True)
        listed = {output: {"artifacts": [{"name": output, "uri": ""}]} for output in outputs}
        if reusable and (entry := self.find(name, parameters)):
            asked = json.dumps({"outputs": {"artifacts": listed}})
            return Cache(runs.folder()).reuse(entry, folder, asked).outputs
        for output, files in outputs.items():
            for path, content in files.items():
                write_json(folder / output / path, content)
            digest = payload_digest(folder / output)
            manifest = Manifest(output, 1, f"sentiment-{name}", "1", digest, {"model": source})
            write_manifest(folder / output, manifest)
        write_json(folder / "executor_output.json", {"parameterValues": {}, "artifacts": listed})
        (run.logs / f"{name}.sh").write_text("#!/bin/sh\n")
        key = self.key(name, parameters)
        made = Cache(runs.folder()).keep(name, key, run.id, 1.0, folder)
        if not reusable:
            (folder / "task.json").unlink()
            (runs.folder() / "by-key" / key.digest).unlink()
        return made.outputs


@pytest.fixture
def made_runs(tmp_path, monkeypatch):
    """A ``var`` of its own, and what makes runs in it."""
    monkeypatch.setattr(runs, "VAR", tmp_path)
    return MadeRuns()


@pytest.fixture
def run_command(monkeypatch, capsys):
    """Runs a command line that looks back; returns its exit code and what it wrote."""
    monkeypatch.setattr(cli, "COMMANDS", tuple({*cli.COMMANDS, history}))

    def run(*words):
        with pytest.raises(SystemExit) as end:
            cli.main(words)
        return (end.value.code, *capsys.readouterr())

    return run
