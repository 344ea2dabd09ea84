import json
import subprocess
import sys
from pathlib import Path

import pytest

from sentiment_common.artifacts import (
    EXAMPLES,
    FEATURES,
    STATISTICS,
    TRANSFORM_GRAPH,
    Manifest,
    payload_digest,
    read_manifest,
    write_manifest,
)
from sentiment_transform.cli import STAGE, run

SERVING = Path(__file__).with_name("serving.py")
RUNNER = "apache_beam.runners.portability.fn_api_runner.FnApiRunner"


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_it_leaves_a_graph_and_features_that_know_where_they_came_from(transformed, examples):
    for folder, kind in (
        (transformed.graph, TRANSFORM_GRAPH),
        (transformed.train, FEATURES),
        (transformed.validation, FEATURES),
    ):
        manifest = read_manifest(folder, kind)
        assert manifest.inputs == {"examples": read_manifest(examples, EXAMPLES).digest}
        assert manifest.digest == payload_digest(folder, manifest.named)
    assert {
        "text_spec/spec.json", "text_spec/lemmas.tsv", "text_spec/characters.tsv",
        "transform_fn/saved_model.pb", "vocabulary/tokens.txt", "vocabulary/ngrams.txt",
        "vocabulary/ngram_idf.npy",
    } <= files(transformed.graph)  # fmt: skip


def test_it_says_what_it_does_in_a_few_lines(transformed):
    lines = transformed.process.stderr.split("\n")[:-1]
    assert [line.split(": ", 1)[1] for line in lines] == [
        "analysing 238 training texts",
        "train: features of 238 rows",
        "validation: features of 39 rows",
    ]


def test_a_second_run_gives_the_same_bytes(transformed, examples, arguments, tmp_path):
    STAGE.execute(run, STAGE.parser().parse_args(arguments(examples, tmp_path)))
    for first in (transformed.graph, transformed.train, transformed.validation):
        second = tmp_path / first.name
        kept = {name for name in files(first) if not name.startswith("transform_fn/")}
        for name in kept - {"tracking.jsonl"}:
            assert (second / name).read_bytes() == (first / name).read_bytes(), name


def test_a_beam_runner_of_two_processes_gives_the_same_digests(
    transformed, examples, arguments, command, tmp_path
):
    runner = f"--runner={RUNNER} --direct_running_mode=multi_processing "
    done = command(*arguments(examples, tmp_path, f"--beam={runner}--direct_num_workers=2"))
    assert done.returncode == 0, done.stderr
    for first, kind in ((transformed.graph, TRANSFORM_GRAPH), (transformed.train, FEATURES)):
        again = read_manifest(tmp_path / first.name, kind)
        assert again.digest == read_manifest(first, kind).digest


def test_a_process_without_tensorflow_transform_computes_the_same_features(transformed, examples):
    pairs = [
        [str(examples / split / "examples.parquet"), str(folder / "features.parquet")]
        for split, folder in (("train", transformed.train), ("validation", transformed.validation))
    ]
    line = [sys.executable, SERVING, transformed.graph / "transform_fn", json.dumps(pairs)]
    shown = subprocess.run(line, capture_output=True, text=True, check=True).stdout
    assert json.loads(shown) == [238 + 39, 0, []]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--ngram-max", "0"], "sentiment-transform: --ngram-max: 0 is less than 1\n"),
        (["--beam", "2"], "--beam='--runner=FlinkRunner --flink_master=flink:8081'\n"),
        (["--min-count", "x"], "error: argument --min-count: invalid int value: 'x'\n"),
        (["--stop-words", "x"], "argument --stop-words: 'x' is neither true nor false\n"),
        (["--max-words", "3"], "error: unrecognized arguments: --max-words 3\n"),
    ],
)
def test_a_wrong_option_ends_with_code_2_and_leaves_nothing(
    command, arguments, examples, tmp_path, more, message
):
    process = command(*arguments(examples, tmp_path, *more))
    assert process.returncode == 2
    assert process.stderr.endswith(message)
    assert list(tmp_path.iterdir()) == []


def test_an_artifact_of_another_kind_ends_with_code_2_and_says_who_made_it(
    command, arguments, tmp_path
):
    statistics, out = tmp_path / "statistics", tmp_path / "out"
    manifest = Manifest(STATISTICS.name, STATISTICS.schema_version, "sentiment-validate", "1", "")
    write_manifest(statistics, manifest)
    process = command(*arguments(statistics, out))
    assert process.returncode == 2
    assert process.stderr == (
        f"sentiment-transform: {statistics}: wanted examples (schema 1), got statistics "
        "(schema 1); it was made by sentiment-validate 1\n"
    )
    assert not out.exists()


def test_help_and_interface_answer_without_tensorflow(command):
    assert "--max-ngrams" in command("--help").stdout
    flags = {row["flag"] for row in json.loads(command("--interface").stdout)}
    assert {"--examples", "--out-transform-graph", "--ngram-max", "--lemmas"} <= flags
    code = "import sys, sentiment_transform.cli; print('tensorflow' in sys.modules)"
    line = [sys.executable, "-c", code]
    assert subprocess.run(line, capture_output=True, text=True, check=True).stdout == "False\n"
