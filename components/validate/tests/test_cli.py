import json
import re
import shutil
import subprocess

import pytest

from sentiment_common.artifacts import (
    ANOMALIES,
    MANIFEST,
    SCHEMA,
    STATISTICS,
    Manifest,
    payload_digest,
    read_manifest,
    write_manifest,
)
from sentiment_common.errors import InputError
from sentiment_common.tracking import read_events
from sentiment_validate.cli import STAGE, run

COMMAND = shutil.which("sentiment-validate")
RUNNER = "apache_beam.runners.portability.fn_api_runner.FnApiRunner"
OUTPUTS = ("statistics", "used-schema", "anomalies", "report.html", "verdict")


def arguments(examples, out, *more):
    named = {"report.html": "report"}
    flags = [f(out, name) for name in OUTPUTS for f in (
        lambda _, n: f"--out-{named.get(n, n)}", lambda o, n: str(o / n))]  # fmt: skip
    return ["--examples", str(examples), *flags, *more]


def in_process(examples, out, *more):
    STAGE.execute(run, STAGE.parser().parse_args(arguments(examples, out, *more)))


def command(examples, out, *more):
    return subprocess.run(
        [COMMAND, *arguments(examples, out, *more)], capture_output=True, text=True, check=False
    )


def left_behind(folder):
    return sorted(path.name for path in folder.rglob("*"))


def test_the_command_accepts_sound_examples_and_says_each_step(frames, write_examples, tmp_path):
    out = tmp_path / "out"
    done = command(write_examples(frames), out)
    assert done.returncode == 0, done.stderr
    assert (out / "verdict").read_text() == "accepted"
    assert sorted(path.name for path in out.iterdir()) == sorted(OUTPUTS)
    steps = [line.split(": ", 1)[1] for line in done.stderr.split("\n") if line]
    assert steps[0].endswith("schema default-corpus, rules default-corpus")
    assert steps[-1] == "accepted: 0 errors, 0 warnings"
    assert len(steps) == 8, done.stderr


def test_a_refusal_is_a_verdict_with_its_report_told_to_kubeflow(frames, write_examples, tmp_path):
    frames["test"].loc[0, "text"] = frames["train"].loc[0, "text"]
    examples, out = write_examples(frames, source="reviews.csv"), tmp_path / "out"
    artifact = {"artifacts": [{"name": "anomalies", "uri": "x"}]}
    asked = json.dumps({"outputs": {"artifacts": {"anomalies": artifact}}})
    answer = tmp_path / "answer.json"
    in_process(examples, out, "--executor-input", asked, "--executor-output", str(answer))
    assert (out / "verdict").read_text() == "refused"
    found = json.loads((out / "anomalies" / "anomalies.json").read_text())
    assert (found["verdict"], found["schema"], found["errors"]) == ("refused", "feedback", 1)
    assert found["anomalies"][0]["rule"] == "shared_text"
    assert ">refused<" in (out / "report.html").read_text()
    told = json.loads(answer.read_text())
    assert told["parameterValues"] == {"verdict": "refused"}
    assert told["artifacts"]["anomalies"]["artifacts"][0]["metadata"]["errors"] == 1


def test_equal_examples_give_equal_digests(frames, write_examples, tmp_path):
    examples = write_examples(frames)
    for out in ("first", "second"):
        in_process(examples, tmp_path / out)
    for name, kind in (
        ("statistics", STATISTICS),
        ("used-schema", SCHEMA),
        ("anomalies", ANOMALIES),
    ):
        first, second = (read_manifest(tmp_path / out / name, kind) for out in ("first", "second"))
        assert first.digest == second.digest


def test_a_beam_runner_of_two_processes_gives_the_same_digests(frames, write_examples, tmp_path):
    examples = write_examples(frames)
    in_process(examples, tmp_path / "here")
    runner = f"--runner={RUNNER} --direct_running_mode=multi_processing "
    done = command(examples, tmp_path / "there", f"--beam={runner}--direct_num_workers=2")
    assert done.returncode == 0, done.stderr
    for name, kind in (("statistics", STATISTICS), ("anomalies", ANOMALIES)):
        here, there = (read_manifest(tmp_path / out / name, kind) for out in ("here", "there"))
        assert here.digest == there.digest
    kept = sorted(path.name for path in (tmp_path / "there" / "statistics").glob("*.p*"))
    assert kept == ["test.pb", "train.pb", "validation.pb"]


def test_a_users_schema_is_used_and_kept(frames, write_examples, tmp_path):
    mine = tmp_path / "mine.pbtxt"
    mine.write_text('# only texts\nfeature { name: "text" type: BYTES }\n')
    in_process(write_examples(frames), tmp_path / "out", "--schema", str(mine))
    assert (tmp_path / "out/used-schema/schema.pbtxt").read_text() == mine.read_text()
    assert (tmp_path / "out/verdict").read_text() == "accepted"


def test_a_users_schema_and_rules_are_the_sources_of_what_is_written(
    frames, write_examples, tmp_path
):
    schema, rules = tmp_path / "mine.pbtxt", tmp_path / "mine.toml"
    schema.write_text('feature { name: "text" type: BYTES }\n')
    rules.write_text('[unknown_column]\nseverity = "error"\n')
    out = tmp_path / "out"
    in_process(write_examples(frames), out, "--schema", str(schema), "--rules", str(rules))
    assert (out / "verdict").read_text() == "refused"
    assert (out / "used-schema/rules.toml").read_text() == rules.read_text()
    sources = read_manifest(out / "anomalies", ANOMALIES).sources
    assert [source.uri for source in sources] == [str(schema), str(rules)]
    assert sources[1].size == rules.stat().st_size


