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


def test_runs_that_begin_in_the_same_moment_have_folders_of_their_own(var):
    script = (
        "from sentiment_pipelines.runs import Run\n"
        "for _ in range(50): print(Run.begin({'pipeline': 'batch'}).id)"
    )
    environment = {**os.environ, "SENTIMENT_VAR": str(var)}
    begun = [
        subprocess.Popen(
            [sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    told = [name for process in begun for name in process.communicate()[0].split()]
    assert [process.returncode for process in begun] == [0, 0, 0]
    assert len(told) == len(set(told)) == 150
    assert (var / "runs" / "latest").resolve().name in told
    assert not list((var / "runs").glob(".*"))


def test_a_prediction_and_a_training_do_not_wait_for_each_other_but_a_clean_up_for_both():
    with runs.exclusive("batch"):
        with runs.exclusive("training"), pytest.raises(InputError), runs.exclusive("exploration"):
            pass
        with pytest.raises(InputError, match="another run is using it"), runs.undisturbed():
            pass
    with runs.undisturbed(), pytest.raises(InputError), runs.exclusive("batch"):
        pass


def test_only_dead_runs_of_the_own_lock_are_closed():
    training, batch = Run.begin({}), Run.begin({"pipeline": "batch"})
    exploration = Run.begin({"pipeline": "exploration"})
    assert [run.id for run in runs.close_dead("batch")] == [batch.id]
    closed = {run.id for run in runs.close_dead("training")}
    assert closed == {training.id, exploration.id}


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
