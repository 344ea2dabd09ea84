import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
from types import SimpleNamespace

import pytest

from sentiment_common.artifacts import EXAMPLES, STATISTICS, Source, payload_digest, read_manifest
from sentiment_common.cli import Option, Stage, out_of_space
from sentiment_common.code import stage_digest
from sentiment_common.errors import InputError
from sentiment_common.tracking import read_events


def flags(examples, out, *more):
    return [
        "--examples", str(examples), "--out-statistics", str(out / "statistics"),
        "--out-report", str(out / "report.html"), *more,
    ]  # fmt: skip


def in_process(module, arguments):
    module.STAGE.execute(module.run, module.STAGE.parser().parse_args(arguments))


def command(module, *arguments):
    line = [sys.executable, module.__file__, *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, check=False)


def test_outputs_are_sealed_with_what_they_came_from(word_count, examples, tmp_path):
    out = tmp_path / "out"
    in_process(word_count, flags(examples, out, "--upper", "true"))
    assert json.loads((out / "statistics" / "words.json").read_text()) == [
        "BAD", "GOOD", "GOOD", "UGLY",
    ]  # fmt: skip
    manifest = read_manifest(out / "statistics", STATISTICS)
    assert manifest.digest == payload_digest(out / "statistics")
    assert manifest.inputs == {"examples": read_manifest(examples, EXAMPLES).digest}
    assert manifest.parameters == {"at_least": 3, "scale": 1.0, "upper": True, "outcome": "done"}
    assert (manifest.producer, manifest.producer_version) == (
        "sentiment-common", word_count.STAGE.version,
    )  # fmt: skip
    assert (out / "report.html").read_text() == "<p>4</p>"


def test_metrics_and_parameters_are_recorded_beside_the_artifact(word_count, examples, tmp_path):
    in_process(word_count, flags(examples, tmp_path / "out", "--scale", "0.5"))
    metrics, parameters = read_events(tmp_path / "out" / "statistics")
    assert (metrics["event"], metrics["values"]) == ("metrics", {"words": 2.0})
    assert (parameters["event"], parameters["values"]["scale"]) == ("parameters", 0.5)


def test_results_are_written_as_text_where_they_are_asked_for(word_count, examples, tmp_path):
    words, verdict = tmp_path / "sub" / "words", tmp_path / "verdict"
    more = ("--out-words", str(words), "--out-verdict", str(verdict))
    in_process(word_count, flags(examples, tmp_path / "out", *more))
    assert (words.read_text(), verdict.read_text()) == ("4", "many")


def test_an_optional_input_may_be_given(word_count, examples, tmp_path):
    more = ("--more-examples", str(examples), "--at-least", "9")
    in_process(word_count, flags(examples, tmp_path / "out", *more))
    manifest = read_manifest(tmp_path / "out" / "statistics", STATISTICS)
    assert sorted(manifest.inputs) == ["examples", "more_examples"]
    assert len(json.loads((tmp_path / "out/statistics/words.json").read_text())) == 8


def test_kubeflow_is_told_of_artifacts_and_results(word_count, examples, tmp_path):
    listed = {"artifacts": [{"name": "7", "uri": "gs://bucket/statistics", "metadata": {"a": 1}}]}
    asked = json.dumps({"outputs": {"artifacts": {"statistics": listed}}})
    answer = tmp_path / "kfp" / "output.json"
    more = ("--executor-input", asked, "--executor-output", str(answer))
    in_process(word_count, flags(examples, tmp_path / "out", *more))
    told = json.loads(answer.read_text())
    assert told["parameterValues"] == {"words": 4, "verdict": "many"}
    (artifact,) = told["artifacts"]["statistics"]["artifacts"]
    digest = read_manifest(tmp_path / "out" / "statistics", STATISTICS).digest
    assert artifact["uri"] == "gs://bucket/statistics"
    assert artifact["metadata"] == {
        "a": 1, "kind": "statistics", "schema_version": 1, "digest": digest,
    }  # fmt: skip


