"""What is told of earlier runs, read from the folders that real tasks left."""

import datetime
import json
import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_common.artifacts import write_json
from sentiment_common.errors import InputError
from sentiment_pipelines import history
from sentiment_pipelines.commands import history as command
from sentiment_pipelines.graph import TRAINING

FIRST, SECOND, THIRD = (f"20260102-03040{at}-006" for at in range(3))


@pytest.fixture
def three(made_runs):
    """A run that pushed, the same again, and one with another seed."""
    made_runs.make(FIRST, pushed=True, outcome="pushed", seconds=90.5, revision="a" * 40)
    made_runs.make(SECOND, outcome="already-champion", seconds=1.5, revision="a" * 40 + "-dirty")
    made_runs.make(THIRD, seed=14, score=0.71, outcome="refused", seconds=60.0)
    return made_runs


def summaries():
    return {run.id: history.summary(run) for run in history.known()}


def test_runs_are_known_the_latest_first_and_nothing_else_is_taken_for_one(three, tmp_path):
    write_json(tmp_path / "runs" / "2026-backup" / "run.json", {})
    assert [run.id for run in history.known()] == [THIRD, SECOND, FIRST]


def test_a_run_tells_what_it_ran_and_what_it_reused(three):
    first, second, third = (summaries()[run] for run in (FIRST, SECOND, THIRD))
    assert (first.ran, first.reused) == (["evaluate", "ingest", "push", "train"], [])
    assert (second.ran, second.reused) == ([], ["evaluate", "ingest", "train"])
    assert (third.ran, third.reused) == (["evaluate", "ingest", "train"], [])


def test_a_run_tells_when_it_began_what_it_came_to_and_how_long_it_took(three):
    first = summaries()[FIRST]
    assert first.begin == datetime.datetime(2026, 1, 2, 3, 4, 0, 6000, datetime.UTC)
    assert (first.outcome, first.seconds, first.rows) == ("pushed", 90.5, 13)


def test_a_run_tells_its_chosen_model_and_its_figure_with_interval(three):
    third = summaries()[THIRD]
    (model,) = third.models
    assert third.chosen is model
    assert str(model.metrics["macro_f1"]) == "0.710 (0.680 – 0.740)"


def test_a_run_that_made_nothing_is_told_as_well(made_runs):
    run = history.Run(FIRST)
    run.logs.mkdir(parents=True)
    run.note(status="failed", outcome="failed")
    told = history.summary(run)
    assert (told.outcome, told.chosen, told.rows, told.examples) == ("failed", None, None, None)


def test_a_run_that_died_is_not_told_to_be_running(made_runs):
    run = made_runs.make(FIRST, status="running")
    gone = os.posix_spawn(sys.executable, [sys.executable, "-c", ""], os.environ)
    os.waitpid(gone, 0)
    run.note(process=gone)
    assert history.summary(run).outcome == "killed"
    run.note(process=os.getpid())
    assert history.summary(run).outcome == "running"


def test_a_figure_that_could_not_be_computed_is_told_as_none():
    assert str(history.Figure(None, None, None)) == "–"
    assert str(history.Figure(0.5, None, None)) == "0.500"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("latest", THIRD),
        ("latest~0", THIRD),
        ("latest~2", FIRST),
        (SECOND, SECOND),
        ("20260102-030401", SECOND),
    ],
)
def test_a_run_is_named_by_its_id_the_beginning_of_it_or_its_place(three, name, expected):
    assert history.find(name).id == expected


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("latest~3", "latest~3: there are only 3 runs"),
        ("20260102-0304", f"{THIRD}, {SECOND}, {FIRST} begin so"),
        ("20260102-030403", f"there is no such run; near is {THIRD}, {SECOND}, {FIRST}"),
        ("nightly", f"there is no such run; the latest are {THIRD}"),
        ("", "'': there is no such run"),
    ],
)
def test_a_name_that_means_no_run_or_several_is_answered_with_those_near_it(three, name, message):
    with pytest.raises(InputError) as error:
        history.find(name)
    assert message in str(error.value)


def test_before_the_first_run_no_name_means_one(made_runs):
    with pytest.raises(InputError, match="there are no runs yet"):
        history.find("latest")


@given(st.text(max_size=30))
def test_any_text_means_one_run_or_is_refused_in_one_line(text):
    try:
        assert history.find(text)
    except InputError as error:
        assert "\n" not in str(error)


def rows(*ids):
    told = summaries()
    return {row.name: row for row in history.compare([told[id_] for id_ in ids])}


def test_equal_runs_differ_only_in_when_and_how_they_ended(three):
    compared = rows(FIRST, SECOND)
    differ = {name for name, row in compared.items() if not row.same}
    assert differ == {"began", "outcome", "code", "push/pushed_model"}
    assert compared["train/model"].values[0] == summaries()[FIRST].outputs["train/model"]


