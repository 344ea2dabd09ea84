"""The runner of steps, with programs that every machine has."""

import time
from dataclasses import replace

import pytest

from sentiment_common.errors import InputError
from sentiment_pipelines.cluster import steps
from sentiment_pipelines.cluster.steps import Command, Fault, Ready, Runner, Step, execute


def shell(script, **settings):
    return Command(("sh", "-c", script), **settings)


@pytest.fixture
def runner(tmp_path):
    return Runner(tmp_path / "begun", lambda words: None)


def test_what_is_done_is_not_done_again(runner, tmp_path):
    there = tmp_path / "there"
    step = Step("one", "does", (shell(f"echo x >> {there}"),), done=(shell(f"test -e {there}"),))
    assert [runner.run(step) for _ in range(3)] == [True, False, False]
    assert there.read_text() == "x\n"


def test_a_look_that_wants_a_word_is_not_content_with_an_exit_code(runner):
    step = Step("one", "does", (), done=(shell("echo stopped", expected="running"),))
    assert not runner.is_done(step)


def test_what_had_begun_and_not_ended_is_undone_first(runner, tmp_path):
    half = tmp_path / "half"
    step = Step("one", "does", (shell(f"touch {half}; false"),), undone=(shell(f"rm {half}"),))
    with pytest.raises(InputError):
        runner.run(step)
    assert half.exists()
    whole = Step("one", "does", (shell(f"test ! -e {half}"),), undone=step.undone)
    assert runner.run(whole)
    assert not list(runner.marks.iterdir())


def test_a_program_that_hangs_ends_with_all_it_started_and_one_line(runner, tmp_path):
    alive = tmp_path / "alive"
    step = Step("one", "does", (shell(f"(sleep 1; touch {alive}) & sleep 30", seconds=0.2),))
    with pytest.raises(InputError, match=r"one: `sh -c .*` was not done after 0 s") as told:
        runner.run(step)
    assert "\n" not in str(told.value)
    time.sleep(1.2)
    assert not alive.exists()


def test_a_known_complaint_becomes_its_meaning_and_the_remedy(runner):
    step = Step(
        "one", "does", (shell("echo 'write: No space left on device' >&2; exit 1"),),
        faults=(Fault("no space left", "the disk is full", "make room"),),
    )  # fmt: skip
    with pytest.raises(InputError) as told:
        runner.run(step)
    assert str(told.value) == "one: the disk is full; make room"


def test_an_unknown_complaint_is_its_last_error_line(runner):
    step = Step("one", "does", (shell("echo ERROR: why >&2; echo and more >&2; exit 3"),))
    with pytest.raises(InputError, match=r"failed: ERROR: why$"):
        runner.run(step)


def test_a_program_reads_what_it_is_given():
    assert execute(Command(("cat",), given="some text\n")).stdout == "some text\n"


def test_a_wait_says_what_it_waits_for_and_gives_up_on_an_image_that_nobody_has(house, monkeypatch):
    for name, it in house.variables.items():
        monkeypatch.setenv(name, it)
    for name in ("whole", "unready-ml-pipeline"):
        (house.state / name).touch()
    monkeypatch.setattr(steps, "PERIOD", 0.01)
    monkeypatch.setattr(steps, "PATIENCE", 0.1)
    said = []
    with pytest.raises(InputError) as told:
        steps.wait(Ready("kubeflow", "kind-sentiment", 60), Step("kubeflow", "w", ()), said.append)
    assert said[0] == "0 of 1 ready, waits for ml-pipeline: ImagePullBackOff: not found"
    assert "waits for ml-pipeline: ImagePullBackOff: not found; the same command" in str(told.value)
    (house.state / "unready-ml-pipeline").unlink()
    steps.wait(Ready("kubeflow", "kind-sentiment", 60), Step("kubeflow", "w", ()), said.append)


def test_pods_of_the_version_before_are_not_what_is_waited_for(house, monkeypatch):
    for name, it in house.variables.items():
        monkeypatch.setenv(name, it)
    for name in ("whole", "mlflow", "serving", "rolling-sentiment-serving"):
        (house.state / name).touch()
    both = Ready("sentiment", "kind-sentiment", 1)
    assert steps.missing(both) == (2, ["sentiment-serving"])
    assert steps.missing(replace(both, deployment="sentiment-mlflow")) == (1, [])
    (house.state / "rolling-sentiment-serving").unlink()
    assert steps.missing(both) == (2, [])


def test_a_pod_without_room_and_one_that_crashed_say_so():
    status = {
        "conditions": [{"reason": "Unschedulable", "message": "0/1 nodes: Insufficient memory"}],
        "initContainerStatuses": [{"state": {"terminated": {"reason": "Completed"}}}],
        "containerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}],
    }
    assert list(steps._waits(status)) == [
        "no room: 0/1 nodes: Insufficient memory", "CrashLoopBackOff",
    ]  # fmt: skip


def test_a_program_that_is_not_there_is_no_success():
    assert not steps._succeeds(Command(("no-such-program-here",)))
    with pytest.raises(FileNotFoundError):
        execute(Command(("no-such-program-here",)))
