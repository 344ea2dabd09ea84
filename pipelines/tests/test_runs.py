"""A run's folder, its lock, and what a killed one leaves."""

import os
import subprocess
import sys

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines import runs
from sentiment_pipelines.runs import Run


@pytest.fixture(autouse=True)
def var(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "VAR", tmp_path)
    return tmp_path


def test_a_run_keeps_what_is_known_of_it(var):
    run = Run.begin({"parameters": {"seed": 13}})
    run.note(outcome="pushed")
    assert run.facts == {
        "outcome": "pushed", "parameters": {"seed": 13}, "process": os.getpid(),
        "status": "running",
    }  # fmt: skip
    assert (var / "runs" / "latest").resolve() == run.folder


def test_runs_are_listed_the_latest_first():
    first, second = Run.begin({}), Run.begin({})
    assert [run.id for run in runs.all_runs()] == [second.id, first.id]


def test_a_second_run_on_the_same_var_is_told_who_uses_it(var):
    holder = (
        "import sys; from sentiment_pipelines import runs\n"
        "with runs.exclusive(): print('held', flush=True); sys.stdin.read()"
    )
    environment = {**os.environ, "SENTIMENT_VAR": str(var)}
    with subprocess.Popen(
        [sys.executable, "-c", holder],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout.readline() == "held\n"
        with (
            pytest.raises(InputError, match=f"process {other.pid}.*SENTIMENT_VAR"),
            runs.exclusive(),
        ):
            pass
        other.kill()
        other.wait()
        with runs.exclusive():  # the lock died with its holder
            pass


def test_a_dead_run_is_closed_and_what_it_left_half_written_is_removed():
    dead, done = Run.begin({}), Run.begin({})
    done.note(status=runs.FINISHED)
    task = dead.folder / "tasks" / "p" / "train"
    (task / ".model.partial-x1" / "model").mkdir(parents=True)
    (task / "examples").mkdir()
    (task / ".task.json.partial-9").write_text("{")
    assert [run.id for run in runs.close_dead()] == [dead.id]
    assert dead.facts["status"] == "killed"
    assert [path.name for path in task.iterdir()] == ["examples"]
    assert runs.close_dead() == []
