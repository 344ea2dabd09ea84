import json
import os
import shutil
import subprocess

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from sentiment_common.artifacts import (
    EXAMPLES,
    Manifest,
    payload_digest,
    read_manifest,
    write_json,
    write_manifest,
)
from sentiment_ingest.split import SPLITS

FEEDBACK = ("--text-column", "review", "--rating-column", "stars", "--created-at-column", "created")


def rows(folder, split):
    return pq.read_table(folder / split / "examples.parquet").to_pylist()


def refused(ingest, tmp_path, *options, **keywords):
    """The line a refusal ends with; nothing but the folder it was started in may be left."""
    done = ingest(*options, **keywords)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "out").iterdir()) == []
    line = done.stderr.rstrip("\n").split("\n")[-1]
    assert line.startswith("sentiment-ingest: ")
    return line


def test_the_default_corpus_is_labelled_and_split(ingest, tmp_path):
    done = ingest()
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "out" / "examples" / "summary.json").read_text())
    assert summary["source"] == "default"
    assert summary["rows"] == {
        "read": 7908, "kept": 7837, "dropped": 71, "train": 5485, "validation": 784, "test": 1568,
    }  # fmt: skip


def test_the_default_corpus_gives_the_same_artifact_in_every_process(ingest, tmp_path):
    digests = set()
    for hash_seed in ("1", "2"):
        assert ingest(env={**os.environ, "PYTHONHASHSEED": hash_seed}).returncode == 0
        digests.add(read_manifest(tmp_path / "out" / "examples", EXAMPLES).digest)
    assert len(digests) == 1


def test_a_file_of_ones_own_is_ingested_from_any_format_alike(ingest, tmp_path, feedback):
    table = pa.csv.read_csv(feedback, parse_options=pa.csv.ParseOptions(newlines_in_values=True))
    pq.write_table(table, tmp_path / "feedback.parquet")
    lines = [json.dumps(row, default=str) + "\n" for row in table.to_pylist()]
    (tmp_path / "feedback.jsonl").write_text("".join(lines))
    digests = set()
    for path in (feedback, tmp_path / "feedback.parquet", tmp_path / "feedback.jsonl"):
        done = ingest("--source", path, *FEEDBACK)
        assert done.returncode == 0, done.stderr
        out = tmp_path / "out" / "examples"
        digests.add(tuple((out / name / "examples.parquet").read_bytes() for name in SPLITS))
    assert len(digests) == 1
    first = rows(tmp_path / "out" / "examples", "train")[0]
    assert first["source"] == "feedback"
    assert first["created_at"].startswith("2025-")


def test_without_a_word_about_labels_the_column_label_is_taken_and_said(ingest, tmp_path):
    words = ("good", "bad", "plain")
    labels = ("positive", "negative", "neutral")
    rows = [f"{words[it % 3]} {it},{labels[it % 3]}\n" for it in range(60)]
    (tmp_path / "own.csv").write_text("text,label\n" + "".join(rows))
    done = ingest("--source", str(tmp_path / "own.csv"))
    assert done.returncode == 0, done.stderr
    assert "taking the column 'label'" in done.stderr


def test_the_same_seed_gives_the_same_artifact_and_another_seed_another(ingest, tmp_path, feedback):
    out, digests = tmp_path / "out" / "examples", []
    for seed in ("13", "13", "14"):
        assert ingest("--source", feedback, *FEEDBACK, "--seed", seed).returncode == 0
        manifest = read_manifest(out, EXAMPLES)
        assert manifest.digest == payload_digest(out)
        digests.append(manifest.digest)
    assert digests[0] == digests[1] != digests[2]


def homes(folder):
    return {row["id"]: name for name in SPLITS for row in rows(folder, name)}


def test_equal_rows_are_an_equal_artifact_wherever_the_file_lies(ingest, tmp_path, feedback):
    out, digests = tmp_path / "out" / "examples", set()
    for folder in ("here", "there"):
        path = tmp_path / folder / feedback.name
        path.parent.mkdir()
        path.write_bytes(feedback.read_bytes())
        assert ingest("--source", path, *FEEDBACK).returncode == 0
        manifest = read_manifest(out, EXAMPLES)
        digests.add(manifest.digest)
        (source,) = manifest.sources
        assert source.uri == str(path)
    assert len(digests) == 1


def test_the_same_data_after_themselves_are_the_same_artifact(ingest, tmp_path, feedback):
    out, before = tmp_path / "out" / "examples", tmp_path / "before"
    assert ingest("--source", feedback, *FEEDBACK).returncode == 0
    out.rename(before)
    more = ("--previous-examples", before, "--seed", "99")
    done = ingest("--source", feedback, *FEEDBACK, *more)
    assert done.returncode == 0, done.stderr
    assert "kept the split of 304 rows, placed 0 new" in done.stderr
    assert payload_digest(out) == payload_digest(before)


