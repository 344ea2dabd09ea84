"""What a compiled pipeline is read as, on the committed one and on small ones of kfp's compiler."""

import pytest
from kfp import compiler, dsl

from sentiment_pipelines import graph
from sentiment_pipelines.graph import TRAINING, Condition, Imported, Output


@pytest.fixture(scope="module")
def tasks():
    outside = ("champion", "previous_examples", "previous_statistics")
    arguments = {name: f"/outside/{name}" for name in outside}
    return {task.name: task for task in graph.read(TRAINING, {**arguments, "epochs": 3})}


def test_tasks_come_after_those_they_take_something_from(tasks):
    place = {name: at for at, name in enumerate(tasks)}
    assert list(tasks)[:2] == ["ingest", "validate"]
    for task in tasks.values():
        assert all(place[name] < place[task.name] for name in graph.producers(task))


def test_a_parameter_is_what_was_given_else_the_pipelines_else_the_components(tasks):
    assert tasks["train-deep"].parameters["epochs"] == 3
    assert tasks["train-deep"].parameters["seed"] == 13
    assert tasks["train-deep"].parameters["patience"] == 3
    assert isinstance(tasks["train-deep"].parameters["seed"], int)


def test_inputs_are_followed_through_nested_graphs_to_whoever_makes_them(tasks):
    artifacts = tasks["evaluate"].artifacts
    assert artifacts["examples"] == Output("ingest", "examples")
    assert artifacts["out_of_domain"] == Output("ingest-2", "examples")
    assert artifacts["candidate_2"] == Output("train-deep", "model")
    assert artifacts["champion"] == Imported("/outside/champion")


def test_a_task_knows_every_condition_around_it(tasks):
    assert tasks["ingest"].conditions == ()
    accepted = Condition(Output("validate", "verdict"), equal=True, right="accepted")
    assert tasks["transform"].conditions == (accepted,)
    blessed = Condition(Output("evaluate", "verdict"), equal=True, right="blessed")
    assert tasks["push"].conditions == (accepted, blessed)


def test_only_what_acts_on_the_world_outside_is_never_reused(tasks):
    assert [name for name, task in tasks.items() if not task.reusable] == ["push"]


def test_a_condition_of_another_form_is_known_to_be_unknown(tmp_path):
    @dsl.component(base_image="python:3.11", install_kfp_package=False)
    def make() -> int:
        return 1

    @dsl.pipeline
    def nested():
        number = make()
        with dsl.If(number.output > 3):
            make()

    compiler.Compiler().compile(nested, str(tmp_path / "nested.yaml"))
    first, second = graph.read(tmp_path / "nested.yaml", {})
    assert first.conditions == ()
    assert second.conditions == (Condition(Output("make", "Output")),)
