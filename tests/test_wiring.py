"""The types of the artifacts keep pipelines together, ours and other people's."""

import json

import pytest
from kfp import compiler, components, dsl
from kfp.dsl.types.type_utils import InconsistentTypeException

from sentiment_pipelines import compilation
from sentiment_pipelines.backends import local, process
from sentiment_pipelines.environments import ROOT, rooms, sync
from sentiment_pipelines.runs import Run


def load(stage):
    return components.load_component_from_file(str(ROOT / "components" / stage / "component.yaml"))


def test_a_mis_wired_pipeline_does_not_compile(tmp_path):
    ingest, baseline = load("ingest"), load("train_baseline")

    def mis_wired():
        examples = ingest().outputs["examples"]
        baseline(train_features=examples, transform_graph=examples)

    with pytest.raises(InconsistentTypeException, match=r"SentimentExamples.*SentimentFeatures"):
        compiler.Compiler().compile(dsl.pipeline(mis_wired), str(tmp_path / "out.yaml"))


def test_another_teams_pipeline_runs_two_of_our_components(tmp_path, monkeypatch, feedback):
    """Made from two committed component.yaml files alone: read a file, judge its data."""
    ingest, validate = load("ingest"), load("validate")

    @dsl.pipeline(name="data-check")
    def data_check(source: str):
        examples = ingest(source=source, text_column="review", rating_column="stars")
        validate(examples=examples.outputs["examples"])

    monkeypatch.setattr("sentiment_pipelines.runs.VAR", tmp_path)
    compiled = tmp_path / "data-check.yaml"
    compiler.Compiler().compile(data_check, str(compiled))
    for image in local.images(compiled):
        sync(local.room_for(image))
    run = Run.begin({})
    backend = process.Processes()
    assert local.execute(compiled, {"source": str(feedback)}, run, [], {}, None, backend)
    assert [task.name for task in run.tasks] == ["ingest", "validate"]
    assert run.tasks[1].results == {"verdict": "accepted"}
    summary = json.loads((run.tasks[0].folder / "examples" / "summary.json").read_text())
    rows = summary["rows"]
    assert rows["read"] == rows["kept"] + rows["dropped"]


@pytest.mark.parametrize("pipeline", compilation.PIPELINES, ids=lambda path: path.stem)
def test_every_stage_of_a_pipeline_has_a_component(pipeline):
    known = {"sentiment-" + room.replace("_", "-") for room in rooms()}
    assert {image.partition(":")[0] for image in local.images(pipeline)} <= known
