"""What a clean-up keeps, what it frees, and that the next run reuses all that was kept."""

import datetime
import os
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment_common.artifacts import MODEL, Manifest, read_manifest, write_json, write_manifest
from sentiment_pipelines import champion as registry
from sentiment_pipelines import history, previous, retention, runs, tracker
from sentiment_pipelines.champion import Champion

IDS = [f"20260102-03040{at}-006" for at in range(9)]


def ids():
    return [run.id for run in history.known()]


def collect(keep, champion=None):
    with runs.undisturbed():
        what = retention.plan(keep, champion)
        retention.carry_out(what)
    return what


def champion_of(run):
    told = history.summary(run)
    return Champion(told.outputs["train/model"], "deep", "1", told.examples)


def used(folder):
    """Returns what ``du`` counts: each file once, however many names it has."""
    found = {path.lstat().st_ino: path.lstat() for path in (folder, *folder.rglob("*"))}
    return sum(facts.st_blocks * 512 for facts in found.values())


def test_the_last_finished_runs_stay(made_runs):
    for id_ in IDS[:4]:
        made_runs.make(id_)
    what = collect(2)
    assert ids() == [IDS[3], IDS[2]]
    assert set(what.deleted) == {IDS[1], IDS[0]}


def test_what_the_kept_runs_hold_is_still_reused_though_another_run_made_it(made_runs):
    made_runs.make(IDS[0])
    made_runs.make(IDS[1])
    made_runs.make(IDS[2], seed=14)
    collect(2)
    assert ids() == [IDS[2], IDS[1]]
    entry = made_runs.find("train", {"seed": 13, "epochs": 30})
    assert entry.run == IDS[0], "who made it is still known"
    assert IDS[1] in entry.folder.parts
    assert made_runs.find("train", {"seed": 14, "epochs": 30})


def test_a_link_that_led_to_a_deleted_run_is_turned_to_the_kept_one(made_runs):
    pushed = made_runs.make(IDS[0], pushed=True)
    for id_ in (IDS[1], IDS[2]):
        made_runs.make(id_)
    made_runs.make(IDS[3], seed=14)
    collect(1, champion_of(pushed))
    assert ids() == [IDS[3], IDS[0]]
    for name, parameters in (("ingest", {"seed": 13}), ("train", {"seed": 13, "epochs": 30})):
        assert IDS[0] in made_runs.find(name, parameters).folder.parts


def test_a_kept_task_that_was_damaged_gets_no_link(made_runs):
    made_runs.make(IDS[0])
    kept = made_runs.make(IDS[1])
    weights = kept.folder / "tasks/training/train/model/weights.json"
    made_runs.make(IDS[2], status="killed")
    made_runs.make(IDS[3], seed=14)
    weights.unlink()
    weights.write_text("{}")
    collect(2)
    assert ids() == [IDS[3], IDS[1]]
    assert made_runs.find("train", {"seed": 13, "epochs": 30}) is None
    assert made_runs.find("ingest", {"seed": 13})


def test_links_of_what_is_gone_go_too(made_runs):
    made_runs.make(IDS[0], seed=14)
    made_runs.make(IDS[1])
    collect(1)
    links = list(retention.by_key().iterdir())
    assert len(links) == 3
    assert all(link.exists() for link in links)


def test_what_is_reported_as_freed_is_what_the_disk_gets_back(made_runs, tmp_path):
    for id_ in IDS[:3]:
        made_runs.make(id_)  # the second and third share all files of the first
    made_runs.make(IDS[3], seed=14)
    (tmp_path / "checkpoints" / "key").mkdir(parents=True)
    with runs.exclusive():
        before = used(tmp_path)
        what = retention.plan(1, None)
        freed = retention.freed(what.paths)
        retention.carry_out(what)
    assert freed == before - used(tmp_path) > 0


def test_a_file_that_another_run_holds_frees_nothing(made_runs):
    made_runs.make(IDS[0])
    shared = made_runs.make(IDS[1]).folder / "tasks/training/train/model/weights.json"
    assert shared.stat().st_nlink == 2
    assert retention.freed([shared]) == 0
    other = history.Run(IDS[0]).folder / "tasks/training/train/model/weights.json"
    assert retention.freed([shared, other]) == shared.stat().st_blocks * 512


def test_the_run_the_champion_came_from_stays_however_old(made_runs):
    pushed = made_runs.make(IDS[0], pushed=True)
    for seed, id_ in enumerate(IDS[1:4]):
        made_runs.make(id_, seed=seed)
    what = collect(1, champion_of(pushed))
    assert what.kept == {
        IDS[3]: "one of the last that finished", IDS[0]: "the champion came from it",
    }  # fmt: skip


