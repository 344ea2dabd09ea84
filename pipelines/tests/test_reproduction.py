"""A run again: what differs beforehand, what came out the same."""

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from sentiment_common.artifacts import (
    MODEL,
    PUSHED_MODEL,
    Manifest,
    payload_digest,
    write_json,
    write_manifest,
)
from sentiment_common.errors import InputError
from sentiment_pipelines import graph, keys, reproduction, runs
from sentiment_pipelines.backends.process import Processes
from sentiment_pipelines.cache import Cache
from sentiment_pipelines.reproduction import Comparison, compare, differences, finished
from sentiment_pipelines.runs import FAILED, FINISHED, RUNNING, Run

CODE = {"src/a.py": "1" * 64, "src/b.py": "2" * 64}
IDENTITY = keys.Identity(CODE, "lock", "3.11.7")
REGISTRYS = {"version": "1", "model_uri": "models:/sentiment/1", "source": "file:///here"}


def artifact(run, name, kind, files, named=None):
    """Writes an artifact of a run, with files of text or JSON; equal files give an equal digest."""
    folder = run / "tasks" / "training" / name
    for file, content in files.items():
        write_json(folder / file, content)
    digest = payload_digest(folder, named)
    manifest = Manifest(
        kind.name, kind.schema_version, "sentiment-test", "1", digest, named=named or {}
    )
    write_manifest(folder, manifest)
    return digest


def compared(tmp_path, kind, before, after, named=(None, None)):
    """Compares the one artifact of two runs."""
    for run, files, digests in zip(("run", "again"), (before, after), named, strict=True):
        artifact(tmp_path / run, "train/model", kind, files, digests)
    (found,) = compare(tmp_path / "run", tmp_path / "again")
    return found


def test_equal_files_are_the_same_whatever_times_and_reports_say(tmp_path):
    digest = artifact(tmp_path / "run", "train/model", MODEL, {"weights": 1})
    files = {"weights": 1, "tracking.jsonl": "later", "report.html": "later"}
    artifact(tmp_path / "again", "train/model", MODEL, files)
    found = compare(tmp_path / "run", tmp_path / "again")
    assert found == [Comparison("train/model", True, "", digest)]


def test_what_differs_is_named_file_by_file(tmp_path):
    before = {"bundle.json": 1, "a": 1, "b": 1, "c": 1, "d": 1}
    found = compared(tmp_path, MODEL, before, {"bundle.json": 1, "a": 2, "b": 2, "c": 2, "e": 1})
    assert not found.same
    assert found.remark == "in a, b, c and 2 more"


def test_a_folder_that_a_named_digest_stands_for_differs_as_one(tmp_path):
    files = {"model/variables/part": 1, "model-card": 1}
    found = compared(
        tmp_path, MODEL, files, {**files, "model/variables/part": 2},
        named=({"model": "sha256:a"}, {"model": "sha256:b"}),
    )  # fmt: skip
    assert (found.same, found.remark) == (False, "in model")


def test_bytes_below_a_named_digest_may_vary(tmp_path):
    files, named = {"model/variables/part": 1}, {"model": "sha256:a"}
    after = {"model/variables/part": 2}
    assert compared(tmp_path, MODEL, files, after, named=(named, named)).same


def test_of_a_pushed_model_what_the_registry_gives_is_left_out_and_said_to_be(tmp_path):
    card = {"model_card.md": "good"}
    facts = {"name": "sentiment", "digest": "sha256:a", **REGISTRYS}
    before = {"pushed_model.json": facts, **card}
    after = {"pushed_model.json": {**facts, "version": "9", "source": "file:///there"}, **card}
    found = compared(tmp_path, PUSHED_MODEL, before, after)
    assert found.same
    assert found.remark == ("leaving out version, model_uri, source: its registry was another one")


@pytest.mark.parametrize("changed", ["digest", "alias", "card"])
def test_what_else_differs_of_a_pushed_model_counts(tmp_path, changed):
    facts = {"digest": "sha256:a", "alias": "champion", **REGISTRYS}
    before = {"pushed_model.json": facts, "card": "good"}
    after = json.loads(json.dumps(before))
    (after if changed == "card" else after["pushed_model.json"])[changed] = "other"
    assert not compared(tmp_path, PUSHED_MODEL, before, after).same


def test_what_only_one_of_both_made_is_different(tmp_path):
    digest = artifact(tmp_path / "run", "train/model", MODEL, {"weights": 1})
    artifact(tmp_path / "again", "train/other", MODEL, {"weights": 1})
    assert compare(tmp_path / "run", tmp_path / "again") == [
        Comparison("train/model", False, "it was not made this time", digest),
        Comparison("train/other", False, "the run has none that can be read"),
    ]


def test_an_artifact_that_was_changed_after_the_run_proves_nothing(tmp_path):
    for run in ("run", "again"):
        artifact(tmp_path / run, "train/model", MODEL, {"weights": 1})
    write_json(tmp_path / "run/tasks/training/train/model/weights", 2)
    (found,) = compare(tmp_path / "run", tmp_path / "again")
    assert (found.same, found.remark) == (False, "the run's own was changed afterwards")


def test_the_table_shows_every_artifact_with_its_digest():
    console = Console(file=io.StringIO(), width=120)
    comparisons = [
        Comparison("train/model", True, "", "sha256:0123456789abcdef"),
        Comparison("train/other", False, "in [weights]", "sha256:" + "f" * 64),
    ]
    console.print(reproduction.table(comparisons))
    rows = [line.split("│")[1:-1] for line in console.file.getvalue().split("\n") if "│" in line]
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["train/model", "0123456789ab", "same", ""],
        ["train/other", "ffffffffffff", "different", "in [weights]"],
    ]