def test_runs_with_other_parameters_say_which_and_what_came_of_it(three):
    compared = rows(FIRST, SECOND, THIRD)
    assert compared["seed"].values == ["13", "13", "14"]
    assert "epochs" not in compared, "it is the same"
    assert compared["deep macro-F1"].values[1:] == [
        "0.700 (0.670 – 0.730)", "0.710 (0.680 – 0.740)",
    ]  # fmt: skip
    assert compared["deep accuracy"].values == ["–", "–", "–"]
    assert not compared["ingest/examples"].same
    assert compared["rows"].values == ["13", "13", "14"]


def test_parameters_that_are_not_what_they_are_by_default_are_found():
    defaults = {**history.declared_defaults(TRAINING), "seed": 13}
    given_ = {"seed": 14, "epochs": defaults["epochs"], "colour": "red"}
    assert history.differing(given_, defaults) == {"seed": 14, "colour": "red"}


def test_a_parameter_is_shown_as_it_is_typed_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert history.shown(str(tmp_path / "reviews.csv")) == "reviews.csv"
    assert history.shown("/elsewhere/reviews.csv") == "/elsewhere/reviews.csv"
    assert (history.shown(""), history.shown(0.5)) == ("''", "0.5")


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-1, "0 s ago"), (59, "59 s ago"), (60, "1 min ago"), (7200, "2 h ago"), (1e6, "11 d ago")],
)
def test_how_long_ago_is_said_in_the_largest_fitting_unit(seconds, expected):
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    assert command.ago(now - datetime.timedelta(seconds=seconds), now) == expected


@pytest.fixture
def no_server(monkeypatch):
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")


def test_the_list_of_runs_shows_a_line_for_each_and_says_if_the_registry_is_out_of_reach(
    three, run_command, no_server
):
    code, out, _ = run_command("runs")
    assert code == 0
    lines = out.rstrip("\n").split("\n")
    assert [line.split()[0] for line in lines[1:4]] == [THIRD, SECOND, FIRST]
    assert "0.710 (0.680 – 0.740)" in lines[1]
    assert lines[1].rstrip().endswith("seed=14")
    assert "which run the champion came from is unknown" in lines[4]


def test_tools_get_the_same_as_json(three, run_command, no_server):
    code, out, _ = run_command("runs", "--json")
    assert code == 0
    told = {run["id"]: run for run in json.loads(out)}
    assert told[THIRD]["changed_parameters"] == {"seed": 14}
    assert told[FIRST]["begin"] == "2026-01-02T03:04:00.006000+00:00"
    assert told[FIRST]["models"][0]["metrics"]["macro_f1"]["value"] == 0.7


def test_before_the_first_run_the_list_says_how_to_make_one(made_runs, run_command):
    assert run_command("runs") == (0, "no runs yet: `make pipeline-run` makes the first one\n", "")
    assert run_command("runs", "--json") == (0, "[]\n", "")


def test_runs_are_compared_side_by_side(three, run_command):
    code, out, _ = run_command("runs", "--compare", "latest~2", "latest")
    assert code == 0
    lines = {line[:34].strip(): line for line in out.split("\n")}
    assert FIRST in out.split("\n", 1)[0]
    (seed,) = [line for name, line in lines.items() if name.startswith("seed")]
    assert seed.split() == ["seed", "≠", "13", "14"]
    assert "sha256:" not in out, "digests are cut for a person"
    code, out, _ = run_command("runs", "--json", "--compare", FIRST, SECOND, THIRD)
    assert json.loads(out)["runs"] == [FIRST, SECOND, THIRD]
    (row,) = [row for row in json.loads(out)["rows"] if row["name"] == "ingest/examples"]
    assert (len(row["values"]), row["same"]) == (3, False)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--compare", "latest"], "two runs or more are compared"),
        (["--compare", "latest", "nightly"], "nightly: there is no such run"),
    ],
)
def test_a_wrong_comparison_is_exit_code_2_and_one_line(three, run_command, words, message):
    code, out, err = run_command("runs", *words)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_runs_of_every_pipeline_are_listed_by_their_own_defaults(made_runs, run_command):
    for id_, pipeline in ((FIRST, "training"), (SECOND, "exploration"), (THIRD, "batch")):
        history.Run(id_).logs.mkdir(parents=True)
        given = command._defaults()[pipeline]
        facts = {"pipeline": pipeline, "parameters": {**given, "seed": 99}, "process": 1}
        history.Run(id_).note(status="finished", outcome="scored", **facts)
    code, out, _ = run_command("runs", "--json")
    assert code == 0
    assert [it["pipeline"] for it in json.loads(out)] == ["batch", "exploration", "training"]
    assert [it["changed_parameters"] for it in json.loads(out)] == 3 * [{"seed": 99}]
    assert run_command("runs", "--compare", "latest", "latest~1")[0] == 0
