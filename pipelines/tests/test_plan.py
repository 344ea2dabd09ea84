"""What a run would do, planned on a small pipeline with a real cache."""

import pytest

from sentiment_common.artifacts import write_json
from sentiment_pipelines import graph, keys
from sentiment_pipelines.cache import Cache
from sentiment_pipelines.graph import Condition, Imported, Output, Task
from sentiment_pipelines.plan import DEPENDS, RERUN, REUSE, SKIP, plan

IDENTITY = keys.Identity({"src/a.py": "1" * 64}, "lock", "3.11.7")
ACCEPTED = Condition(Output("validate", "verdict"), equal=True, right="accepted")


def task(name, parameters=None, artifacts=None, conditions=(), *, reusable=True):
    image = f"sentiment-{name}:1"
    return Task(name, image, "interface", parameters or {}, artifacts or {}, conditions, reusable)


def pipeline(seed=1):
    return [
        task("ingest", {"seed": seed}, {"previous": Imported("outside")}),
        task("validate", {}, {"examples": Output("ingest", "out")}),
        task("train", {"seed": seed}, {"examples": Output("ingest", "out")}, (ACCEPTED,)),
        task("push", {}, {"model": Output("train", "out")}, (ACCEPTED,), reusable=False),
    ]


def planned(runs, tasks, outside="sha256:0"):
    steps = plan(tasks, lambda uri: outside, lambda image: IDENTITY, Cache(runs))
    return {step.task: (step.action, list(step.reasons)) for step in steps}


@pytest.fixture
def runs(tmp_path):
    """All but push has run, with seed 1."""
    return finish(tmp_path, "accepted")


def finish(runs, verdict):
    digests = {"ingest": {"previous": "sha256:0"}}
    for each in pipeline():
        if not each.reusable or (each.conditions and verdict != "accepted"):
            continue
        folder = runs / "1-first" / "tasks" / "p" / each.name
        write_json(folder / "out" / "artifact.json", {"digest": f"sha256:{each.name}"})
        values = {"verdict": verdict} if each.name == "validate" else {}
        write_json(folder / "executor_output.json", {"parameterValues": values, "artifacts": {}})
        inputs = digests.get(each.name, {"examples": "sha256:ingest"})
        key = keys.key(each.image, each.interface, each.parameters, inputs, IDENTITY)
        Cache(runs).keep(each.name, key, "1-first", 1.0, folder)
    return runs


def test_before_the_first_run_everything_runs_or_waits(tmp_path):
    steps = planned(tmp_path, pipeline())
    assert steps["ingest"] == (RERUN, ["it has not run yet"])
    assert steps["validate"] == (DEPENDS, ["ingest"])
    assert steps["train"] == (DEPENDS, ["ingest", "validate"])


def test_unchanged_tasks_are_reused_and_what_acts_outside_runs(runs):
    steps = planned(runs, pipeline())
    assert {name: action for name, (action, _) in steps.items()} == {
        "ingest": REUSE, "validate": REUSE, "train": REUSE, "push": RERUN,
    }  # fmt: skip


def test_a_changed_parameter_reruns_its_task_and_what_depends_on_it(runs):
    steps = planned(runs, pipeline(seed=2))
    assert steps["ingest"] == (RERUN, ["parameter seed: 1 → 2"])
    assert steps["validate"] == (DEPENDS, ["ingest"])


def test_an_artifact_from_outside_counts_by_its_content(runs):
    steps = planned(runs, pipeline(), outside="sha256:9")
    assert steps["ingest"] == (RERUN, ["input previous changed"])


def test_what_a_condition_shuts_out_is_skipped_with_the_condition(tmp_path):
    steps = planned(finish(tmp_path, "refused"), pipeline())
    assert steps["validate"][0] == REUSE
    for name in ("train", "push"):
        assert steps[name] == (SKIP, ["verdict of validate is refused"])


def test_a_task_after_a_skipped_one_is_skipped(tmp_path):
    tasks = pipeline()
    after = task("report", {}, {"model": Output("train", "out")})
    steps = planned(finish(tmp_path, "refused"), [*tasks, after])
    assert steps["report"] == (SKIP, ["train"])


def test_a_condition_nobody_can_read_decides_nothing(runs):
    unknown = task("extra", {}, {}, (Condition(Output("validate", "verdict")),))
    assert planned(runs, [*pipeline(), unknown])["extra"] == (RERUN, ["it has not run yet"])


def test_tasks_are_read_in_an_order_that_plans_every_producer_first():
    shuffled = [task("b", {}, {"x": Output("a", "out")}), task("a")]
    assert [each.name for each in graph._ordered(shuffled)] == ["a", "b"]
