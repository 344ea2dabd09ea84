"""What a run came to, and what is told of it."""

import io

import pytest
from rich.console import Console

from sentiment_common.artifacts import write_json
from sentiment_pipelines import outcomes, runs
from sentiment_pipelines.runs import Run, TaskRecord


@pytest.fixture(autouse=True)
def var(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "VAR", tmp_path)


def ended(run, name, exit_code=0, **results):
    folder = run.folder / "tasks" / "p" / name
    write_json(folder / "executor_output.json", {"parameterValues": results})
    (folder / "report").write_text(f"<!doctype html>{name}")
    log = run.logs / f"{name}.log"
    log.write_text("read 7 rows\nno such file\n")
    run.tasks.append(TaskRecord(name, f"{name}:1", folder, log, log, 1.0, exit_code))


def told(run, outcome):
    console = Console(file=io.StringIO(), width=120)
    outcomes.report(console, run, outcome, 12.0)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("tasks", "outcome"),
    [
        ({"validate": {"verdict": "refused"}}, outcomes.REFUSED),
        ({"evaluate": {"verdict": "blessed"}}, outcomes.PUSHED),
        ({"evaluate": {"verdict": "already-champion"}}, outcomes.CHAMPION),
        ({"evaluate": {"verdict": "refused"}}, outcomes.REFUSED),
        ({"validate": {"verdict": "refused"}, "explore": {}}, outcomes.EXPLORED),
        ({"batch-predict": {}}, outcomes.SCORED),
    ],
)
def test_a_run_comes_to_what_its_last_stage_says(tasks, outcome):
    run = Run.begin({"parameters": {}})
    for name, results in tasks.items():
        ended(run, name, **results)
    assert outcomes.of(run) == outcome


def test_pages_lie_at_the_top_of_the_run_and_are_named():
    run = Run.begin({"parameters": {}})
    ended(run, "validate")
    ended(run, "explore")
    shown = told(run, outcomes.EXPLORED)
    assert "exploration.html" in shown
    assert "explored in 12 s" in shown
    assert "make serve" not in shown
    assert (run.folder / "exploration.html").read_text() == "<!doctype html>explore"


def test_a_champion_is_to_be_served_and_a_challenger_to_be_tried():
    assert "make serve" in told(Run.begin({"parameters": {}}), outcomes.PUSHED)
    shown = told(Run.begin({"parameters": {"alias": "challenger"}}), outcomes.PUSHED)
    assert "make serve" not in shown
    assert "docs/experiments.md" in shown


def test_a_failed_task_is_shown_with_the_end_of_its_log():
    run = Run.begin({"parameters": {}})
    ended(run, "ingest", exit_code=2)
    assert "no such file" in told(run, outcomes.FAILED)
