"""The hooks into kfp.local, on compiled pipelines whose containers really run as processes."""

import json
import subprocess
from pathlib import Path

import pytest
from kfp import compiler, components, dsl

from sentiment_pipelines.backends import kfp_local


class SentimentNote(dsl.Artifact):
    schema_title = "system.SentimentNote"
    schema_version = "0.0.1"


ANSWER = """
import json, pathlib, sys
task, text, out, asked, answer = sys.argv[1:]
if text == "fail":
    sys.exit(3)
pathlib.Path(out).parent.mkdir(parents=True, exist_ok=True)
pathlib.Path(out).write_text(text)
outputs = json.loads(asked)["outputs"]["artifacts"]
note = {"artifacts": [outputs["note"]["artifacts"][0]]}
pathlib.Path(answer).write_text(json.dumps(
    {"parameterValues": {"verdict": text}, "artifacts": {"note": note}}))
"""


def container(text, note):
    return dsl.ContainerSpec(
        image="sentiment-say:0.1.0",
        command=["python3", "-c", ANSWER, "say"],
        args=[
            text,
            note.path,
            dsl.PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER,
            dsl.PIPELINE_TASK_EXECUTOR_OUTPUT_PATH_PLACEHOLDER,
        ],
    )


@dsl.container_component
def say(note: dsl.Output[SentimentNote], verdict: dsl.OutputPath(str), text: str = "yes"):
    return container(text, note)


@dsl.container_component
def listen(heard: dsl.Input[SentimentNote], note: dsl.Output[SentimentNote]):
    return dsl.ContainerSpec(
        image="sentiment-listen:0.1.0",
        command=["sh", "-c", 'mkdir -p "$(dirname "$1")" && cat "$0" > "$1"'],
        args=[heard.path, note.path],
    )


@dsl.container_component
def judge(verdict: dsl.OutputPath(str), text: str = "yes"):
    return dsl.ContainerSpec(
        image="sentiment-judge:0.1.0",
        command=["sh", "-c", 'mkdir -p "$(dirname "$1")" && printf %s "$0" > "$1"'],
        args=[text, verdict],
    )


@dsl.container_component
def touch(path: str):
    return dsl.ContainerSpec(image="sentiment-touch:0.1.0", command=["touch"], args=[path])


@pytest.fixture
def run(tmp_path):
    """Compiles a pipeline, runs it, and returns the tasks in the order they ran."""

    def run(pipeline, **arguments):
        ran = []

        def run_task(name, image, command):
            ran.append((name, image, command))
            return subprocess.run(command, check=False).returncode == 0

        compiled = tmp_path / "pipeline.yaml"
        compiler.Compiler().compile(pipeline, str(compiled))
        kfp_local.initialize(str(tmp_path / "tasks"))
        with kfp_local.hooks(run_task, (SentimentNote,)):
            components.load_component_from_file(str(compiled))(**arguments)
        return ran

    return run


@pytest.mark.parametrize(("answer", "runs"), [("yes", True), ("no", False)])
def test_a_condition_on_a_named_output_is_decided_by_its_value(run, tmp_path, answer, runs):
    mark = tmp_path / "mark"

    @dsl.pipeline
    def conditional(answer: str, path: str):
        judged = judge(text=answer)
        with dsl.If(judged.outputs["verdict"] == "yes"):
            touch(path=path)

    names = [name for name, _, _ in run(conditional, answer=answer, path=str(mark))]
    assert mark.exists() is runs
    assert names == (["judge", "touch"] if runs else ["judge"])


def test_a_condition_inside_a_condition_is_decided_by_its_value(run, tmp_path):
    mark = tmp_path / "mark"

    @dsl.pipeline
    def nested(path: str):
        first = judge(text="yes")
        with dsl.If(first.outputs["verdict"] == "yes"):
            second = judge(text="no")
            with dsl.If(second.outputs["verdict"] == "yes"):
                touch(path=path)

    assert [name for name, _, _ in run(nested, path=str(mark))] == ["judge", "judge-2"]
    assert not mark.exists()


def test_a_failing_task_stops_what_depends_on_it_and_the_pipeline_fails(run, tmp_path):
    mark = tmp_path / "mark"

    @dsl.pipeline
    def failing(path: str):
        said = say(text="fail")
        touch(path=path).after(said)

    with pytest.raises(RuntimeError, match="say"):
        run(failing, path=str(mark))
    assert not mark.exists()


def test_two_tasks_of_one_component_keep_their_outputs_apart(run, tmp_path):
    @dsl.pipeline
    def twice():
        first, second = say(text="first"), say(text="second")
        listen(heard=first.outputs["note"])
        listen(heard=second.outputs["note"])

    ran = run(twice)
    heard = {
        Path(command[-1]).read_text()
        for _, image, command in ran
        if image.startswith("sentiment-l")
    }
    assert heard == {"first", "second"}


def test_independent_tasks_run_in_the_order_of_their_names(run, tmp_path):
    @dsl.pipeline
    def independent(folder: str):
        for name in ("c", "a", "d", "b"):
            judge(text=name)
            say(text=name)

    names = [name for name, _, _ in run(independent, folder=str(tmp_path))]
    assert names == sorted(names)
    assert len(names) == 8


def test_an_importer_brings_in_an_artifact_type_of_ours(run, tmp_path):
    given = tmp_path / "given"
    given.write_text("hello")

    @dsl.pipeline
    def importing(uri: str):
        note = dsl.importer(artifact_uri=uri, artifact_class=SentimentNote, reimport=False)
        listen(heard=note.outputs["artifact"])

    ((_, _, command),) = run(importing, uri=str(given))
    assert Path(command[-1]).read_text() == "hello"


def test_the_hooks_leave_kfp_as_it_was(run):
    from kfp.local import subprocess_task_handler

    before = subprocess_task_handler.SubprocessTaskHandler

    @dsl.pipeline
    def one():
        say()

    run(one)
    assert subprocess_task_handler.SubprocessTaskHandler is before


def test_the_self_check_names_what_upstream_changed(monkeypatch):
    function, _ = kfp_local._PATCHED["execute_single_task"]
    monkeypatch.setitem(kfp_local._PATCHED, "execute_single_task", (function, "of-another-release"))
    with pytest.raises(RuntimeError, match="changed execute_single_task"):
        kfp_local.check()


def test_the_self_check_accepts_the_pinned_release():
    kfp_local.check()


def test_a_result_reported_in_the_executor_output_is_an_output_of_the_task(run, tmp_path):
    @dsl.pipeline
    def saying():
        said = say(text="yes")
        listen(heard=said.outputs["note"])

    ran = run(saying)
    answer = json.loads(Path(ran[0][2][-1]).read_text())
    assert answer["artifacts"]["note"]["artifacts"][0]["uri"] == ran[0][2][-3]
