"""A real tracking store and real runs for the tests of this room."""

import json

import mlflow
import pytest

from sentiment_common.artifacts import Manifest, payload_digest, write_json, write_manifest
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