def test_data_that_grow_three_times_move_no_row(ingest, tmp_path, feedback):
    header, *lines = feedback.read_text().rstrip("\n").split("\n")
    source, out = tmp_path / "feedback.csv", tmp_path / "out" / "examples"
    known, previous = {}, []
    for round_, count in enumerate((150, 200, 250, len(lines))):
        source.write_text("\n".join([header, *lines[:count]]) + "\n")
        done = ingest("--source", source, *FEEDBACK, *previous)
        assert done.returncode == 0, done.stderr
        now = homes(out)
        assert {name: now[name] for name in known} == known
        assert len(now) > len(known)
        known = now
        out.rename(tmp_path / f"examples-{round_}")
        previous = ["--previous-examples", tmp_path / f"examples-{round_}"]


def test_an_empty_earlier_artifact_is_none(ingest, tmp_path, feedback):
    empty, out = tmp_path / "empty", tmp_path / "out" / "examples"
    write_json(empty / "summary.json", {"rows": {"read": 0}})
    write_manifest(empty, Manifest("examples", 1, "test", "1", payload_digest(empty)))
    digests = []
    for more in ((), ("--previous-examples", empty)):
        assert ingest("--source", feedback, *FEEDBACK, *more).returncode == 0
        digests.append(payload_digest(out))
    assert digests[0] == digests[1]


def test_earlier_examples_that_cannot_be_read_are_refused(ingest, tmp_path, feedback):
    broken = tmp_path / "broken"
    (broken / "train").mkdir(parents=True)
    (broken / "train" / "examples.parquet").write_bytes(b"PAR1 and no more")
    write_manifest(broken, Manifest("examples", 1, "test", "1", payload_digest(broken)))
    line = refused(ingest, tmp_path, "--source", feedback, *FEEDBACK, "--previous-examples", broken)
    assert "examples.parquet: not readable as earlier examples" in line


def test_what_is_dropped_is_listed_and_counted(ingest, tmp_path, feedback):
    source = tmp_path / "feedback.csv"
    extra = ',5,kettle,2025-01-01\n"Fine, I guess.",three,kettle,2025-01-01\ntoo,few\n'
    source.write_bytes(feedback.read_bytes() + extra.encode())
    assert ingest("--source", source, *FEEDBACK).returncode == 0
    out = tmp_path / "out" / "examples"
    summary = json.loads((out / "summary.json").read_text())
    dropped = [json.loads(line) for line in (out / "dropped.jsonl").read_text().split("\n") if line]
    last = feedback.read_bytes().count(b"\n")
    assert [(row["row"], row["reason"]) for row in dropped] == [
        (last + 1, "no text"),
        (last + 2, "unreadable rating"),
        (last + 3, "wrong number of columns"),
    ]
    assert summary["rows"]["read"] == summary["rows"]["kept"] + 3
    assert sum(len(rows(out, name)) for name in SPLITS) == summary["rows"]["kept"]


def test_thresholds_that_begin_with_a_minus_are_a_value(ingest, tmp_path, feedback):
    assert ingest("--rating-thresholds", "-1.5,1.5").returncode == 0
    ratings = rows(tmp_path / "out" / "examples", "test")
    neutral = [row["rating"] for row in ratings if row["label"] == "neutral"]
    assert min(neutral) < -1
    assert max(neutral) > 1


def test_a_refusal_leaves_an_earlier_artifact_as_it_was(ingest, tmp_path, feedback):
    assert ingest("--source", feedback, *FEEDBACK).returncode == 0
    digest = payload_digest(tmp_path / "out" / "examples")
    assert ingest("--source", feedback).returncode == 2
    assert payload_digest(tmp_path / "out" / "examples") == digest
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["examples"]