def task(name, parameters):
    """Describes a task of the pipeline as ``graph.read`` does."""
    return graph.Task(name, f"sentiment-{name}:1", "interface", parameters, {}, (), True)


@pytest.fixture
def run(tmp_path):
    """A finished run of two tasks: a seed from outside, a verdict from the other task."""
    given = {"train": {"seed": 1}, "evaluate": {"seed": 1, "verdict": "accepted"}}
    for name, parameters in given.items():
        folder = tmp_path / "1" / "tasks" / "training" / name
        folder.mkdir(parents=True)
        key = keys.key(
            f"sentiment-{name}:1", "interface", parameters, {"examples": "sha256:1"}, IDENTITY
        )
        Cache(tmp_path).keep(name, key, "1", 1.0, folder)
    return tmp_path / "1"


VERDICT = graph.Output("validate", "verdict")
TASKS = [task("train", {"seed": 1}), task("evaluate", {"seed": 1, "verdict": VERDICT})]


def test_what_runs_as_it_ran_has_no_differences(run):
    assert differences(run, TASKS, lambda image: IDENTITY) == []


def test_every_changed_file_of_code_is_named_once(run):
    code = {"src/a.py": "9" * 64, "src/c.py": "3" * 64}
    assert differences(run, TASKS, lambda image: replace(IDENTITY, code=code)) == [
        "code changed: src/a.py",
        "code changed: src/b.py",
        "code changed: src/c.py",
    ]


def test_changed_locks_interpreters_and_defaults_are_named_with_their_tasks(run):
    other = replace(IDENTITY, lock="other", python="3.11.9")
    tasks = [task("train", {"seed": 1, "epochs": 5}), TASKS[1]]
    assert differences(
        run, tasks, lambda image: other if "evaluate" in image else replace(IDENTITY, lock="other")
    ) == [
        "parameter epochs: none → 5 (train)",
        "its lock changed (train, evaluate)",
        "python: 3.11.7 → 3.11.9 (evaluate)",
    ]


def test_a_source_that_was_changed_in_place_is_named(tmp_path):
    source = tmp_path / "reviews.csv"
    source.write_text("text\n")
    folder = tmp_path / "1" / "tasks" / "training" / "ingest"
    folder.mkdir(parents=True)
    parameters = {"source": str(source)}
    key = keys.key("sentiment-ingest:1", "interface", parameters, {}, IDENTITY)
    Cache(tmp_path).keep("ingest", key, "1", 1.0, folder)
    source.write_text("text\nmore\n")
    found = differences(tmp_path / "1", [task("ingest", parameters)], lambda image: IDENTITY)
    assert found == [f"the content of source ({source}) changed (ingest)"]


@pytest.fixture
def history(tmp_path, monkeypatch):
    """Three runs: two finished, the last failed."""
    monkeypatch.setattr(runs, "VAR", tmp_path)
    states = {
        "20260101-120000-000": FINISHED,
        "20260102-120000-000": FINISHED,
        "20260103-120000-000": FAILED,
    }
    for name, status in states.items():
        (tmp_path / "runs" / name).mkdir(parents=True)
        Run(name).note(status=status, pipeline="training")
    return tmp_path / "runs"


@pytest.mark.parametrize(
    ("name", "expected"), [("latest~1", "20260102-120000-000"), ("20260101", "20260101-120000-000")]
)
def test_a_run_is_found_by_its_beginning_or_counted_from_the_latest(history, name, expected):
    assert finished(name).id == expected


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("1999", "1999: there is no such run"),
        ("latest", "run 20260103-120000-000: it is failed: there is nothing whole to compare with; "
         "the last that finished is 20260102-120000-000"),
    ],
)  # fmt: skip
def test_a_run_that_cannot_be_reproduced_is_refused_with_one_that_can(history, name, message):
    with pytest.raises(InputError) as error:
        finished(name)
    assert message in str(error.value)


def test_a_run_that_is_still_running_is_not_reproduced(history):
    Run("20260102-120000-000").note(status=RUNNING)
    with pytest.raises(InputError, match="it is running"):
        finished("latest~1")


def test_a_repetition_has_a_folder_of_its_own_and_is_in_no_list(history, tmp_path):
    again = reproduction.Repetition("20260101-120000-000", place=tmp_path / "apart")
    assert again.logs == tmp_path / "apart" / "logs"
    assert len(runs.all_runs()) == 3


def test_a_run_that_lost_what_it_was_given_is_refused_before_anything_runs(history, monkeypatch):
    monkeypatch.setattr(reproduction.environments, "VAR", history.parent)
    Run("20260101-120000-000").note(pipeline="training", parameters={"seed": 7})
    console = Console(file=io.StringIO())
    with pytest.raises(InputError, match="it has no champion any more, which it was given"):
        reproduction.reproduce("20260101", console, Processes())
    assert console.file.getvalue() == ""


def test_a_parameter_that_the_pipeline_no_longer_has_is_named(history, monkeypatch):
    monkeypatch.setattr(reproduction.environments, "VAR", history.parent)
    Run("20260101-120000-000").note(pipeline="training", parameters={"sede": 7})
    with pytest.raises(InputError, match="the pipeline has no parameter 'sede'"):
        reproduction.reproduce("20260101", Console(file=io.StringIO()), Processes())