def test_the_examples_the_champion_was_chosen_on_stay_for_their_splits(made_runs):
    """The registry may know a champion that was pushed from another machine's run."""
    with_examples = made_runs.make(IDS[0])
    examples = history.summary(with_examples).examples
    made_runs.make(IDS[1], seed=14)
    champion = Champion("sha256:elsewhere", "deep", "1", examples)
    what = collect(1, champion)
    assert what.kept[IDS[0]] == "it holds the examples the champion was chosen on"
    assert next(previous.of_digest(examples)).is_dir()


def test_a_run_that_holds_the_champions_model_stands_in_for_a_push_that_was_killed(made_runs):
    made_runs.make(IDS[0], status="killed")
    model = champion_of(history.Run(IDS[0]))
    made_runs.make(IDS[1], seed=14)
    what = collect(1, Champion(model.digest, "deep", "1", None))
    assert what.kept[IDS[0]] == "it holds the champion's model"


def test_nothing_is_kept_twice_for_what_another_kept_run_holds(made_runs):
    made_runs.make(IDS[0])
    made_runs.make(IDS[1])
    champion = champion_of(history.Run(IDS[1]))
    assert list(collect(1, champion).kept) == [IDS[1]]


def test_a_run_that_did_not_finish_stays_until_one_after_it_has(made_runs):
    made_runs.make(IDS[0])
    made_runs.make(IDS[1], status="killed", seed=14)
    what = collect(1)
    assert what.kept[IDS[1]] == "not finished: the next run goes on from it"
    made_runs.make(IDS[2], seed=14)
    assert list(collect(1).kept) == [IDS[2]]


def test_a_run_that_nobody_has_closed_yet_stays(made_runs):
    made_runs.make(IDS[0], status="running", seed=14)
    made_runs.make(IDS[1])
    assert collect(1).kept[IDS[0]] == "not closed yet"


def test_a_folder_of_a_run_that_died_before_it_had_a_state_goes(made_runs, tmp_path):
    (tmp_path / "runs" / IDS[0] / "logs").mkdir(parents=True)
    made_runs.make(IDS[1])
    assert collect(1).deleted == {IDS[0]: "killed"}
    assert not (tmp_path / "runs" / IDS[0]).exists()


def test_what_is_no_run_is_left_alone(made_runs, tmp_path):
    mine = tmp_path / "runs" / "2026-backup" / "run.json"
    write_json(mine, {})
    made_runs.make(IDS[0])
    collect(0)
    assert mine.is_file()
    assert ids() == []


def checkpoint(var, key, minute):
    folder = var / "checkpoints" / key
    write_json(folder / "epoch.json", 3)
    at = datetime.datetime(2026, 1, 2, 3, minute, tzinfo=datetime.UTC).timestamp()
    for path in (folder / "epoch.json", folder):
        os.utime(path, (at, at))
    return folder


def test_progress_stays_only_where_somebody_will_go_on_from_it(made_runs, tmp_path):
    for minute, status in ((10, "killed"), (20, "finished"), (30, "failed")):
        made_runs.make(f"20260102-03{minute}00-000", status=status, seed=minute)
    abandoned = checkpoint(tmp_path, "a", 15)
    left_over = checkpoint(tmp_path, "b", 25)
    pending = checkpoint(tmp_path, "c", 35)
    from_before = checkpoint(tmp_path, "d", 5)
    collect(3)
    assert pending.is_dir()
    assert not any(folder.exists() for folder in (abandoned, left_over, from_before))


def test_runs_of_one_pipeline_do_not_push_out_those_of_another(made_runs):
    made_runs.make(IDS[0])
    made_runs.make(IDS[1], pipeline="batch", status="killed", seed=14)
    for at in (2, 3):
        made_runs.make(IDS[at], pipeline="exploration")
    assert set(collect(1).kept) == {IDS[0], IDS[1], IDS[3]}


def test_progress_of_a_killed_prediction_stays_whatever_was_trained_meanwhile(made_runs, tmp_path):
    made_runs.make("20260102-031000-000", pipeline="batch", status="killed")
    made_runs.make("20260102-032000-000", seed=14)
    while_both_ran = checkpoint(tmp_path, "a", 25)
    collect(1)
    assert while_both_ran.is_dir()
    made_runs.make("20260102-033000-000", pipeline="batch")
    collect(1)
    assert not while_both_ran.exists()


def test_what_a_killed_clean_up_left_is_removed_by_the_next(made_runs, tmp_path):
    made_runs.make(IDS[0])
    ruin = tmp_path / "runs" / f"{retention.DELETED}{IDS[1]}"
    write_json(ruin / "run.json", {})
    staged = retention.by_key() / ".0123"
    staged.symlink_to(ruin)
    collect(1)
    assert not ruin.exists()
    assert not staged.is_symlink()


def test_repetitions_of_runs_that_go_go_with_them(made_runs, tmp_path):
    for id_ in IDS[:2]:
        made_runs.make(id_)
        write_json(tmp_path / "reproductions" / id_ / "run.json", {})
    collect(1)
    assert [path.name for path in (tmp_path / "reproductions").iterdir()] == [IDS[1]]