def test_a_schema_and_rules_may_be_given_as_text(frames, write_examples, tmp_path):
    schema = 'feature { name: "text" type: BYTES }\n'
    rules = '[unknown_column]\nseverity = "error"\n'
    out = tmp_path / "out"
    in_process(write_examples(frames), out, "--schema", schema, "--rules", rules)
    assert (out / "verdict").read_text() == "refused"
    assert (out / "used-schema/schema.pbtxt").read_text() == schema
    assert (out / "used-schema/rules.toml").read_text() == rules
    assert read_manifest(out / "anomalies", ANOMALIES).sources == ()


def test_an_accepted_rule_is_recorded_everywhere_with_its_reason(frames, write_examples, tmp_path):
    frames["test"].loc[0, "id"] = frames["train"].loc[0, "id"]
    examples, out = write_examples(frames), tmp_path / "out"
    in_process(examples, out, "--accept", "shared_id=ids begin anew each year; skew=a new shop")
    assert (out / "verdict").read_text() == "accepted"
    found = json.loads((out / "anomalies" / "anomalies.json").read_text())
    assert found["accepted"] == {"shared_id": "ids begin anew each year", "skew": "a new shop"}
    assert [item["rule"] for item in found["anomalies"]] == ["shared_id"]
    assert "accepted: ids begin anew each year" in (out / "report.html").read_text()
    events = list(read_events(out / "anomalies"))
    assert events[0]["values"]["accepted_shared_id"] == "ids begin anew each year"
    assert events[1]["values"]["validate_errors"] == 1.0


def test_drift_is_measured_from_earlier_statistics_if_there_are_any(
    frames, write_examples, tmp_path
):
    examples = write_examples(frames)
    empty = tmp_path / "empty"
    empty.mkdir()
    digest = payload_digest(empty)
    write_manifest(empty, Manifest("statistics", STATISTICS.schema_version, "t", "1", digest))
    in_process(examples, tmp_path / "first", "--previous-statistics", str(empty))
    first = tmp_path / "first" / "statistics"
    in_process(examples, tmp_path / "second", "--previous-statistics", str(first))
    rules = {}
    for out in ("first", "second"):
        distances = json.loads((tmp_path / out / "anomalies/anomalies.json").read_text())
        rules[out] = {(item["rule"], item["split"]) for item in distances["distances"]}
    assert rules["second"] - rules["first"] == {("drift", "train")}
    kept = [read_manifest(tmp_path / out / "statistics", STATISTICS) for out in ("first", "second")]
    assert kept[0].digest == kept[1].digest


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--schema", "nowhere.pbtxt"), "no such schema"),
        (("--rules", "nowhere.toml"), "no such file of rules"),
        (("--accept", "shared_idd=new"), "--accept: no rule 'shared_idd'"),
        (("--accept", "shared_id="), "no reason why shared_id is accepted"),
        (("--shcema", "auto"), "unrecognized"),
        (("--beam", "2"), "--beam='--runner=FlinkRunner --flink_master=flink:8081'"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line_and_exit_2(
    frames, write_examples, tmp_path, more, said
):
    done = command(write_examples(frames), tmp_path / "out", *more)
    assert done.returncode == 2
    assert said in done.stderr.strip().split("\n")[-1]
    assert "Traceback" not in done.stderr
    assert left_behind(tmp_path / "out") == []


def test_a_runner_that_is_not_there_is_one_line(frames, write_examples, tmp_path):
    with pytest.raises(InputError, match=r"--beam: .*NoSuchRunner.*; name a runner of this Beam"):
        in_process(write_examples(frames), tmp_path / "out", "--beam=--runner=NoSuchRunner")
    assert left_behind(tmp_path / "out") == []


def test_more_rows_than_memory_are_refused_before_they_are_read(
    frames, write_examples, many_rows, tmp_path
):
    examples = write_examples(frames)
    many_rows(examples / "train" / "many.parquet")
    done = command(examples, tmp_path / "out")
    assert done.returncode == 2
    assert re.fullmatch(
        r"sentiment-validate: judging [\d,]+ rows takes about [\d.]+ GB of memory, [\d.]+ GB are "
        r"free; judge it on a machine with more, or a part of it\n", done.stderr,
    )  # fmt: skip
    assert left_behind(tmp_path / "out") == []


def test_another_kind_of_artifact_is_refused_by_name(tmp_path):
    (tmp_path / "model").mkdir()
    manifest = {"kind": "model", "schema_version": 1, "producer": "p", "producer_version": "1"}
    (tmp_path / "model" / MANIFEST).write_text(json.dumps({**manifest, "digest": "d"}))
    with pytest.raises(InputError, match=r"wanted examples \(schema 1\), got model"):
        in_process(tmp_path / "model", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_missing_split_leaves_nothing_behind(frames, write_examples, tmp_path):
    del frames["test"]
    with pytest.raises(InputError, match="run sentiment-ingest again"):
        in_process(write_examples(frames), tmp_path / "out")
    assert left_behind(tmp_path / "out") == []