def test_a_refusal_in_the_middle_leaves_what_was_there_and_nothing_else(
    word_count, examples, tmp_path
):
    out = tmp_path / "out"
    in_process(word_count, flags(examples, out))
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(InputError):
        in_process(word_count, flags(examples, out, "--upper", "true", "--outcome", "refuse"))
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_a_second_run_replaces_the_outputs(word_count, examples, tmp_path):
    out = tmp_path / "out"
    in_process(word_count, flags(examples, out))
    (out / "statistics" / "stale.json").write_text("{}")
    in_process(word_count, flags(examples, out, "--upper", "true"))
    assert not (out / "statistics" / "stale.json").exists()
    assert "GOOD" in (out / "statistics" / "words.json").read_text()


def test_done_is_exit_code_0(word_count, examples, tmp_path):
    process = command(word_count, *flags(examples, tmp_path / "out"))
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "")


def test_bad_input_is_exit_code_2_with_one_line_and_nothing_left(word_count, examples, tmp_path):
    out = tmp_path / "out"
    process = command(word_count, *flags(examples, out, "--outcome", "refuse"))
    assert process.returncode == 2
    assert process.stderr == (
        "sentiment-common: text.txt, row 1: no words of use; write some\n"
    )  # fmt: skip
    assert list(out.iterdir()) == []


def test_a_bug_is_exit_code_1_with_its_traceback_and_nothing_left(word_count, examples, tmp_path):
    out = tmp_path / "out"
    process = command(word_count, *flags(examples, out, "--outcome", "bug"))
    assert process.returncode == 1
    assert "Traceback" in process.stderr
    assert process.stderr.endswith("ZeroDivisionError: a bug\n")
    assert list(out.iterdir()) == []


def test_sigterm_stops_it_and_nothing_is_left(word_count, examples, tmp_path):
    out = tmp_path / "out"
    line = [sys.executable, word_count.__file__, *flags(examples, out, "--outcome", "wait")]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "waiting\n"
        assert list(out.iterdir()) != []
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 128 + signal.SIGTERM
    assert list(out.iterdir()) == []


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--at-least", "many"], "argument --at-least: invalid int value: 'many'"),
        (["--upper", "yes"], "argument --upper: 'yes' is neither true nor false"),
        (["--outcome", "luck"], "argument --outcome: invalid choice: 'luck'"),
        (["--at", "3"], "unrecognized arguments: --at 3"),
    ],
)
def test_a_wrong_flag_is_exit_code_2_and_named(word_count, examples, tmp_path, more, message):
    process = command(word_count, *flags(examples, tmp_path / "out", *more))
    assert process.returncode == 2
    assert message in process.stderr
    assert not (tmp_path / "out").exists()


def test_a_missing_input_is_named(word_count, tmp_path):
    process = command(word_count, *flags(tmp_path / "nowhere", tmp_path / "out"))
    assert process.returncode == 2
    assert process.stderr.startswith(f"sentiment-common: {tmp_path}/nowhere: no artifact.json here")


@pytest.mark.parametrize("value", ["-0.5", "-2e3", "-.5"])
def test_a_value_that_starts_with_a_minus_is_no_flag(word_count, examples, tmp_path, value):
    process = command(word_count, *flags(examples, tmp_path / "out", "--scale", value))
    assert process.returncode == 0, process.stderr
    manifest = read_manifest(tmp_path / "out" / "statistics", STATISTICS)
    assert manifest.parameters["scale"] == float(value)


def test_a_value_may_look_like_a_flag_unless_it_is_one():
    options = (Option("beam", str, "", ""), Option("more", str, "", ""))
    stage = Stage("sentiment-common", "", options=options)
    arguments = stage.parse(["--beam", "--runner=Flink --x=1", "--more", "-"])
    assert (arguments.beam, arguments.more) == ("--runner=Flink --x=1", "-")
    with pytest.raises(SystemExit):
        stage.parse(["--beam", "--more", "3"])


