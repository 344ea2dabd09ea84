"""No model knows a label of the test split: only evaluate is given them to judge by."""

import shutil
import subprocess

import pytest

from sentiment_common.artifacts import (
    EXAMPLES,
    FEATURES,
    MANIFEST,
    TRANSFORM_GRAPH,
    Manifest,
    payload_digest,
    read_manifest,
    write_manifest,
)
from sentiment_pipelines import graph
from sentiment_pipelines.environments import process_environment, rooms, sync
from sentiment_pipelines.graph import TRAINING, Output

EXAMPLES_OF_THE_RUN = Output("ingest", "examples")
READ_ALL_SPLITS = {"validate", "transform", "evaluate", "push"}


@pytest.fixture(scope="module")
def tasks():
    return {task.name: task for task in graph.read(TRAINING, {})}


def stage(name, *arguments):
    room = rooms()[name]
    sync(room)
    command = [f"sentiment-{name}", *map(str, arguments)]
    subprocess.run(command, env=process_environment(room), check=True)


def transformed(examples, folder):
    outputs = {"transform_graph": TRANSFORM_GRAPH, "train_features": FEATURES}
    outputs["validation_features"] = FEATURES
    flags = [
        word for name in outputs for word in (f"--out-{name.replace('_', '-')}", folder / name)
    ]
    stage("transform", "--examples", examples, *flags)
    return {name: read_manifest(folder / name, kind).digest for name, kind in outputs.items()}


def test_no_trainer_is_given_the_examples(tasks):
    given = {name for name, task in tasks.items() if EXAMPLES_OF_THE_RUN in task.artifacts.values()}
    assert given == READ_ALL_SPLITS
    trainers = {name for name in tasks if name.startswith("train-")}
    assert len(trainers) == 4
    for name in trainers:
        makers = {it.task for it in tasks[name].artifacts.values()}
        assert makers <= {"transform", *trainers}, name


def test_what_trainers_are_given_is_the_same_whatever_the_test_split_holds(tmp_path, feedback):
    examples, other = tmp_path / "examples", tmp_path / "other"
    columns = ("--text-column", "review", "--rating-column", "stars")
    stage("ingest", "--source", feedback, *columns, "--out-examples", examples)
    shutil.copytree(examples, other)
    shutil.copy(other / "validation" / "examples.parquet", other / "test" / "examples.parquet")
    (other / MANIFEST).unlink()
    digest = payload_digest(other)
    assert digest != read_manifest(examples, EXAMPLES).digest
    write_manifest(other, Manifest("examples", EXAMPLES.schema_version, "test", "0", digest))
    assert transformed(examples, tmp_path / "a") == transformed(other, tmp_path / "b")