def test_latest_leads_to_the_latest_run_that_is_left(made_runs, tmp_path):
    pushed = made_runs.make(IDS[0], pushed=True)
    made_runs.make(IDS[1], seed=14)
    latest = tmp_path / "runs" / "latest"
    latest.symlink_to(IDS[1])
    collect(0, champion_of(pushed))
    assert latest.readlink().name == IDS[0]
    collect(0)
    assert not latest.is_symlink()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    statuses=st.lists(st.sampled_from(["finished", "failed", "killed", "running"]), max_size=6),
    keep=st.integers(0, 4),
)
def test_whatever_happened_the_last_finished_and_the_unclosed_stay(
    made_runs, tmp_path, statuses, keep
):
    known = []
    for at, status in enumerate(statuses):
        run = history.Run(IDS[at])
        run.folder.mkdir(parents=True, exist_ok=True)
        run.note(status=status)
        known.insert(0, run)
    kept = retention.reasons(known, keep, {})
    finished = [run.id for run in known if run.facts["status"] == "finished"]
    assert set(finished[:keep]) == set(kept) & set(finished)
    assert {run.id for run in known if run.facts["status"] == "running"} <= set(kept)
    assert len(kept) <= 2 * keep + statuses.count("running")
    assert list(kept) == sorted(kept, reverse=True)


@pytest.fixture
def registered(made_runs, tmp_path, monkeypatch):
    """A run that pushed, its model behind the alias of a real registry, and two runs after it."""
    monkeypatch.setattr(tracker, "VAR", tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    pushed = made_runs.make(IDS[0], pushed=True, outcome="pushed")
    for seed, id_ in enumerate(IDS[1:3]):
        made_runs.make(id_, seed=seed, outcome="refused")
    bundle = tmp_path / "mlflow" / "model" / "bundle"
    trained = pushed.folder / "tasks/training/train/model"
    write_json(bundle / "weights.json", {"seed": 13, "epochs": 30})
    digest = read_manifest(trained, MODEL).digest
    write_manifest(
        bundle, Manifest(MODEL.name, MODEL.schema_version, "sentiment-train", "1", digest)
    )
    client = tracker.connect()
    name = registry.REGISTERED_MODEL
    client.create_registered_model(name)
    version = client.create_model_version(name, bundle.parent.as_uri(), tags={"candidate": "deep"})
    client.set_registered_model_alias(name, registry.ALIAS, version.version)


def test_from_the_registry_to_the_disk_the_champions_run_is_marked_and_kept(
    registered, run_command
):
    code, out, _ = run_command("runs")
    assert code == 0
    (line,) = [line for line in out.split("\n") if line.startswith("★  ")]
    assert line.split()[1] == IDS[0]
    assert "★ the champion came from this run" in out

    code, out, _ = run_command("gc", "--keep", "1", "--dry-run")
    assert code == 0
    assert f"to go    {IDS[1]}  refused" in out
    assert "would be freed" in out
    assert ids() == [IDS[2], IDS[1], IDS[0]]

    code, out, _ = run_command("gc", "--keep", "1")
    assert code == 0
    assert f"kept     {IDS[0]}  the champion came from it" in out
    assert f"deleted  {IDS[1]}  refused" in out
    assert ids() == [IDS[2], IDS[0]]


def test_nothing_is_deleted_where_the_champion_cannot_be_asked_for(
    made_runs, run_command, monkeypatch
):
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    made_runs.make(IDS[0])
    code, _, err = run_command("gc", "--keep", "0")
    assert code == 2
    assert "the tracking server does not answer" in err
    assert ids() == [IDS[0]]


@pytest.mark.parametrize("pipeline", ["training", "batch"])
def test_nothing_is_deleted_while_a_run_is_on(made_runs, run_command, tmp_path, pipeline):
    made_runs.make(IDS[0])
    holder = (
        "import sys; from sentiment_pipelines import runs\n"
        f"with runs.exclusive({pipeline!r}): print('held', flush=True); sys.stdin.read()"
    )
    environment = {**os.environ, "SENTIMENT_VAR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", holder], env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as other:  # fmt: skip
        assert other.stdout.readline() == "held\n"
        code, _, err = run_command("gc", "--keep", "0")
        assert code == 2
        assert f"another run is using it (process {other.pid})" in err
        other.stdin.close()
    assert ids() == [IDS[0]]


def test_a_number_of_runs_that_cannot_be_is_refused(made_runs, run_command):
    assert run_command("gc", "--keep", "-1")[0] == 2


def test_before_the_first_run_there_is_nothing_to_delete(made_runs, run_command):
    assert run_command("gc") == (0, "no runs yet, nothing to delete\n", "")
