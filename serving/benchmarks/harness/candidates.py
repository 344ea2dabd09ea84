"""The services that are measured against each other, and what they need to run."""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from harness.load import post

ROOT = Path(__file__).resolve().parents[3]
PEERS = Path(__file__).resolve().parents[1] / "peers"
sys.path.insert(0, str(ROOT / "pipelines" / "src"))

from sentiment_pipelines.environments import (  # noqa: E402
    VAR,
    Room,
    process_environment,
    rooms,
    sync,
)

OURS, BARE, MLFLOW, BENTOML = "this service", "bare ASGI", "mlflow models serve", "plain BentoML"


@dataclass(frozen=True)
class Candidate:
    """A service to be measured.

    Attributes:
        name: As it stands in the tables.
        command: What starts it on a port.
        environment: Its environment variables.
        request: The request that scores a text with it.
    """

    name: str
    command: Callable[[int], list[str]]
    environment: dict[str, str]
    request: Callable[[str], bytes]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds what every benchmark takes."""
    parser.add_argument("--run", type=Path, help="run of the pipeline (default: the newest)")
    parser.add_argument("--model", type=Path, help="linear bundle (default: the run's baseline)")
    parser.add_argument("--deep-model", type=Path, help="deep bundle (default: the run's)")
    parser.add_argument("--quick", action="store_true", help="see that it works, in a minute")


def all_linear(
    run: Path | None, model: Path | None, scratch: Path
) -> tuple[list[Candidate], list[str]]:
    """Returns every service that has a linear model, and the texts of the run's test split."""
    bundle = model or of_run(run, "train-baseline", "model")
    peer, texts = bentoml(of_run(run, "ingest", "examples"), scratch)
    return [ours(bundle, scratch / "home"), bare(bundle), mlflow(bundle, scratch), peer], texts


def deep(run: Path | None, model: Path | None, scratch: Path, **variables: str) -> Candidate:
    """Returns our service on a deep bundle."""
    bundle = model or of_run(run, "train-deep", "model")
    candidate = ours(bundle, scratch / "home", "serving-tensorflow", **variables)
    return replace(candidate, name=f"{OURS}, deep")


def of_run(run: Path | None, task: str, output: str) -> Path:
    """Returns an output of a task in a run of the pipeline, the newest if none is named.

    Raises:
        SystemExit: There is no such run.
    """
    folder = run or VAR / "runs" / "latest"
    found = sorted(folder.glob(f"tasks/*/{task}/{output}"))
    if not found:
        raise SystemExit(f"{folder} has no {output} of {task}: `make pipeline-run` makes one")
    return found[0].resolve()


def ours(model: Path, home: Path, room: str = "serving", **variables: str) -> Candidate:
    """Returns our service on a bundle.

    Args:
        model: The bundle.
        home: Where the servers may write.
        room: ``serving`` for a linear bundle, ``serving-tensorflow`` for a deep one.
        variables: Settings by environment variable.
    """
    sync(rooms()[room])
    script = rooms()[room].environment / "bin" / "sentiment-serve"

    def command(port: int) -> list[str]:
        return [
            str(script), "run", "--model", str(model), "--port", str(port), "--home", str(home),
        ]  # fmt: skip

    environment = {**process_environment(rooms()[room]), **variables}
    return Candidate(OURS, command, environment, one_text)


def bare(model: Path) -> Candidate:
    """Returns a bare ASGI app around the same scorer."""
    script = str(PEERS / "bare.py")
    return Candidate(
        BARE,
        lambda port: [sys.executable, script, str(model), str(port)],
        dict(os.environ),
        one_text,
    )


def mlflow(model: Path, scratch: Path) -> Candidate:
    """Returns ``mlflow models serve`` on the MLflow model that push makes of the same bundle."""
    room = _peer("mlflow")
    sync(rooms()["push"])
    folder = scratch / "pushed" / "model"
    folder.parent.mkdir()
    packed = [str(rooms()["push"].python), str(PEERS / "mlflow/package.py"), str(model)]
    subprocess.run([*packed, str(folder)], check=True, env=process_environment(rooms()["push"]))
    serve = [str(room.environment / "bin" / "mlflow"), "models", "serve", "--model-uri"]

    def command(port: int) -> list[str]:
        return [*serve, str(folder), "--env-manager", "local", "--port", str(port)]

    environment = {**process_environment(room), "MLFLOW_DISABLE_TELEMETRY": "true"}
    return Candidate(
        MLFLOW,
        command,
        environment,
        lambda text: post("/invocations", json.dumps({"inputs": [text]}).encode()),
    )


def bentoml(examples: Path, scratch: Path) -> tuple[Candidate, list[str]]:
    """Returns a scikit-learn pipeline behind BentoML, and the texts of the test split."""
    room, texts = _peer("bentoml"), scratch / "texts.json"
    environment = {
        **process_environment(room),
        "BENTOML_HOME": str(scratch / "bentoml"),
        "BENTOML_DO_NOT_TRACK": "True",
    }
    train = [str(room.python), str(PEERS / "bentoml" / "train.py"), str(examples), str(texts)]
    subprocess.run(train, check=True, env=environment)
    serve = [str(room.environment / "bin" / "bentoml"), "serve", "--working-dir"]

    def command(port: int) -> list[str]:
        return [*serve, str(PEERS / "bentoml"), "service:SentimentClassifier", "--port", str(port)]

    peer = Candidate(
        BENTOML,
        command,
        environment,
        lambda text: post("/predict", json.dumps({"texts": [text]}).encode()),
    )
    return peer, json.loads(texts.read_text())


def _peer(name: str) -> Room:
    room = Room(f"serving-peer-{name}", PEERS / name)
    sync(room)
    return room


def one_text(text: str) -> bytes:
    """Returns the request of this service that scores a text."""
    return post("/predict", json.dumps({"text": text}).encode())