@pytest.mark.parametrize(("text", "value"), [("true", True), ("False", False)])
def test_kubeflow_spells_booleans_either_way(word_count, examples, tmp_path, text, value):
    parser = word_count.STAGE.parser()
    assert parser.parse_args(flags(examples, tmp_path, "--upper", text)).upper is value


def test_the_interface_describes_every_flag_of_the_parser(word_count):
    rows = word_count.STAGE.interface()
    parser = word_count.STAGE.parser()
    parsed = {flag for action in parser._actions for flag in action.option_strings}
    of_the_contract = {"-h", "--help", "--version", "--interface"}
    of_kubeflow = {"--executor-input", "--executor-output"}
    assert {row["flag"] for row in rows} == parsed - of_the_contract - of_kubeflow
    assert [row["role"] for row in rows] == (
        ["input"] * 2 + ["output"] * 2 + ["result"] * 2 + ["option"] * 4
    )
    shown = json.loads(command(word_count, "--interface").stdout)
    assert shown == rows


def test_help_explains_flags_defaults_and_gives_examples(word_count):
    shown = command(word_count, "--help").stdout
    for part in ("words that are many (default: 3)", "what to count (examples)", "word-count --ex"):
        assert part in " ".join(shown.split())


def test_asking_a_task_for_an_absent_input_is_a_bug(word_count, examples, tmp_path):
    task = word_count.Task({"examples": examples, "more_examples": None}, {}, SimpleNamespace())
    assert task.input("examples") == examples
    with pytest.raises(KeyError):
        task.input("more_examples")


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("RESOURCE_EXHAUSTED: weights.index; No space left on device"),
        RuntimeError("(sqlite3.OperationalError) database or disk is full"),
    ],
    ids=["the system's", "TensorFlow's", "sqlite's"],
)
def test_a_full_disk_is_known_by_number_or_message_through_any_wrapping(error):
    try:
        try:
            raise error
        except Exception as cause:
            raise ValueError("could not save") from cause
    except ValueError as wrapped:
        assert out_of_space(wrapped)
    assert not out_of_space(ValueError("could not save"))


def test_a_place_for_checkpoints_is_handed_to_the_stage(
    word_count, examples, tmp_path, monkeypatch
):
    seen = []
    monkeypatch.setenv("SENTIMENT_CHECKPOINTS", str(tmp_path / "work"))
    arguments = word_count.STAGE.parser().parse_args(flags(examples, tmp_path / "out"))

    def run(task):
        seen.append(task.checkpoints)
        word_count.run(task)

    word_count.STAGE.execute(run, arguments)
    assert seen == [tmp_path / "work"]


def test_outputs_say_which_sources_and_which_code_they_came_from(word_count, examples, tmp_path):
    source = Source("reviews.csv", "0" * 64, 12)
    arguments = word_count.STAGE.parser().parse_args(flags(examples, tmp_path / "out"))

    def run(task):
        task.sources.append(source)
        word_count.run(task)

    word_count.STAGE.execute(run, arguments)
    manifest = read_manifest(tmp_path / "out" / "statistics", STATISTICS)
    assert manifest.sources == (source,)
    assert manifest.code == stage_digest("sentiment-common")


NOBODY = """
import pathlib, pwd, runpy, sys
def unknown(uid): raise KeyError(uid)
pwd.getpwuid = unknown
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    print(pathlib.Path.home())
"""


def test_a_user_that_nobody_knows_has_a_home_all_the_same(word_count, examples, tmp_path):
    line = [sys.executable, "-c", NOBODY, word_count.__file__, *flags(examples, tmp_path / "out")]
    environment = {name: value for name, value in os.environ.items() if name != "HOME"}
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, tempfile.gettempdir()), done.stderr
