"""Finished tasks are found again, linked and checked."""

import json
from pathlib import Path

import pytest

from sentiment_common.artifacts import write_json
from sentiment_pipelines import keys
from sentiment_pipelines.cache import Cache, entries

IDENTITY = keys.Identity({"src/a.py": "1" * 64}, "lock", "3.11.7")
EXECUTOR_INPUT = {
    "outputs": {"artifacts": {"model": {"artifacts": [{"name": "model", "uri": "NEW/model"}]}}}
}


def key(**parameters):
    return keys.key("sentiment-train:1", "interface", parameters, {}, IDENTITY)


def task_folder(runs: Path, run: str) -> Path:
    return runs / run / "tasks" / "pipeline" / "train"


@pytest.fixture
def runs(tmp_path):
    """A folder of runs in which one task has finished."""
    folder = task_folder(tmp_path, "1-first")
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "weights").write_text("1 2 3")
    write_json(folder / "model" / "artifact.json", {"digest": "sha256:1"})
    answer = {"name": "model", "uri": "OLD/model", "metadata": {"digest": "sha256:1"}}
    content = {
        "parameterValues": {"verdict": "good"},
        "artifacts": {"model": {"artifacts": [answer]}},
    }
    write_json(folder / "executor_output.json", content)
    Cache(tmp_path).keep("train", key(seed=1), "1-first", 2.5, folder)
    return tmp_path


def reuse(runs, run):
    entry = Cache(runs).find(key(seed=1))
    folder = task_folder(runs, run)
    folder.mkdir(parents=True)
    return Cache(runs).reuse(entry, folder, json.dumps(EXECUTOR_INPUT))


def test_a_finished_task_is_found_by_its_key_and_by_no_other(runs):
    found = Cache(runs).find(key(seed=1))
    assert (found.name, found.run, found.seconds) == ("train", "1-first", 2.5)
    assert found.outputs == {"model": "sha256:1"}
    assert found.results == {"verdict": "good"}
    assert Cache(runs).find(key(seed=2)) is None


def test_a_reused_task_is_whole_in_its_new_run_and_takes_no_space(runs):
    reused = reuse(runs, "2-second")
    old, new = (task_folder(runs, run) / "model" / "weights" for run in ("1-first", "2-second"))
    assert new.samefile(old)
    answer = json.loads((reused.folder / "executor_output.json").read_text())
    assert answer["parameterValues"] == {"verdict": "good"}
    (artifact,) = answer["artifacts"]["model"]["artifacts"]
    assert artifact["uri"] == "NEW/model"
    assert artifact["metadata"] == {"digest": "sha256:1"}


def test_a_reused_task_survives_the_run_that_made_it(runs):
    import shutil

    reuse(runs, "2-second")
    shutil.rmtree(runs / "1-first")
    found = Cache(runs).find(key(seed=1))
    assert found.run == "1-first", "who made it is still known"
    assert found.folder == task_folder(runs, "2-second")


@pytest.mark.parametrize("harm", ["change", "delete", "executor output"])
def test_what_was_damaged_is_not_reused_and_the_damage_is_named(runs, harm):
    folder = task_folder(runs, "1-first")
    if harm == "change":
        (folder / "model" / "weights").write_text("1 2 4")
    elif harm == "delete":
        (folder / "model" / "weights").unlink()
    else:
        (folder / "executor_output.json").unlink()
    assert Cache(runs).find(key(seed=1)) is None
    (reason,) = Cache(runs).why_not("train", key(seed=1))
    expected = "train/model/weights of run 1-first was changed"
    assert (
        reason
        == {
            "change": expected,
            "delete": expected.replace("was changed", "is gone"),
            "executor output": "train/executor_output.json of run 1-first is gone",
        }[harm]
    )


def test_a_record_of_another_version_or_a_torn_one_counts_for_nothing(runs):
    record = task_folder(runs, "1-first") / "task.json"
    for text in ("{", json.dumps({"name": "train"})):
        record.write_text(text)
        assert Cache(runs).find(key(seed=1)) is None
        assert list(entries(runs)) == []


def test_why_a_task_cannot_be_reused_is_told_against_its_last_time(runs):
    assert Cache(runs).why_not("train", key(seed=2)) == ["parameter seed: 1 → 2"]
    assert Cache(runs).why_not("evaluate", key(seed=1)) == ["it has not run yet"]


def test_what_was_read_from_an_address_is_never_reused(runs):
    address = keys.key("i:1", "interface", {"source": "s3://b/x.csv"}, {}, IDENTITY)
    folder = task_folder(runs, "1-first")
    Cache(runs).keep("train", address, "1-first", 1.0, folder)
    assert Cache(runs).find(address) is None