TEXT = "text,label,stars\n"


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (None, ["--label-column", "label"], "no such file"),
        ("", ["--label-column", "label"], "holds no rows"),
        (TEXT, ["--label-column", "label"], "holds no rows"),
        ("text,stars\na,1\n", [], "no column 'label'"),
        (TEXT + "a,neutral,1\n", ["--label-column", "mood"], "no column 'mood'"),
        (TEXT + "a,meh,1\n", ["--label-column", "label"], "row 2, column 'label': 'meh'"),
        (TEXT + "a,neutral,9\n", ["--rating-column", "stars"], "give --rating-thresholds"),
        (TEXT + "a,neutral,1\n", ["--label-column", "label"], "no row is negative or positive"),
        (TEXT + ",neutral,1\n", ["--label-column", "label"], "none of 1 rows can be used"),
        (TEXT + "a,1,1\nb,0,1\n", [], "give --labels 0=negative,1=positive"),
        (TEXT + "a,1,1\n", ["--labels", "1=good"], "--labels: 'good' is no label"),
        (TEXT + "a,neutral,1\n", ["--date-format", "ymd"], "'ymd' is no format of dates"),
        (TEXT + "a,neutral,1\n", ["--since", "auto"], "no column of dates"),
        (TEXT + "a,neutral,1\n", ["--since", "May"], "--since: 'May' is no date"),
        (TEXT + "a,neutral,1\n", ["--replay", "2"], "--replay: '2' is no share"),
        (
            TEXT + "a,neutral,2/10\n",
            ["--rating-column", "stars"],
            "ratings out of 10, not out of 5",
        ),
        (
            TEXT + "a,neutral,1\nb,positive,1\nc,negative,1\n",
            ["--label-column", "label"],
            "1 rows are negative, too few",
        ),
        (TEXT + "a,neutral,1\n", ["--rating-column", "stars", "--rating-thresholds", "x"], "'x'"),
        (TEXT + "a,neutral,1\n", ["--label-column", "label", "--test-fraction", "1"], "1 is not"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    ingest, tmp_path, write, content, options, message
):
    source = tmp_path / "none.csv" if content is None else write("own.csv", content)
    assert message in refused(ingest, tmp_path, "--source", source, *options)


def test_the_default_corpus_takes_no_columns(ingest, tmp_path):
    line = refused(ingest, tmp_path, "--rating-column", "stars")
    assert "--rating-column: the default corpus has no columns to choose" in line


@pytest.mark.parametrize(
    "option", ["--labels=0=negative", "--since=auto", "--replay=0.5", "--encoding=utf-8"]
)
def test_the_default_corpus_needs_no_word_about_its_rows(ingest, tmp_path, option):
    assert "it says nothing about the default corpus" in refused(ingest, tmp_path, option)


def test_two_classes_are_refused_with_what_to_do(ingest, tmp_path, write):
    rows = "".join(f"text {it},{it % 2}\n" for it in range(40))
    source = write("own.csv", "text,label\n" + rows)
    line = refused(ingest, tmp_path, "--source", source, "--labels", "0=negative,1=positive")
    assert "no row is neutral (usable rows: 20 negative, 20 positive)" in line
    assert "add a source that has them: --source 'own.csv | more.csv'" in line


def test_sources_of_several_kinds_make_one_artifact_and_each_says_what_it_means(
    ingest, tmp_path, write
):
    labels = "".join(f"shop text {it},{it % 3}\n" for it in range(60))
    write("shop.csv", "text,label\n" + labels)
    stars = [{"body": f"app text {it}", "stars": f"{it % 5 + 1} stars"} for it in range(60)]
    write("app.jsonl", "".join(json.dumps(row) + "\n" for row in stars))
    mapping = '{ 0 = "negative", 1 = "neutral", 2 = "positive" }'
    sources = f"""
        [[source]]
        name = "shop"
        uri = "shop.csv"
        columns = {{ label = "label" }}
        labels = {mapping}

        [[source]]
        name = "app"
        uri = "app.jsonl"
        columns = {{ text = "body", rating = "stars" }}
        """
    done = ingest("--source", write("sources.toml", sources))
    assert done.returncode == 0, done.stderr
    out = tmp_path / "out" / "examples"
    summary = json.loads((out / "summary.json").read_text())
    assert set(summary["sources"]["train"]) == {"shop", "app"}
    assert summary["guesses"] == [
        "app: column 'stars': five-star ratings, up to 2 negative, from 4 positive"
    ]
    assert f"guessed: {summary['guesses'][0]}" in done.stderr
    found = {row["text"]: row["label"] for name in SPLITS for row in rows(out, name)}
    assert (found["shop text 4"], found["app text 4"]) == ("neutral", "positive")


def test_a_source_larger_than_the_machine_is_told_before_it_is_read(ingest, tmp_path, write):
    source = write("own.csv", TEXT + "a,neutral,1\n")
    os.truncate(source, 10**12)
    command = shutil.which("sentiment-ingest")
    flags = ["--source", source, "--out-examples", tmp_path / "out" / "examples"]
    with subprocess.Popen([command, *flags], stderr=subprocess.PIPE, text=True) as running:
        said = running.stderr.readline()
        running.terminate()
    assert "1,000.0 GB of files may take 10,000.0 GB of memory" in said
    assert "read increments with --since auto, or take a machine with more memory" in said
    assert list((tmp_path / "out").iterdir()) == []


def test_a_package_that_cannot_be_had_is_bad_input(ingest, tmp_path):
    closed = {
        "SENTIMENT_CACHE": str(tmp_path / "cache"),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tmp_path),
    }
    line = refused(ingest, tmp_path, env={**os.environ, **closed})
    assert "vaderSentiment==3.3.2: pip could not download it" in line
