"""Champions over time and the way back, in a real registry."""

import json
import shutil

import pytest

from sentiment_common import promotions
from sentiment_pipelines import champion


def test_the_champions_are_listed_over_time_the_latest_first(registry, made_runs, run_command):
    registry.push("baseline", macro_f1=0.655, run="20261123-063815-419")
    registry.push("deep", promotions.FORCE, by="Ada", reason="the fair is tomorrow")
    code, output, _ = run_command("promotions")
    lines = output.splitlines()
    assert code == 0
    assert lines[1].split()[:3] == ["★", "2", "deep"]
    assert "force" in lines[1]
    assert "Ada: the fair is tomorrow" in lines[1]
    assert lines[2].split()[:2] == ["1", "baseline"]
    assert "0.655" in lines[2]
    assert "20261123-063815-419" in lines[2]
    listed = json.loads(run_command("promotions", "--json")[1])
    assert [(it["model"], it["reigning"]) for it in listed] == [("deep", True), ("baseline", False)]


def test_before_the_first_push_nothing_is_listed_and_nothing_rolled_back(
    client, made_runs, run_command, monkeypatch
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", client.tracking_uri)
    assert run_command("promotions")[:2] == (
        0, "no champion yet: `make pipeline-run` makes the first one\n",
    )  # fmt: skip
    assert run_command("promotions", "--json")[1] == "[]\n"
    code, _, said = run_command("rollback", "--reason", "why not")
    assert (code, said.count("\n")) == (2, 1)
    assert "there is no champion yet" in said


def test_a_rollback_goes_to_the_champion_before_and_keeps_the_other_from_returning(
    registry, made_runs, run_command
):
    for name in ("first", "second", "third"):
        withdrawn = registry.push(name, macro_f1=0.7)
    code, output, _ = run_command("rollback", "--reason", "calls refunds\npositive", "--by", "Ada")
    assert (code, registry.reigning) == (0, "second")
    assert "the champion is version 2 (second," in output
    assert "version 3 (third," in output
    log = champion.log(registry.client)
    assert (log[-1].previous, log[-1].by, log[-1].macro_f1) == ("3", "Ada", 0.7)
    assert promotions.withdrawn(log, "champion").keys() == {withdrawn}
    listed = run_command("promotions")[1].splitlines()
    assert listed[2].split()[:3] == ["✗", "3", "third"]
    assert "withdrawn by rollback on" in listed[2]
    assert "calls refunds positive" in listed[2]
    assert run_command("rollback", "--reason", "this one as well")[0] == 0
    assert registry.reigning == "first"


def test_there_is_no_way_back_from_the_first_champion(registry, made_runs, run_command):
    registry.push("first")
    code, _, said = run_command("rollback", "--reason", "why not")
    assert code == 2
    assert "there was no champion before version 1; name a version" in said
    assert registry.reigning == "first"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--to", "2"), "--to: version 2 is the champion already"),
        (("--to", "7"), "--to: sentiment has no version '7'"),
        (("--to", "champion"), "--to: sentiment has no version 'champion'"),
        (("--reason", " "), "--reason: it is empty"),
        (("--by", " "), "--by: it is empty"),
    ],
)
def test_a_rollback_to_nowhere_is_one_line(registry, made_runs, run_command, words, message):
    registry.push("first")
    registry.push("second")
    code, _, said = run_command("rollback", "--reason", "why", *words)
    assert (code, said.count("\n")) == (2, 1)
    assert message in said
    assert registry.reigning == "second"


def test_a_version_is_named_and_comes_back(registry, made_runs, run_command):
    for name in ("first", "second", "third"):
        registry.push(name)
    assert run_command("rollback", "--to", "1", "--reason", "the new data are wrong")[0] == 0
    assert registry.reigning == "first"


def test_a_damaged_model_is_not_gone_back_to(registry, made_runs, run_command):
    registry.push("first")
    registry.push("second")
    bundle = registry.folder / "first" / "artifacts" / "bundle"
    (bundle / "bundle.json").write_text("{}")
    code, _, said = run_command("rollback", "--reason", "why")
    assert (code, registry.reigning) == (2, "second")
    assert "they were changed after they were made" in said
    shutil.rmtree(registry.folder / "first")
    code, _, said = run_command("rollback", "--reason", "why")
    assert (code, registry.reigning) == (2, "second")
    assert "the model of version 1 is not there any more" in said


def test_a_rollback_waits_for_no_run_and_disturbs_none(registry, made_runs, run_command):
    from sentiment_pipelines import runs

    registry.push("first")
    registry.push("second")
    with runs.exclusive():
        code, _, said = run_command("rollback", "--reason", "why")
    assert (code, registry.reigning) == (2, "second")
    assert "another run is using it" in said


def test_an_alias_that_was_moved_by_hand_is_told_as_found(registry, made_runs, run_command):
    registry.push("first")
    registry.push("second")
    registry.client.set_registered_model_alias("sentiment", "champion", "1")
    assert run_command("promotions")[1].splitlines()[1].split()[:3] == ["★", "1", "first"]
    assert champion.log(registry.client)[-1].action == promotions.FOUND


def test_challengers_are_listed_beside_the_champions_with_a_mark_of_their_own(
    registry, made_runs, run_command
):
    registry.push("first")
    registry.push("encoder", alias="challenger")
    lines = run_command("promotions")[1].splitlines()
    assert lines[1].split()[:4] == ["☆", "2", "encoder", "challenger"]
    assert lines[2].split()[:4] == ["★", "1", "first", "champion"]
    listed = json.loads(run_command("promotions", "--json")[1])
    assert [(it["alias"], it["reigning"]) for it in listed] == [
        ("challenger", True), ("champion", True),
    ]  # fmt: skip


def test_nobody_goes_back_to_a_challenger_that_was_never_champion(registry, made_runs, run_command):
    registry.push("first")
    registry.push("encoder", alias="challenger")
    code, _, said = run_command("rollback", "--to", "2", "--reason", "why")
    assert (code, registry.reigning) == (2, "first")
    assert "version 2 was a challenger and never champion" in said
